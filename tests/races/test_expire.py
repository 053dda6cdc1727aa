"""The last minute of a batch: tills and the expiry at the same instant; each pass is used or expired, never both."""

import uuid
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from aptic.ledger.kinds import TransferKind
from aptic.ledger.models import Transfer
from aptic.tenancy.demonstration import mark_demonstration
from aptic.tenancy.principal import Hat, Principal, acting
from passes import redemption, tasks
from passes.codes import Code
from passes.expiry import due_batches, expire_batch
from passes.models import Pass
from passes.redemption import Attempt, Till
from tests.factories import OPERATOR
from tests.passes.world import first_service, in_circulation, make_batch, make_till

pytestmark = pytest.mark.pg15
TILLS, PASSES = 3, 20


def test_redeem_against_expiry(fresh_database: Any, together: Any) -> None:
    mark_demonstration()  # only there may two clocks be this far apart
    batch, sites = make_batch(booklets=2), [make_till().site for _ in range(TILLS)]
    service, helped_at = first_service().pk, timezone.now()
    over = batch.claim_until + timedelta(hours=73)
    serials = [(batch.first_booklet + n // 10) << 4 | n % 10 + 1 for n in range(PASSES)]

    def work(i: int) -> Any:
        if i == TILLS:
            with acting(OPERATOR):
                return expire_batch(batch=batch, at=over)
        return [_redeem(sites[i], batch.code_key, serial, service, helped_at) for serial in serials[i::TILLS]]

    *tills, expired_cents = together(TILLS + 1, work)
    answers = Counter(answer for answered in tills for answer in answered)
    with acting(OPERATOR):
        states = Counter(Pass.objects.filter(batch=batch).values_list("state", flat=True))
        given_back = [one.amount_cents for one in Transfer.objects.filter(kind=TransferKind.EXPIRE)]
    assert states["redeemed"] == answers["accepted"]
    assert states["expired"] == answers["expired"] == PASSES - answers["accepted"]
    assert sum(given_back) == expired_cents == states["expired"] * 1000
    assert in_circulation(batch) == 0


def _redeem(site: Any, key: int, serial: int, service: int, at: Any) -> str:
    till = Till(site_id=site.pk, actor_id=site.actor_id)
    with transaction.atomic(), acting(Principal(hat=Hat.ACTOR, organisation_id=site.actor_id, site_id=site.pk)):
        redemption.present([Code(key, serial)], site_id=site.pk)
        outcome = redemption.redeem(till, [Attempt(uuid.uuid4(), Code(key, serial), service, at)], at=at)[0]
    return "accepted" if outcome.error is None else outcome.error.code


def test_two_expiries_at_once_give_the_money_back_once(fresh_database: Any, together: Any) -> None:
    mark_demonstration()
    batch = make_batch(booklets=2)

    def work(_: int) -> int:
        with acting(OPERATOR):
            return expire_batch(batch=batch, at=batch.claim_until + timedelta(hours=73))

    assert sorted(together(6, work)) == [0] * 5 + [PASSES * 1000]
    assert in_circulation(batch) == 0


def test_a_batch_that_fails_holds_up_no_other(fresh_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_demonstration()
    first, second = make_batch(booklets=1), make_batch(booklets=1)
    over = max(first.claim_until, second.claim_until) + timedelta(hours=73)

    def expire(*, batch: Any) -> int:
        if batch == first:
            raise OperationalError("statement timeout")
        return expire_batch(batch=batch, at=over)

    monkeypatch.setattr(tasks, "due_batches", lambda: due_batches(over))
    monkeypatch.setattr(tasks, "expire_batch", expire)
    with pytest.raises(ExceptionGroup, match="not expired") as failed:
        tasks.expire_due()
    assert len(failed.value.exceptions) == 1
    assert (in_circulation(first), in_circulation(second)) == (first.amount_cents, 0)
    monkeypatch.setattr(tasks, "expire_batch", partial(expire_batch, at=over))
    assert tasks.expire_due() == first.amount_cents
