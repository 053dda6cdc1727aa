"""What both spaces show in the same way: the bar of a line's money, tags of states, links that follow a euro."""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from aptic import charts, french
from aptic.vocabulary.models import Service
from funders.forms import labelled
from funders.funds import Funds
from funders.models import Campaign, FundingLine, Order, Refund

ORDER_TAGS = {
    Order.State.PLACED: "wait",
    Order.State.FUNDED: "brand",
    Order.State.ISSUED: "ok",
    Order.State.CANCELLED: "",
}


def trace_url(request: HttpRequest, kind: str, identity: uuid.UUID | int) -> str:
    """« Suivre cet euro » in the space one stands in; empty where that space has no such page."""
    hat = request.principal.hat.value  # type: ignore[attr-defined]
    with suppress(NoReverseMatch):
        return reverse(f"{hat}_trace", args=[request.organisation.pk, kind, identity])  # type: ignore[attr-defined]
    return ""


def segments(funds: Funds, url: str) -> list[charts.Segment]:
    """Where all this money stands, for `components/bar.html`; each part leads to `url`."""
    parts = (
        ("utilisés dans les lieux", funds.used),
        ("en circulation, pas encore utilisés", funds.circulation),
        ("disponibles pour commander", funds.free),
    )
    return [charts.Segment(label, cents, french.euros(cents), url) for label, cents in parts]


def line_rows(
    request: HttpRequest, lines: Iterable[FundingLine], funds: dict[uuid.UUID, Funds]
) -> list[dict[str, Any]]:
    """One dict per funding line: the line, its funds and where to follow it."""
    return [{"line": line, "funds": funds[line.pk], "url": trace_url(request, "line", line.pk)} for line in lines]


def refund_rows(request: HttpRequest, refunds: Iterable[Refund]) -> list[dict[str, Any]]:
    """One dict per refund: the refund and where its money can be followed."""
    return [{"refund": one, "url": trace_url(request, "line", one.line_id)} for one in refunds]


def order_rows(orders: Iterable[Order]) -> list[dict[str, Any]]:
    """One dict per order: the order and the tag of its state."""
    return [{"order": order, "tag": order_tag(order), "kind": order_kind(order)} for order in orders]


def order_tag(order: Order) -> str:
    """What a list says of an order, in two words."""
    if order.state != Order.State.PLACED:
        return order.get_state_display()
    return "prête à émettre" if order.can_issue else "attend les fonds"


def order_kind(order: Order) -> str:
    """The colour that goes with it."""
    return "sun" if order.can_issue else ORDER_TAGS[Order.State(order.state)]


def campaign_terms(campaign: Campaign) -> list[tuple[str, str]]:
    """The rules of a campaign, in words, for `components/dl.html`."""
    chosen = Service.objects.filter(pk__in=campaign.services).select_related("parent").order_by("position", "id")
    # A service that came with its parent is not said twice.
    names = [one.name for one in chosen if one.parent_id is None or one.parent_id not in campaign.services]
    limit = campaign.passes_per_day
    return [
        ("Dates", f"du {french.date(campaign.starts_on)} au {french.date(campaign.ends_on)} inclus"),
        ("Un pass", french.euros(campaign.face_value_cents)),
        ("Un carnet", f"{campaign.passes_per_booklet} pass"),
        ("Services", " · ".join(names) or "tous les services du standard national"),
        ("Territoires", " · ".join(name for _, name in labelled(campaign.territories)) or "toute la France"),
        ("Remise", "obligatoire avant usage" if campaign.needs_hand_out else "facultative"),
        ("Par jour et par carnet", french.plural(limit, "pass,pass") if limit else "sans limite"),
        ("Délai d’encaissement", f"{french.plural(campaign.claim_days, 'jour')} après le dernier jour"),
        ("Téléphone des habitants", french.phone(campaign.contact_phone) or "celui de l’opérateur"),
    ]
