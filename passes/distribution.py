"""From the printer to a citizen's hand: booklets sent to a distributor, taken back, handed out, a hand-out undone.

Custody is two columns of the booklet, each moved by one conditional statement: two people who hand out the same booklet
meet on its row, and one wins. A hand-out is a row of its own; undoing dates it and never deletes it.
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone

from aptic import french
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.locks import Lock, wait_lock
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from passes.custody import REPLACED, holding, not_replaced
from passes.errors import HandOutRefused, StockRefused
from passes.models import Batch, Booklet, HandOut, Pass, StockMove
from passes.permissions import check_distributor_acts, check_funder_decides


@transaction.atomic
def send_booklets(
    *, batch: Batch, distributor: Organisation, first_booklet: int, booklets: int, at: datetime | None = None
) -> StockMove:
    """Entrust a run of an issued batch, `booklets` from the id `first_booklet` on, to `distributor`: all or nothing.

    For the funder's managers and agents, and the operator. Raises NotAllowed and StockRefused.
    """
    check_funder_decides(batch.funder_id)
    run, issued = _hold_run(batch, first_booklet, booklets)
    if not issued:
        raise StockRefused("Ce lot n’est pas encore émis : ses carnets ne peuvent pas partir.")
    if not distributor.is_distributor:
        raise StockRefused(f"{distributor.name} n’est pas un aiguilleur.", field="distributor")
    waiting = not_replaced(run.filter(distributor__isnull=True, handed_out_at__isnull=True))
    sent = waiting.update(distributor=distributor)
    if sent != booklets:
        missing = _some(booklets - sent, booklets)
        words = french.agree(
            booklets - sent,
            "est déjà confié à un aiguilleur ou remplacé,sont déjà confiés à un aiguilleur ou remplacés",
        )
        raise StockRefused(f"{missing} {words}. Aucun n’a été envoyé.", field="first")
    return _moved(batch, distributor, first_booklet, booklets, returned=False, at=at)


@transaction.atomic
def take_back(
    *, batch: Batch, distributor: Organisation, first_booklet: int, booklets: int, at: datetime | None = None
) -> StockMove:
    """Take back a run of booklets that `distributor` holds and has not handed out: all or nothing.

    For the funder's managers and agents, and the operator. Raises NotAllowed and StockRefused.
    """
    check_funder_decides(batch.funder_id)
    run, _ = _hold_run(batch, first_booklet, booklets)
    taken = run.filter(distributor=distributor, handed_out_at__isnull=True).update(distributor=None)
    if taken != booklets:
        missing = _some(booklets - taken, booklets)
        words = french.agree(booklets - taken, "n’est pas,ne sont pas")
        raise StockRefused(
            f"{missing} {words} dans ce stock, par exemple parce qu’une remise est enregistrée. Aucun n’a été repris.",
            field="first",
        )
    return _moved(batch, distributor, first_booklet, booklets, returned=True, at=at)


def next_run(batch: Batch, distributor: Organisation | None = None) -> tuple[int, int]:
    """The first booklet that nobody holds (or that `distributor` has not handed out), and how many follow it without
    a gap; (0, 0) when there is none."""
    mine = Booklet.objects.filter(pk__range=(batch.first_booklet, batch.last_booklet)).order_by("pk")
    wanted = ~REPLACED & Q(distributor=distributor, handed_out_at__isnull=True)
    first = mine.filter(wanted).values_list("pk", flat=True).first()
    if first is None:
        return 0, 0
    other = Q(handed_out_at__isnull=False) | ~Q(distributor=distributor) | Q(REPLACED)
    end = mine.filter(other, pk__gt=first).values_list("pk", flat=True).first()
    return first, (end or batch.last_booklet + 1) - first


@transaction.atomic
def hand_out(*, booklet: Booklet, at: datetime | None = None) -> HandOut:
    """Give a booklet of one's own stock to a person, who stays anonymous.

    For the managers and agents of its distributor. Raises NotAllowed and HandOutRefused (given already, not in this
    stock, past its date, nothing left to use).
    """
    distributor_id, now = check_distributor_acts(), at or timezone.now()
    with holding([booklet.pk]):
        usable = Batch.objects.filter(activated_at__isnull=False, valid_until__gt=now)
        given = Booklet.objects.filter(
            Exists(_passes(booklet.pk).filter(state=Pass.State.OPEN)),
            pk=booklet.pk,
            distributor_id=distributor_id,
            handed_out_at__isnull=True,
            batch__in=usable,
        ).update(handed_out_at=now)
        if not given:
            raise HandOutRefused(_why_not(booklet.pk, now))
        campaign_id = Batch.objects.values_list("campaign_id", flat=True).get(pk=booklet.batch_id)
    booklet.handed_out_at = now
    made = HandOut.objects.create(
        booklet=booklet,
        campaign_id=campaign_id,
        funder_id=booklet.funder_id,
        distributor_id=distributor_id,
        handed_out_at=now,
        handed_out_by=current().person_id,
    )
    record(verb="booklet_handed_out", target=made)
    return made


def refusal_of(booklet_id: int, at: datetime) -> str | None:
    """Why the acting distributor cannot hand this booklet out (a code of HandOutRefused), or None when it can."""
    with holding([booklet_id]):
        return _refusal(booklet_id, at)


@transaction.atomic
def undo_hand_out(*, hand_out: HandOut, at: datetime | None = None) -> None:
    """Take a hand-out back on its own day (Europe/Paris), while no pass of the booklet is used; a repeat is silent.

    For the managers and agents of its distributor. Raises NotAllowed and HandOutRefused.
    """
    distributor_id, now = check_distributor_acts(), at or timezone.now()
    if hand_out.distributor_id != distributor_id:
        raise NotAllowed
    # A redemption that saw the booklet handed out holds this lock shared until it commits: it is seen below.
    wait_lock(Lock.BOOKLET, hand_out.booklet_id)
    live = HandOut.objects.filter(pk=hand_out.pk, distributor_id=distributor_id, undone_at__isnull=True)
    with holding([hand_out.booklet_id]):
        used = _passes(hand_out.booklet_id).filter(state=Pass.State.REDEEMED)
        undone = live.filter(~Exists(used), handed_out_at__range=_day(now)).update(undone_at=now)
        if not undone:
            if not live.exists():
                return
            raise HandOutRefused("used" if used.exists() else "day_over")
    Booklet.objects.filter(pk=hand_out.booklet_id, distributor_id=distributor_id).update(handed_out_at=None)
    hand_out.undone_at = now
    record(verb="hand_out_undone", target=hand_out, fields=("undone_at",))


def same_day(one: datetime, other: datetime) -> bool:
    """Is it the same calendar day in Europe/Paris, the only one on which a hand-out is undone?"""
    return timezone.localdate(one) == timezone.localdate(other)


def _hold_run(batch: Batch, first: int, count: int) -> tuple[QuerySet[Booklet], bool]:
    """The booklets of a run, and whether their batch is issued; holds the batch's row, so that two moves of one batch
    come one after the other. Raises StockRefused when the run leaves the batch."""
    locked = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    last = first + count - 1
    if count < 1 or first < locked.first_booklet or last > locked.last_booklet:
        raise StockRefused(f"Ce lot va du carnet 1 au carnet {french.number(locked.booklets)}.", field="first")
    run = Booklet.objects.filter(pk__range=(first, last), batch=locked)
    return run, locked.state == Batch.State.ISSUED


def _moved(
    batch: Batch, distributor: Organisation, first: int, count: int, *, returned: bool, at: datetime | None
) -> StockMove:
    move = StockMove.objects.create(
        batch=batch,
        funder_id=batch.funder_id,
        distributor=distributor,
        returned=returned,
        first_booklet=first,
        booklets=count,
        moved_at=at or timezone.now(),
        moved_by=current().person_id,
    )
    verb = "booklets_taken_back" if returned else "booklets_sent"
    record(verb=verb, target=move, fields=("distributor",), organisation_id=batch.funder_id)
    return move


def _some(missing: int, asked: int) -> str:
    """« 3 des 20 carnets demandés »; « Le carnet demandé » when one was asked."""
    return (
        "Le carnet demandé" if asked == 1 else f"{french.number(missing)} des {french.number(asked)} carnets demandés"
    )


def _passes(booklet_id: int) -> QuerySet[Pass]:
    return Pass.objects.filter(pk__range=(booklet_id << 4, (booklet_id << 4) + 15))


def _why_not(booklet_id: int, now: datetime) -> str:
    """Why nothing moved, read after the fact; a rival who has undone in between leaves « given »."""
    return _refusal(booklet_id, now) or "given"


def _refusal(booklet_id: int, now: datetime) -> str | None:
    held = Booklet.objects.filter(pk=booklet_id, distributor_id=current().organisation_id).first()
    if held is None:
        return "not_in_stock"
    if held.handed_out_at is not None:
        return "given"
    batch = Batch.objects.get(pk=held.batch_id)
    if batch.activated_at is None:
        return "not_active"
    if now >= batch.valid_until:
        return "expired"
    return None if _passes(booklet_id).filter(state=Pass.State.OPEN).exists() else "nothing_left"


def _day(at: datetime) -> tuple[datetime, datetime]:
    """The first and the last instant of the day of `at` in Europe/Paris."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    following = timezone.make_aware(datetime.combine(timezone.localdate(at) + timedelta(days=1), time.min))
    return midnight, following - timedelta(microseconds=1)
