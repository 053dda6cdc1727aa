"""The funder's space: campaigns, their money, their orders."""

import uuid

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from aptic import french
from aptic.accounts.models import Role
from aptic.errors import DomainError
from aptic.ids import parse_uuid
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders import services
from funders.forms import CampaignForm, LineForm, OrderForm, territory_choices
from funders.funds import Funds, funds_of
from funders.models import Campaign, FundingLine, Order, Refund
from funders.views.presenting import (
    campaign_terms,
    line_rows,
    order_kind,
    order_rows,
    order_tag,
    refund_rows,
    segments,
    trace_url,
)

DECIDERS = (Role.MANAGER, Role.AGENT)


@space(Hat.FUNDER)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Every campaign with where its money stands."""
    campaigns = list(Campaign.objects.visible_to(request.principal).prefetch_related("lines"))
    funds = funds_of(line for campaign in campaigns for line in campaign.lines.all())
    rows = []
    for campaign in campaigns:
        total = sum((funds[line.pk] for line in campaign.lines.all()), Funds())
        parts = segments(total, trace_url(request, "campaign", campaign.pk))
        rows.append({"campaign": campaign, "funds": total, "segments": parts})
    return render(request, "funders/funder/campaigns.html", {"rows": rows, "today": timezone.localdate()})


@space(Hat.FUNDER, roles=DECIDERS)
def campaign_create(request: HttpRequest) -> HttpResponse:
    """One column of questions; the search for territories answers on the same page when there is no JavaScript."""
    searching = "search_territory" in request.POST
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and not searching and form.is_valid():
        try:
            campaign = services.create_campaign(funder=request.organisation, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Opération créée. Vous pouvez maintenant commander des carnets.")
            return redirect("funder_campaign", request.organisation.pk, campaign.pk)
    typed = request.POST.get("territory_search", "")
    choices = territory_choices(typed=typed, chosen=request.POST.getlist("territories"))
    if searching:
        form = CampaignForm(
            initial={**{name: field.initial for name, field in form.fields.items()}, **typed_values(form)}
        )
    context = {"form": form, "territory_choices": choices, "typed": typed, "searched": searching}
    return render(request, "funders/funder/campaign_form.html", context)


def typed_values(form: CampaignForm) -> dict[str, object]:
    """What was typed so far, to show again without judging it."""
    return {name: form[name].value() for name in form.fields if form[name].value() is not None}


@require_GET
@space(Hat.FUNDER, roles=DECIDERS)
def territory_search(request: HttpRequest) -> HttpResponse:
    """The choices of the territory question, for htmx."""
    typed = request.GET.get("territory_search", "")
    choices = territory_choices(typed=typed, chosen=request.GET.getlist("territories"))
    context = {"territory_choices": choices, "typed": typed, "searched": bool(typed.strip())}
    return render(request, "funders/funder/_territories.html", context)


@space(Hat.FUNDER)
def campaign_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Where each euro stands, line by line, what was ordered and what was given back."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.principal), pk=pk)
    lines = list(campaign.lines.all())
    funds = funds_of(lines)
    total = sum(funds.values(), Funds())
    orders = Order.objects.visible_to(request.principal).filter(campaign=campaign).with_terms()
    refunds = Refund.objects.visible_to(request.principal).filter(line__campaign=campaign)
    context = {
        "campaign": campaign,
        "terms": campaign_terms(campaign),
        "funds": total,
        "segments": segments(total, trace_url(request, "campaign", campaign.pk)),
        "lines": line_rows(request, lines, funds),
        "orders": order_rows(orders[:50]),
        "refunds": refund_rows(request, refunds.select_related("line__campaign")[:50]),
        "over": campaign.state != Campaign.State.OPEN or campaign.ends_on < timezone.localdate(),
    }
    return render(request, "funders/funder/campaign.html", context)


@space(Hat.FUNDER, roles=DECIDERS)
def line_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One more source of money."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.principal).select_related("funder__purse"), pk=pk)
    form = LineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_funding_line(campaign=campaign, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Financeur ajouté.")
            return redirect("funder_campaign", request.organisation.pk, campaign.pk)
    return render(request, "funders/funder/line_form.html", {"form": form, "campaign": campaign})


@space(Hat.FUNDER)
def order_list(request: HttpRequest) -> HttpResponse:
    """Every order, the latest first."""
    orders = Order.objects.visible_to(request.principal).with_terms()
    return render(request, "funders/funder/orders.html", {"orders": order_rows(orders[:200])})


@space(Hat.FUNDER, roles=DECIDERS, second_factor=True)
def order_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """First the question (GET), then what it costs and what happens next, then the order itself (POST)."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.principal), pk=pk)
    data = request.POST if request.method == "POST" else request.GET if "booklets" in request.GET else None
    form = OrderForm(data, campaign=campaign)
    quote = None
    if form.is_bound and form.is_valid():
        if request.method == "POST":
            try:
                # The quote gave the order its id, so that sending it twice makes one.
                order_id = parse_uuid(request.POST.get("order_id"))
                order = services.place_order(campaign=campaign, order_id=order_id, **form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, f"Commande {order.number} enregistrée.")
                return redirect("funder_order", request.organisation.pk, order.pk)
        else:
            quote = _quote(campaign, **form.cleaned_data)
    return render(request, "funders/funder/order_form.html", {"form": form, "campaign": campaign, "quote": quote})


def _quote(campaign: Campaign, *, line: FundingLine, booklets: int) -> dict[str, object]:
    """What an order would make and cost, before it exists."""
    order = Order(
        campaign=campaign,
        line=line,
        booklets=booklets,
        passes_per_booklet=campaign.passes_per_booklet,
        face_value_cents=campaign.face_value_cents,
    )
    return {"order": order, "line": line, "left": (line.account.guarded_cents or 0) - order.amount_cents}


@space(Hat.FUNDER)
def order_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Where an order stands and what it waits for."""
    order = get_object_or_404(_orders(request), pk=pk)
    context = {
        "order": order,
        "tag": order_tag(order),
        "kind": order_kind(order),
        "steps": _steps(order),
        "trace": trace_url(request, "line", order.line_id),
        "may_cancel": order.state == Order.State.PLACED and request.principal.role in DECIDERS,
    }
    return render(request, "funders/funder/order.html", context)


def _orders(request: HttpRequest) -> QuerySet[Order]:
    return Order.objects.visible_to(request.principal).with_terms().annotate(source=F("line__source"))


def _steps(order: Order) -> list[dict[str, str]]:
    """The way of an order, for `components/steps.html`."""
    here = {Order.State.PLACED: 2 if order.can_issue else 1, Order.State.FUNDED: 2, Order.State.ISSUED: 3}
    reached = here.get(Order.State(order.state), 0)
    missing = f"Il manque {french.euros(order.missing_cents)}." if order.missing_cents and reached == 1 else ""
    texts = (
        ("Commande enregistrée", f"le {french.moment(order.placed_at)}"),
        ("Fonds reçus ou mandat enregistré", missing),
        ("Pass émis par l’opérateur", ""),
        ("Carnets imprimés et confiés aux aiguilleurs", ""),
    )
    return [
        {"title": title, "text": text, "state": "done" if rank < reached else "here" if rank == reached else ""}
        for rank, (title, text) in enumerate(texts)
    ]


@space(Hat.FUNDER, roles=DECIDERS, second_factor=True)
def order_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, then cancel."""
    order = get_object_or_404(_orders(request), pk=pk)
    if request.method == "POST":
        services.cancel_order(order=order)
        messages.success(request, f"Commande {order.number} annulée.")
        return redirect("funder_order", request.organisation.pk, order.pk)
    return render(request, "funders/funder/order_cancel.html", {"order": order})
