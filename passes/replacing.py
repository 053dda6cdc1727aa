"""Replacement: what is left in booklets that were lost, stolen or leaked moves to new ones of the same funding line.

Nothing is issued a second time and nobody is paid: the old passes end for ever, and one `replace` transfer carries
their value to the circulation of a batch that has the same order, line, terms and dates. A booklet that was used in
part is replaced by one of as many passes as were left, so one call makes one batch for each such number.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from aptic import french
from aptic.audit.services import record
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.services import account, post
from aptic.tenancy.principal import current
from passes import codes
from passes.blocking import hold_batch
from passes.errors import NotReplaceable
from passes.issuance import make_rows, take_booklets
from passes.models import Batch, Booklet, Pass, Replacement
from passes.permissions import check_funder_decides

MOST = 500  # booklets in one transaction, in which their passes are held: two printed files
USABLE = (Pass.State.OPEN, Pass.State.BLOCKED)


@dataclass(frozen=True, slots=True)
class Left:
    """Booklets of which the same number of passes is left: what one replacement batch would hold."""

    booklets: int
    passes_each: int

    @property
    def passes(self) -> int:
        """In all of them."""
        return self.booklets * self.passes_each


@transaction.atomic
def replace_booklets(*, batch: Batch, first_booklet: int, booklets: int, at: datetime | None = None) -> list[Batch]:
    """End every pass still open or blocked of a run of booklets, `booklets` from the id `first_booklet` on, and put
    their value into new booklets, active at once; returns the batches made, one for each number of passes left.

    For the funder's managers and agents, and the operator. Raises NotAllowed, and NotReplaceable: nothing is left in
    them, the run leaves the batch or is too long, the batch is being issued or its last day has passed.
    """
    check_funder_decides(batch.funder_id)
    now = at or timezone.now()
    locked = hold_batch(batch.pk)
    check_replaceable(locked, first_booklet=first_booklet, booklets=booklets, at=now)
    lost = _end_passes(first_booklet, booklets)
    if not lost:
        raise NotReplaceable("Il ne reste rien à remplacer dans ces carnets : tout y est utilisé, ou déjà remplacé.")
    sizes = sorted(set(lost.values()), reverse=True)
    return [_issue_again(locked, [one for one in sorted(lost) if lost[one] == size], size, now) for size in sizes]


def check_replaceable(batch: Batch, *, first_booklet: int, booklets: int, at: datetime) -> None:
    """Say what `replace_booklets` would refuse of this run, whatever is left in it. Raises NotReplaceable."""
    if batch.activated_at is None:
        raise NotReplaceable("Ce lot est en cours d’émission : attendez qu’il soit émis.")
    if not is_running(batch, at=at):
        raise NotReplaceable("Le dernier jour de ce lot est passé : de nouveaux carnets ne serviraient à personne.")
    if booklets < 1 or first_booklet < batch.first_booklet or first_booklet + booklets - 1 > batch.last_booklet:
        raise NotReplaceable(f"Ce lot va du carnet 1 au carnet {french.number(batch.booklets)}.", field="first")
    if booklets > MOST:
        raise NotReplaceable(f"Remplacez {MOST} carnets au plus à la fois.", field="booklets")


def is_running(batch: Batch, *, at: datetime | None = None) -> bool:
    """May its passes still be used, so that a new booklet would be of use?"""
    return batch.activated_at is not None and batch.expired_at is None and (at or timezone.now()) < batch.valid_until


def left_in(first_booklet: int, booklets: int) -> list[Left]:
    """What is left in a run of booklets, as it would be replaced: the fullest first."""
    counted = _usable(first_booklet, booklets).order_by().values("booklet_id").annotate(left=Count("pk"))
    by_size = Counter(row["left"] for row in counted)
    return [Left(by_size[size], size) for size in sorted(by_size, reverse=True)]


def _usable(first_booklet: int, booklets: int) -> QuerySet[Pass]:
    last = first_booklet + booklets - 1
    return Pass.objects.filter(pk__range=(first_booklet << 4, last << 4 | 15), state__in=USABLE)


def _end_passes(first_booklet: int, booklets: int) -> Counter[int]:
    """Mark what is left as replaced; how many passes of each booklet."""
    usable = _usable(first_booklet, booklets)
    # In the order of a workshop that redeems several at once; what a till took meanwhile is no longer among them.
    held = usable.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "booklet_id")
    rows = dict(held)
    Pass.objects.filter(pk__in=rows, state__in=USABLE).update(state=Pass.State.REPLACED)
    return Counter(rows.values())


def _issue_again(old: Batch, lost: Sequence[int], size: int, now: datetime) -> Batch:
    """A batch of as many booklets as were lost, with `size` passes each, and the transfer that carries their value."""
    event = uuid.uuid4()
    made = Batch.objects.create(
        uuid=event,
        replaces=old,
        order_id=old.order_id,
        campaign_id=old.campaign_id,
        line_id=old.line_id,
        funder_id=old.funder_id,
        circulation=account(purse=old.circulation.purse, kind=AccountKind.CIRCULATION, about=event),
        state=Batch.State.ISSUED,
        first_booklet=take_booklets(len(lost)),
        booklets=len(lost),
        passes_per_booklet=size,
        face_value_cents=old.face_value_cents,
        code_key=codes.current_version(),
        ends_on=old.ends_on,
        valid_from=old.valid_from,
        valid_until=old.valid_until,
        claim_until=old.claim_until,
        issued_at=now,
        activated_at=now,
    )
    post(
        kind=TransferKind.REPLACE,
        debit=old.circulation,
        credit=made.circulation,
        amount_cents=made.amount_cents,
        event=event,
        at=now,
    )
    make_rows(made, 0, made.booklets)
    _remember(old, made, lost, now)
    record(verb="booklets_replaced", target=made, organisation_id=made.funder_id)
    return made


def _remember(old: Batch, made: Batch, lost: Sequence[int], now: datetime) -> None:
    """Which new booklet stands for which lost one, and who held it."""
    holders = dict(Booklet.objects.filter(pk__in=lost).order_by("pk").values_list("pk", "distributor_id"))
    Replacement.objects.bulk_create(
        Replacement(
            booklet_id=made.first_booklet + place,
            lost_id=one,
            batch=made,
            lost_batch=old,
            funder_id=old.funder_id,
            distributor_id=holders[one],
            replaced_by=current().person_id,
            replaced_at=now,
        )
        for place, one in enumerate(lost)
    )
