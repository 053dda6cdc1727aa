"""Issuing an order: a batch takes its range of booklets and its money, then its rows are made in sets.

`open_batch` is one short transaction (range, batch, `issue` transfer under the line's guard); `fill_batch` makes rows
in steps that each commit, so that a killed worker resumes where it stopped; `activate` lets the passes be used.
A batch is active once its money is promised or received: the `issue` transfer proves it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from aptic.audit.services import record
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.services import account, post
from aptic.tenancy.principal import Principal, acting
from funders.models import Order
from passes import codes, rules
from passes.errors import NotIssuable
from passes.models import Batch, Booklet

STEP = 5_000  # booklets per committed step: about a second of work


@transaction.atomic
def open_batch(*, order: Order, at: datetime | None = None) -> Batch:
    """Take the order's booklet ids and move its value from the line's free money to circulation; a repeat returns
    the first batch.

    Raises NotIssuable (cancelled order) and InsufficientFunds (issued would exceed funded on this line).
    """
    now = at or timezone.now()
    locked = (
        Order.objects.select_for_update(of=("self",))
        .select_related("campaign", "line__account__purse")
        .get(pk=order.pk)
    )
    if existing := Batch.objects.filter(order=locked, line=locked.line).first():
        return existing
    if locked.state == Order.State.CANCELLED:
        raise NotIssuable
    batch = _new_batch(locked)
    post(
        kind=TransferKind.ISSUE,
        debit=locked.line.account,
        credit=batch.circulation,
        amount_cents=batch.amount_cents,
        event=batch.uuid,
        at=now,
    )
    # Its money has left the line: from here on the order cannot be cancelled, and a dead worker resumes it.
    Order.objects.filter(pk=locked.pk).update(state=Order.State.FUNDED)
    record(verb="batch_opened", target=batch, organisation_id=locked.funder_id)
    return batch


def _new_batch(order: Order) -> Batch:
    campaign = order.campaign
    valid_from, valid_until, claim_until = rules.validity(
        campaign.starts_on, campaign.ends_on, campaign.claim_days, campaign.time_zone
    )
    event = uuid.uuid4()
    return Batch.objects.create(
        uuid=event,
        order=order,
        campaign=campaign,
        line=order.line,
        funder_id=order.funder_id,
        circulation=account(purse=order.line.account.purse, kind=AccountKind.CIRCULATION, about=event),
        first_booklet=_take_booklets(order.booklets),
        booklets=order.booklets,
        passes_per_booklet=order.passes_per_booklet,
        face_value_cents=order.face_value_cents,
        code_key=codes.current_version(),
        ends_on=campaign.ends_on,
        valid_from=valid_from,
        valid_until=valid_until,
        claim_until=claim_until,
    )


def _take_booklets(count: int) -> int:
    """The first id of a range nobody else has: one conditional statement on the one row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE passes_serial SET next_booklet = next_booklet + %s WHERE id = 1 RETURNING next_booklet - %s",
            [count, count],
        )
        return cursor.fetchone()[0]


_FILL_BOOKLETS = """
INSERT INTO passes_booklet (id, batch_id, funder_id, number)
SELECT %(first)s + n, %(batch)s, %(funder)s, n + 1 FROM generate_series(%(start)s, %(stop)s - 1) n
"""
_FILL_PASSES = """
INSERT INTO passes_pass (id, booklet_id, batch_id, funder_id, state, turn)
SELECT (%(first)s + n) << 4 | position, %(first)s + n, %(batch)s, %(funder)s, 'open', 0
  FROM generate_series(%(start)s, %(stop)s - 1) n, generate_series(1, %(size)s) position
"""


def fill_batch(
    *,
    batch: Batch,
    principal: Principal,
    progress: Callable[[int, int], None] | None = None,
    step: int = STEP,
) -> None:
    """As `principal`, make the booklets and passes that the batch still lacks, committing each step; may run again.

    A booklet and its passes commit together and in order, so what exists says where to go on. `progress(done, total)`
    is called after each step, in passes.
    """
    with acting(principal):
        existing = Booklet.objects.filter(pk__range=(batch.first_booklet, batch.last_booklet)).count()
    for begin in range(existing, batch.booklets, step):
        end = min(begin + step, batch.booklets)
        parameters: dict[str, Any] = {
            "first": batch.first_booklet,
            "batch": batch.pk,
            "funder": batch.funder_id,
            "start": begin,
            "stop": end,
            "size": batch.passes_per_booklet,
        }
        with acting(principal), connection.cursor() as cursor:
            cursor.execute(_FILL_BOOKLETS, parameters)
            cursor.execute(_FILL_PASSES, parameters)
        if progress:
            progress(end * batch.passes_per_booklet, batch.passes)


@transaction.atomic
def activate(*, batch: Batch, at: datetime | None = None) -> bool:
    """Mark the batch issued and its passes usable, in one row; False when it was already."""
    now = at or timezone.now()
    changed = Batch.objects.filter(pk=batch.pk, activated_at__isnull=True).update(
        state=Batch.State.ISSUED, issued_at=now, activated_at=now
    )
    Order.objects.filter(pk=batch.order_id).exclude(state=Order.State.CANCELLED).update(state=Order.State.ISSUED)
    if changed:
        record(verb="batch_activated", target=batch, fields=("activated_at",), organisation_id=batch.funder_id)
    return bool(changed)
