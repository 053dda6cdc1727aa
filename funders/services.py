"""What a funder decides and buys: campaigns, their funding lines, orders.

Money received lives in `funding.py`, money given back in `refunds.py`.
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.ledger.kinds import AccountKind
from aptic.ledger.services import account
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.services import territory_labels
from aptic.vocabulary.models import Service
from funders import rules
from funders.errors import CampaignOver, InvalidCampaign, InvalidOrder, OrderKnown, OrderNotOpen
from funders.funding import cancel_payment_order, record_payment_order, record_receipt
from funders.models import Campaign, FundingLine, Order
from funders.partners import create_distributor, create_funder
from funders.refunds import confirm_refund, discard_refund, prepare_refund

__all__ = [
    "add_funding_line",
    "cancel_order",
    "cancel_payment_order",
    "confirm_refund",
    "create_campaign",
    "create_distributor",
    "create_funder",
    "discard_refund",
    "place_order",
    "prepare_refund",
    "record_payment_order",
    "record_receipt",
]


@transaction.atomic
def create_campaign(  # noqa: PLR0913 - the terms of a campaign, each by its name
    *,
    funder: Organisation,
    name: str,
    starts_on: date,
    ends_on: date,
    face_value_cents: int,
    passes_per_booklet: int = 10,
    services: Iterable[int] = (),
    territories: Iterable[str] = (),
    needs_hand_out: bool = True,
    passes_per_day: int | None = None,
    claim_days: int = 31,
    contact_phone: str = "",
    source: str = "",
    at: datetime | None = None,
) -> Campaign:
    """Open a campaign and its first funding line, whose source is the funder's own name unless said otherwise.

    `ends_on` is inclusive; `services` and `territories` restrict, empty means all; a service of the national standard
    opens the finer ones under it. Raises NotAllowed, InvalidCampaign and UnknownTerritory.
    """
    _may_decide(funder.pk)
    rules.check_terms(
        starts_on=starts_on,
        ends_on=ends_on,
        face_value_cents=face_value_cents,
        passes_per_booklet=passes_per_booklet,
        passes_per_day=passes_per_day,
        claim_days=claim_days,
    )
    if not name.strip():
        raise InvalidCampaign("Donnez un nom à l’opération.", field="name")
    keys = list(dict.fromkeys(territories))
    territory_labels(keys)
    campaign = Campaign.objects.create(
        funder=funder,
        name=name.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        face_value_cents=face_value_cents,
        passes_per_booklet=passes_per_booklet,
        services=_opened_services(services),
        territories=keys,
        needs_hand_out=needs_hand_out,
        passes_per_day=passes_per_day,
        claim_days=claim_days,
        contact_phone=contact_phone,
    )
    record(verb="campaign_created", target=campaign, organisation_id=funder.pk)
    add_funding_line(campaign=campaign, source=source or funder.name, at=at)
    return campaign


@transaction.atomic
def add_funding_line(*, campaign: Campaign, source: str, at: datetime | None = None) -> FundingLine:
    """One more source of money for a campaign, with its own credit account.

    Raises NotAllowed, and InvalidCampaign when the source has no name.
    """
    _may_decide(campaign.funder_id)
    if not source.strip():
        raise InvalidCampaign("Nommez le financeur.", field="source")
    identity = uuid.uuid4()
    line = FundingLine.objects.create(
        pk=identity,
        campaign=campaign,
        funder_id=campaign.funder_id,
        source=source.strip(),
        account=account(purse=campaign.funder.purse, kind=AccountKind.CREDIT, about=identity),
    )
    record(verb="funding_line_added", target=line, organisation_id=campaign.funder_id)
    return line


@transaction.atomic
def place_order(
    *,
    campaign: Campaign,
    line: FundingLine,
    booklets: int,
    order_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Order:
    """Order `booklets` on one funding line of the campaign; value and booklet size are frozen as they are now.

    The number follows the year's last one without a gap (Europe/Paris). No money moves: issuing does that. A repeat
    with the same `order_id` gives the same order. Raises NotAllowed, CampaignOver, InvalidOrder and OrderKnown.
    """
    _may_decide(campaign.funder_id)
    rules.check_booklets(booklets)
    now = at or timezone.now()
    # Held until the order exists, so that the campaign cannot close in between; redemptions do not wait for it.
    # A repeat at the same instant waits here for the first, and finds it.
    terms = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    if order_id and (first := Order.objects.visible_to(current()).filter(pk=order_id).first()):
        return _same_order(first, terms, line, booklets)
    if line.campaign_id != terms.pk:
        raise InvalidOrder("Cette ligne de financement est celle d’une autre opération.", field="line")
    if terms.state != Campaign.State.OPEN or terms.ends_on < timezone.localdate(now):
        raise CampaignOver
    order = Order(
        id=order_id or uuid.uuid4(),
        number=_next_number(timezone.localdate(now).year),
        campaign=terms,
        line=line,
        funder_id=terms.funder_id,
        booklets=booklets,
        passes_per_booklet=terms.passes_per_booklet,
        face_value_cents=terms.face_value_cents,
        placed_at=now,
        placed_by=current().person_id,
    )
    _insert(order)
    record(verb="order_placed", target=order, organisation_id=terms.funder_id)
    return order


@transaction.atomic
def cancel_order(*, order: Order, at: datetime | None = None) -> None:
    """Cancel an order whose money is still free; a repeat is silent. Raises NotAllowed and OrderNotOpen."""
    _may_decide(order.funder_id)
    if Order.objects.filter(pk=order.pk, state=Order.State.PLACED).update(state=Order.State.CANCELLED):
        record(verb="order_cancelled", target=order, fields=("state",), organisation_id=order.funder_id)
    elif not Order.objects.filter(pk=order.pk, state=Order.State.CANCELLED).exists():
        raise OrderNotOpen
    order.state = Order.State.CANCELLED


def _may_decide(funder_id: uuid.UUID) -> None:
    """The funder's managers and agents, and the operator on their behalf."""
    principal = current()
    own = principal.hat == Hat.FUNDER and principal.organisation_id == funder_id
    if not (principal.is_operator or (own and principal.role in {Role.MANAGER, Role.AGENT})):
        raise NotAllowed


def _opened_services(chosen: Iterable[int]) -> list[int]:
    wanted = set(chosen)
    known = dict(Service.objects.active().values_list("pk", "parent_id"))
    if wanted - known.keys():
        raise InvalidCampaign("Ce service n’existe pas dans le standard national.", field="services")
    finer: dict[int, list[int]] = {}
    for one, parent in known.items():
        if parent is not None:
            finer.setdefault(parent, []).append(one)
    return rules.with_finer(wanted, finer)


def _same_order(first: Order, campaign: Campaign, line: FundingLine, booklets: int) -> Order:
    """The first order, if it is still wanted and the second says the same."""
    said = (first.campaign_id, first.line_id, first.booklets)
    if first.state == Order.State.CANCELLED or said != (campaign.pk, line.pk, booklets):
        raise OrderKnown
    return first


def _insert(order: Order) -> None:
    """Write it. Raises OrderKnown when its id is an order's that nobody here sees, or another campaign's just now."""
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "funders_order_pkey":
            raise
        raise OrderKnown from error


def _next_number(year: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT funders_next_order_number(%s)", [year])
        return cursor.fetchone()[0]
