"""GET /api/v1/redemptions/: an actor's, a device's, or those of one batch of a funder; and nobody else's."""

from base64 import b64encode
from datetime import timedelta
from datetime import timezone as tz
from typing import Any

import pytest
from django.utils import timezone

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from passes.models import Batch
from tests.contract.document import Caller
from tests.factories import OPERATOR, make_api_key, make_distributor, make_operator
from tests.passes.world import SLUG, TestTill, code_of, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def batch() -> Batch:
    return make_batch()


def key(organisation: Organisation, hat: Hat) -> Caller:
    return Caller(make_api_key(organisation, hat, "redemptions:read"))


def ids(lines: list[dict[str, Any]]) -> set[str]:
    return {line["id"] for line in lines}


def redeem(till: TestTill, batch: Batch, *positions: int) -> list[str]:
    answers = [till.redeem(code_of(batch, position=position)) for position in positions]
    assert [one.status_code for one in answers] == [201] * len(positions)
    return [one.json()["id"] for one in answers]


def test_a_line_says_what_redeeming_answered(till: TestTill, batch: Batch) -> None:
    answer = till.redeem(code_of(batch)).json()
    (line,) = key(till.site.actor, Hat.ACTOR).all("redemptions/")
    instants = ("occurred_at", "recorded_at")
    for name in instants:  # the same instant, to the microsecond here
        assert line[name].endswith("Z")
        assert line[name][:23] == answer[name][:23]
    assert {name: line[name] for name in answer if name not in instants} == {
        name: value for name, value in answer.items() if name not in instants
    }
    assert line["service"] == SLUG
    assert line["batch"] == str(batch.uuid)
    assert line["voided_at"] is None


def test_refused_attempts_are_left_out_and_voided_ones_say_so(till: TestTill, batch: Batch) -> None:
    (kept,) = redeem(till, batch, 1)
    assert till.redeem(code_of(batch)).status_code == 409
    assert till.post(f"redemptions/{kept}/void/").status_code == 201
    (line,) = key(till.site.actor, Hat.ACTOR).all("redemptions/")
    assert line["id"] == kept
    assert line["voided_at"]


def test_each_reads_its_own(till: TestTill, batch: Batch) -> None:
    other_till, other_batch = make_till(), make_batch()
    mine, theirs = redeem(till, batch, 1), redeem(other_till, batch, 2)
    away = redeem(till, other_batch, 1)
    assert ids(key(till.site.actor, Hat.ACTOR).all("redemptions/")) == {*mine, *away}
    assert ids(key(other_till.site.actor, Hat.ACTOR).all("redemptions/")) == set(theirs)
    funder = key(batch.funder, Hat.FUNDER)
    assert ids(funder.all("redemptions/", batch=batch.uuid)) == {*mine, *theirs}
    assert funder.get("redemptions/", batch=other_batch.uuid).status_code == 404


def test_a_funder_says_which_batch(batch: Batch) -> None:
    funder = key(batch.funder, Hat.FUNDER)
    refused = funder.get("redemptions/")
    assert refused.status_code == 400
    assert "batch" in refused.json()["errors"]
    assert funder.get("redemptions/", batch="x").status_code == 400


def test_a_device_reads_what_it_redeemed(till: TestTill, batch: Batch) -> None:
    neighbour = make_till(actor=till.site.actor)
    mine, theirs = redeem(till, batch, 1), redeem(neighbour, batch, 2)
    assert ids(Caller(till.token).all("redemptions/")) == set(mine)
    assert ids(Caller(neighbour.token).all("redemptions/")) == set(theirs)


def test_by_site_and_by_time(till: TestTill, batch: Batch) -> None:
    neighbour = make_till(actor=till.site.actor)
    mine, theirs = redeem(till, batch, 1), redeem(neighbour, batch, 2)
    actor = key(till.site.actor, Hat.ACTOR)
    assert ids(actor.all("redemptions/", site=till.site.pk)) == set(mine)
    soon, past = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(hours=1)
    assert actor.all("redemptions/", since=soon.isoformat()) == []
    assert actor.all("redemptions/", until=past.isoformat()) == []
    assert ids(actor.all("redemptions/", since=past.isoformat(), until=soon.isoformat())) == {*mine, *theirs}
    far = timezone.now().astimezone(tz(timedelta(hours=23, minutes=59)))  # a time zone that PostgreSQL does not read
    assert ids(actor.all("redemptions/", until=far.isoformat())) == {*mine, *theirs}
    for wrong in (
        {"since": "hier"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": "2026-11-24T10:00:00"},
        {"site": "x"},
    ):
        assert actor.get("redemptions/", **wrong).status_code == 400
    for place in (b"p=abc", b"p=%00", b"p=2026-13-45"):  # what follows an instant, made up
        assert actor.get("redemptions/", cursor=b64encode(place).decode()).status_code == 400


def test_pages_hold_every_line_once_at_a_fixed_price(till: TestTill, django_assert_num_queries: Any) -> None:
    batch, other = make_batch(), make_batch()
    done = redeem(till, batch, 1, 2, 3, 4) + redeem(till, other, 1, 2, 3)
    actor = key(till.site.actor, Hat.ACTOR)
    lines = actor.all("redemptions/", page_size=2)
    assert [line["id"] for line in lines] == done[::-1]
    for size in (1, 7):
        with django_assert_num_queries(8):
            actor.get("redemptions/", page_size=size)


def test_other_hats_and_keys_without_the_right(till: TestTill, batch: Batch) -> None:
    redeem(till, batch, 1)
    assert Caller(make_api_key(till.site.actor, Hat.ACTOR, "sites:read")).get("redemptions/").status_code == 403
    distributor = make_distributor().organisation
    assert key(distributor, Hat.DISTRIBUTOR).all("redemptions/") == []
    assert key(make_operator().organisation, Hat.OPERATOR).all("redemptions/") == []


def test_a_revoked_device_reads_nothing(till: TestTill) -> None:
    from aptic.accounts.devices import revoke_device

    with acting(OPERATOR):
        revoke_device(device=till.device)
    assert Caller(till.token).get("redemptions/").status_code == 401
