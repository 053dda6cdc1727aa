"""Issuing an order: a batch takes its range of booklets and its money, then its rows are made in sets.

`request_issue` queues the work once; `open_batch` is one short transaction (range, batch, `issue` transfer under the
line's guard); `fill_batch` makes rows in steps that each commit, so that a killed worker resumes where it stopped;
`activate` lets the passes be used. A batch is active once its money is promised or received: the `issue` transfer
proves it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.ledger.errors import InsufficientFunds
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.services import account, post
from aptic.tenancy.principal import Principal, acting, current
from funders.models import Order
from passes import codes, rules
from passes.errors import NotFunded, NotIssuable
from passes.models import Batch, Booklet

STEP = 5_000  # booklets per committed step: about a second of work
ISSUE = "passes.issue"
ROLES = (Role.MANAGER, Role.FINANCE)  # who among the operator's people may move money into circulation


@transaction.atomic
def request_issue(*, order: Order, at: datetime | None = None) -> Job:
    """Queue the issuing of an order, for the operator; a repeat returns the work under way.

    Asked again after work that failed or was stopped, it goes on from what exists. Raises NotAllowed, NotIssuable
    and NotFunded.
    """
    principal = current()
    if not principal.is_operator or principal.role not in {"", *ROLES}:
        raise NotAllowed
    locked = _locked(order)
    if live := issue_jobs(locked).live().first():
        return live
    check_issuable(locked, at=at)
    title = f"Émission de la commande {locked.number}"
    return jobs.start(kind=ISSUE, params={"order": str(locked.pk)}, title=title)


def issue_jobs(order: Order) -> Any:
    """The pieces of work that issue an order, the latest first."""
    return Job.objects.filter(kind=ISSUE, params__order=str(order.pk)).order_by("-created_at", "id")


def check_issuable(order: Order, *, at: datetime | None = None) -> None:
    """Say now what `open_batch` would refuse. Raises NotIssuable and NotFunded."""
    if order.state == Order.State.CANCELLED:
        raise NotIssuable("Cette commande est annulée : rien ne peut être émis.")
    if order.state == Order.State.ISSUED:
        raise NotIssuable("Cette commande est déjà émise.")
    if order.state == Order.State.PLACED:
        if rules.is_over(order.campaign.ends_on, order.campaign.time_zone, now=at or timezone.now()):
            raise NotIssuable("Le dernier jour de cette opération est passé : ses pass ne serviraient à personne.")
        if order.missing_cents:
            raise NotFunded(order)


def _locked(order: Order) -> Order:
    """The order, held until the end of the transaction: it is issued or cancelled, never both."""
    return (
        Order.objects.select_for_update(of=("self",))
        .select_related("campaign", "line__account__purse")
        .get(pk=order.pk)
    )


@transaction.atomic
def open_batch(*, order: Order, at: datetime | None = None) -> Batch:
    """Take the order's booklet ids and move its value from the line's free money to circulation; a repeat returns
    the first batch.

    Raises NotIssuable (cancelled order, campaign over) and NotFunded (issued would exceed funded on this line).
    """
    now, locked = at or timezone.now(), _locked(order)
    if existing := Batch.objects.filter(order=locked, line=locked.line, replaces=None).first():
        return existing
    check_issuable(locked, at=now)
    batch = _new_batch(locked)
    try:
        # The check above is a courtesy: what decides is the line's guard, under its own lock.
        post(
            kind=TransferKind.ISSUE,
            debit=locked.line.account,
            credit=batch.circulation,
            amount_cents=batch.amount_cents,
            event=batch.uuid,
            at=now,
        )
    except InsufficientFunds as error:
        locked.line.account.refresh_from_db(fields=["guarded_cents"])
        raise NotFunded(locked) from error
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
        first_booklet=take_booklets(order.booklets),
        booklets=order.booklets,
        passes_per_booklet=order.passes_per_booklet,
        face_value_cents=order.face_value_cents,
        code_key=codes.current_version(),
        ends_on=campaign.ends_on,
        valid_from=valid_from,
        valid_until=valid_until,
        claim_until=claim_until,
    )


def take_booklets(count: int) -> int:
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
        with acting(principal):
            make_rows(batch, begin, end)
        if progress:
            progress(end * batch.passes_per_booklet, batch.passes)


def make_rows(batch: Batch, start: int, stop: int) -> None:
    """Make the booklets numbered from `start` + 1 to `stop`, and their passes, in the running transaction."""
    parameters: dict[str, Any] = {
        "first": batch.first_booklet,
        "batch": batch.pk,
        "funder": batch.funder_id,
        "start": start,
        "stop": stop,
        "size": batch.passes_per_booklet,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL_BOOKLETS, parameters)
        cursor.execute(_FILL_PASSES, parameters)


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
