"""« Suivre cet euro »: from any point, what it comes from and where it went, as the acting organisation may see it.

A point (a line, a batch, a pass, a payout…) is turned into a set of redemptions; what stands above them is read from
their batches and lines, what stands below from the transfers and the claims that pay them. Every read starts at
`visible_to` or at the organisation's own column.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connection
from django.db.models import BigIntegerField, Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast

from actors.models import Claim, PayoutPurse, Settlement, Site
from aptic.ledger.kinds import AccountKind, TransferKind
from aptic.ledger.models import Account, Transfer
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal
from funders.funds import Funds, funds_of
from funders.models import Campaign, FundingLine, PaymentOrder, Receipt, Refund
from impact.figures import PAID
from passes.models import Batch, Booklet, Pass, Redemption, Replacement

SHOWN = 40  # rows of one table; the totals above it are of all of them
_VALUE = Cast(F("booklets"), BigIntegerField()) * F("passes_per_booklet") * F("face_value_cents")
CAME_BACK = (TransferKind.PAYOUT_REJECTED, TransferKind.PAYOUT_RETURNED)


class NothingToFollow(LookupError):
    """No such thing, or not for this organisation: both look the same from outside."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where one starts: what it is called, which redemptions it stands for, and what it holds from above."""

    kind: str
    ref: str
    title: str
    redemptions: Q
    # From the funding side a point holds lines, batches and passes whether used or not; from the other side it holds
    # only what its redemptions come from.
    lines: Q | None = None
    batches: Q | None = None
    passes: Q | None = None
    shares: tuple[uuid.UUID, ...] = ()
    own: bool = False  # it exists for this organisation even when nothing was redeemed

    @property
    def single(self) -> bool:
        """True when it is one pass."""
        return self.kind in ("pass", "redemption")


@dataclass(slots=True)
class Transferred:
    """One share of a payout: the bank transfer that carried it, and how much of this euro it carried."""

    share_id: uuid.UUID
    payout_id: uuid.UUID
    actor: str
    funder: str
    cents: int = 0
    passes: int = 0
    net_cents: int = 0
    end_to_end_id: str = ""
    state: str = ""
    cutoff: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    rejected_at: datetime | None = None
    rejection_reason: str = ""
    bank_reference: str = ""
    follows: list[str] = field(default_factory=list)  # the transfers that came back and that this one pays again

    @property
    def executed(self) -> bool:
        """True when the bank paid and kept it paid."""
        return self.state == "settled"


@dataclass(slots=True)
class Trail:
    """Everything a page of « Suivre cet euro » says about one point."""

    point: Point
    redemptions: QuerySet[Redemption]
    lines: list[FundingLine] = field(default_factory=list)
    funds: dict[uuid.UUID, Funds] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    promises: list[PaymentOrder] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    funders: list[Any] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    batch_count: int = 0
    batch_cents: int = 0
    booklet: Booklet | None = None
    replacements: list[Replacement] = field(default_factory=list)  # what holds its value since it was lost
    by_state: dict[str, tuple[int, int]] = field(default_factory=dict)
    used: int = 0
    used_cents: int = 0
    places: list[Any] = field(default_factory=list)
    payouts: list[Transferred] = field(default_factory=list)
    payout_count: int = 0
    claimed_cents: int = 0
    paid_cents: int = 0  # reached an actor's bank and stayed there

    @property
    def unpaid_cents(self) -> int:
        """Redeemed and in no payout yet."""
        return self.used_cents - self.claimed_cents


def follow(principal: Principal, kind: str, ref: str) -> Trail:
    """The trail of (`kind`, `ref`). Raises NothingToFollow."""
    try:
        point = POINTS[kind](principal, ref)
    except (KeyError, ValueError, OverflowError, ObjectDoesNotExist, ValidationError) as error:
        raise NothingToFollow from error
    redemptions = Redemption.objects.visible_to(principal).live().filter(point.redemptions)
    trail = Trail(point, redemptions)
    _read_uses(trail)
    if not (trail.used or point.shares or point.own or point.lines is not None):
        raise NothingToFollow
    _read_sources(trail, principal)
    _read_payouts(trail, principal)
    return trail


def one_use(principal: Principal, redemption: Redemption) -> Trail:
    """What one redemption became, from its claim to the bank: not what its pass did before or after, which may have
    been somewhere else. Empty below when it was voided."""
    point = Point("redemption", str(redemption.pk), "", Q(pk=redemption.pk))
    trail = Trail(point, Redemption.objects.visible_to(principal).live().filter(point.redemptions))
    _read_uses(trail)
    _read_payouts(trail, principal)
    return trail


def transfer_point(principal: Principal, ref: str) -> tuple[str, str]:
    """The point that a ledger transfer is about. Raises NothingToFollow."""
    try:
        moved = Transfer.objects.visible_to(principal).get(pk=int(ref))
    except (ValueError, OverflowError, ObjectDoesNotExist) as error:
        raise NothingToFollow from error
    kind, event = TransferKind(moved.kind), moved.event
    if kind in (TransferKind.REDEEM, TransferKind.VOID):
        return "redemption", str(event)
    if kind in (TransferKind.ISSUE, TransferKind.EXPIRE, TransferKind.REPLACE):
        return "batch", str(event)
    if kind in (
        TransferKind.PAYOUT_SENT,
        TransferKind.PAYOUT_SETTLED,
        TransferKind.FEE,
        TransferKind.FEE_VAT,
        *CAME_BACK,
    ):
        share = PayoutPurse.objects.filter(_mine(principal), pk=event).first()
        if share is not None:
            return "payout", str(share.payout_id)
    # An actor reads one side only of a transfer: the accounts are looked for, not joined.
    both = Account.objects.visible_to(principal).filter(pk__in=(moved.credit_id, moved.debit_id))
    account = both.filter(kind__in=(AccountKind.CREDIT, AccountKind.RECEIVABLE), about__isnull=False).first()
    if account is not None:
        return "line", str(account.about)
    if moved.funder_id is None:
        raise NothingToFollow
    return "funder", str(moved.funder_id)


# --- points ---------------------------------------------------------------------------------------------------------


def _funder(principal: Principal, ref: str) -> Point:
    funder = Organisation.objects.with_hat(Hat.FUNDER).get(pk=uuid.UUID(ref))
    above = Q(funder_id=funder.pk) if principal.is_operator or principal.organisation_id == funder.pk else None
    return Point("funder", ref, f"Argent confié par {funder.name}", Q(funder_id=funder.pk), above, above, above)


def _actor(principal: Principal, ref: str) -> Point:
    actor = Organisation.objects.with_hat(Hat.ACTOR).get(pk=uuid.UUID(ref))
    own = principal.is_operator or principal.organisation_id == actor.pk
    return Point("actor", ref, f"Argent passé par {actor.name}", Q(actor_id=actor.pk), own=own)


def _site(principal: Principal, ref: str) -> Point:
    site = Site.objects.get(pk=uuid.UUID(ref))
    own = principal.is_operator or principal.organisation_id == site.actor_id
    return Point("site", ref, f"Argent passé par {site.name}", Q(site_id=site.pk), own=own)


def _campaign(principal: Principal, ref: str) -> Point:
    campaign = Campaign.objects.visible_to(principal).get(pk=uuid.UUID(ref))
    inside = Q(campaign_id=campaign.pk)
    of_batch = Q(batch__campaign_id=campaign.pk)
    return Point("campaign", ref, f"Opération « {campaign.name} »", of_batch, inside, inside, of_batch)


def _line(principal: Principal, ref: str) -> Point:
    line = FundingLine.objects.visible_to(principal).get(pk=uuid.UUID(ref))
    of_batch = Q(batch__line_id=line.pk)
    return Point(
        "line", ref, f"Ligne de financement : {line.source}", of_batch, Q(pk=line.pk), Q(line_id=line.pk), of_batch
    )


def _batch(principal: Principal, ref: str) -> Point:
    batches = Batch.objects.visible_to(principal)
    batch = batches.get(pk=int(ref)) if ref.isdecimal() else batches.get(uuid=uuid.UUID(ref))
    one = Q(batch_id=batch.pk)
    return Point("batch", ref, f"Lot {batch.pk}", one, Q(pk=batch.line_id), Q(pk=batch.pk), one)


def _booklet(principal: Principal, ref: str) -> Point:
    booklet = Booklet.objects.visible_to(principal).get(pk=int(ref))
    batch = Batch.objects.visible_to(principal).get(pk=booklet.batch_id)
    inside = (booklet.pk << 4, (booklet.pk << 4) + 15)
    title = f"Carnet {booklet.number} du lot {batch.pk}"
    uses, passes = Q(pass_id__range=inside), Q(pk__range=inside)
    return Point("booklet", ref, title, uses, Q(pk=batch.line_id), Q(pk=batch.pk), passes)


def _pass(principal: Principal, ref: str) -> Point:
    serial = int(ref)
    found = Pass.objects.visible_to(principal).filter(pk=serial).first()
    if found is None:  # an actor follows a pass that it redeemed
        return Point("pass", ref, "Un pass", Q(pass_id=serial))
    batch = Batch.objects.visible_to(principal).get(pk=found.batch_id)
    title = f"Pass {found.position} du carnet {found.booklet_id - batch.first_booklet + 1}, lot {batch.pk}"
    return Point("pass", ref, title, Q(pass_id=serial), Q(pk=batch.line_id), Q(pk=batch.pk), Q(pk=serial))


def _redemption(principal: Principal, ref: str) -> Point:
    redeemed = Redemption.objects.visible_to(principal).accepted().get(pk=uuid.UUID(ref))
    point = _pass(principal, str(redeemed.pass_id))
    return Point("redemption", ref, point.title, point.redemptions, point.lines, point.batches, point.passes)


def _payout(principal: Principal, ref: str) -> Point:
    mine = PayoutPurse.objects.filter(_mine(principal), payout_id=uuid.UUID(ref)).order_by("pk")
    with connection.cursor() as cursor:  # a funder reads its share, not the payout's row
        cursor.execute(
            "SELECT share_id, end_to_end_id FROM impact_payouts_of(%s)", [list(mine.values_list("pk", flat=True))]
        )
        shares = dict(cursor.fetchall())
    if not shares:
        raise NothingToFollow
    origins = _origins(principal, shares)
    claims = Claim.objects.filter(_mine(principal), share__in=origins, transfer__kind=TransferKind.REDEEM)
    title = f"Contre-paiement {next(iter(shares.values()))}"
    return Point("payout", ref, title, Q(pk__in=claims.values("transfer__event")), shares=tuple(shares))


def _settlement(principal: Principal, ref: str) -> Point:
    if not principal.is_operator:  # a run pays many actors with many funders' money: each of them follows its own share
        raise NothingToFollow
    run = Settlement.objects.get(pk=uuid.UUID(ref))
    shares = PayoutPurse.objects.filter(payout__settlement=run).order_by("pk").values_list("pk", flat=True)
    claims = Claim.objects.filter(share__in=_origins(principal, shares), transfer__kind=TransferKind.REDEEM)
    return Point("settlement", ref, f"Règlement {run.number}", Q(pk__in=claims.values("transfer__event")), own=True)


POINTS: dict[str, Callable[[Principal, str], Point]] = {
    "funder": _funder,
    "campaign": _campaign,
    "line": _line,
    "batch": _batch,
    "booklet": _booklet,
    "pass": _pass,
    "redemption": _redemption,
    "site": _site,
    "actor": _actor,
    "payout": _payout,
    "settlement": _settlement,
}


def _mine(principal: Principal) -> Q:
    """The rows of claims and shares that the acting organisation may read, by its own column."""
    if principal.is_operator:
        return Q()
    column = "funder_id" if principal.hat == Hat.FUNDER else "actor_id"
    return Q(**{column: principal.organisation_id})


def _origins(principal: Principal, shares: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """These shares, and those that came back and that they pay again."""
    known, fresh = set(shares), set(shares)
    while fresh:
        back = Claim.objects.filter(_mine(principal), share__in=fresh, transfer__kind__in=CAME_BACK)
        fresh = set(back.order_by("pk").values_list("transfer__event", flat=True)) - known
        known |= fresh
    return known


# --- above ----------------------------------------------------------------------------------------------------------


def _read_sources(trail: Trail, principal: Principal) -> None:
    point = trail.point
    uses = trail.redemptions.order_by().values("batch_id")
    batches = Batch.objects.visible_to(principal).filter(point.batches if point.batches is not None else Q(pk__in=uses))
    lines = FundingLine.objects.visible_to(principal)
    lines = lines.filter(point.lines if point.lines is not None else Q(pk__in=batches.order_by().values("line_id")))
    trail.batches = list(batches.select_related("order").order_by("-pk")[:SHOWN])
    # The value of a replacement is counted where it was issued, unless only the replacement is looked at.
    once = ~Q(replaces__in=batches.order_by().values("pk")) | Q(replaces=None)
    counted = batches.aggregate(count=Count("pk"), cents=Sum(_VALUE, default=0, filter=once))
    trail.batch_count, trail.batch_cents = counted["count"], counted["cents"]
    trail.lines = list(lines.select_related("campaign", "funder", "account").order_by("created_at", "pk")[:SHOWN])
    ids = [line.pk for line in trail.lines]
    trail.funds = funds_of(trail.lines) if ids else {}
    money = {"line_id__in": ids}
    trail.receipts = list(Receipt.objects.visible_to(principal).filter(**money).order_by("recorded_at", "pk")[:SHOWN])
    waiting = PaymentOrder.objects.visible_to(principal).filter(**money, state=PaymentOrder.State.OPEN)
    trail.promises = list(waiting.order_by("recorded_at", "pk")[:SHOWN])
    left = Refund.objects.visible_to(principal).filter(**money, confirmed_at__isnull=False)
    trail.refunds = list(left.order_by("confirmed_at", "pk")[:SHOWN])
    trail.funders = list(
        trail.redemptions.order_by("funder__search_key", "funder_id")
        .values("funder_id", "funder__name")
        .annotate(passes=Count("pk"), cents=Sum("value_cents"))[:SHOWN]
    )
    if point.kind in ("booklet", "pass", "redemption") and point.batches is not None:
        number = int(point.ref) if point.kind == "booklet" else _serial(trail) >> 4
        trail.booklet = Booklet.objects.visible_to(principal).select_related("distributor").filter(pk=number).first()
    if point.passes is not None:
        rows = Pass.objects.visible_to(principal).filter(point.passes).order_by("state", "batch__face_value_cents")
        for row in rows.values("state", "batch__face_value_cents").annotate(passes=Count("pk")):
            passes, cents = trail.by_state.get(row["state"], (0, 0))
            value = row["passes"] * row["batch__face_value_cents"]
            trail.by_state[row["state"]] = (passes + row["passes"], cents + value)
    if trail.booklet is not None and Pass.State.REPLACED in trail.by_state:
        newer = Replacement.objects.visible_to(principal).filter(lost=trail.booklet)
        trail.replacements = list(newer.select_related("booklet").order_by("pk"))


def _serial(trail: Trail) -> int:
    """The pass that a single point is about."""
    if trail.point.kind == "pass":
        return int(trail.point.ref)
    return Redemption.objects.values_list("pass_id", flat=True).get(pk=trail.point.ref)


# --- below ----------------------------------------------------------------------------------------------------------


def _read_uses(trail: Trail) -> None:
    totals = trail.redemptions.aggregate(passes=Count("pk"), cents=Sum("value_cents", default=0))
    trail.used, trail.used_cents = totals["passes"], totals["cents"]
    trail.places = list(
        trail.redemptions.order_by()
        .values("site_id", "site__name", "site__commune__name", "actor_id", "actor__name")
        .annotate(passes=Count("pk"), cents=Sum("value_cents"), last=Max("accounted_at"))
        .order_by("-cents", "site__name", "site_id")[:SHOWN]
    )


def _read_payouts(trail: Trail, principal: Principal) -> None:
    """The shares that pay these redemptions, those that pay them again, and what the bank said of each."""
    events = trail.redemptions.order_by().values("pk")
    claims = Claim.objects.filter(
        _mine(principal), transfer__kind=TransferKind.REDEEM, transfer__event__in=events
    ).order_by()
    totals = claims.aggregate(shares=Count("share_id", distinct=True), cents=Sum("signed_cents", default=0))
    trail.payout_count, trail.claimed_cents = totals["shares"], totals["cents"]
    trail.paid_cents = _paid(trail)
    rows = claims.values("share_id").annotate(passes=Count("pk"), cents=Sum("signed_cents"), last=Max("pk"))
    carried = {row["share_id"]: (row["passes"], row["cents"]) for row in rows.order_by("-last")[:SHOWN]}
    again = _paid_again(principal, set(carried) | set(trail.point.shares))
    shares = PayoutPurse.objects.filter(_mine(principal), pk__in={*carried, *again, *trail.point.shares})
    found = {
        share.pk: Transferred(
            share_id=share.pk,
            payout_id=share.payout_id,
            actor=share.actor.name,
            funder=share.funder.name if share.funder else "Garantie de l’opérateur",
            passes=carried.get(share.pk, (0, 0))[0],
            cents=carried.get(share.pk, (0, 0))[1] + sum(again.get(share.pk, {}).values()) or share.gross_cents,
            net_cents=share.net_cents,
        )
        for share in shares.select_related("actor", "funder").order_by("pk")
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM impact_payouts_of(%s)", [list(found)])
        for share_id, _, end_to_end, state, cutoff, sent, settled, rejected, reason, reference in cursor.fetchall():
            one = found[share_id]
            one.end_to_end_id, one.state, one.sent_at, one.settled_at = end_to_end, state, sent, settled
            one.rejected_at, one.rejection_reason, one.bank_reference = rejected, reason, reference
            one.cutoff = cutoff
    for share_id, formers in again.items():
        if share_id in found:
            found[share_id].follows = [found[former].end_to_end_id for former in formers if former in found]
    trail.payouts = sorted(found.values(), key=lambda one: (str(one.cutoff), one.end_to_end_id, str(one.share_id)))


def _paid(trail: Trail) -> int:
    """Cents of these redemptions that were executed for good, by the same rule as every report."""
    live, values = trail.redemptions.order_by().values("pk", "value_cents").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE live (id, value_cents) AS ({live}), {PAID}"
            " SELECT coalesce(sum(value_cents), 0)::bigint FROM paid",
            values,
        )
        return cursor.fetchone()[0]


def _paid_again(principal: Principal, shares: set[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    """For each share that pays again what came back: cents by share that came back, which may be several."""
    found: dict[uuid.UUID, dict[uuid.UUID, int]] = {}
    fresh = shares
    while fresh:
        claims = Claim.objects.filter(_mine(principal), transfer__kind__in=CAME_BACK, transfer__event__in=fresh)
        rows = list(claims.order_by("pk").values_list("share_id", "transfer__event", "signed_cents"))
        fresh = {share for share, _, _ in rows} - set(found) - shares
        for share, former, cents in rows:
            found.setdefault(share, {})[former] = cents
    return found
