"""The actor's own pages: its first page, and its income by kind, which nobody else reads."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from actors.income import declare_income, last_of, versions_of
from actors.income_forms import IncomeForm
from actors.income_rules import moved, open_year, risk, today
from actors.models import Actor, BankAccount, Payout
from actors.permissions import EDITS_SITES, HANDLES_BANK, MANAGES_TILLS, READS_INCOME
from actors.settlement.next_payment import next_payment
from actors.settlement.owed import owed_to
from actors.standing import standing_of
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat, Principal
from impact import figures, income_presenting, presenting
from impact.figures import ActorYear
from impact.income import income_of, passes_by_year, publics_of
from impact.models import ActorRatio
from impact.ratio_rules import trend
from qualification.renewal import is_over, may_renew

RECENT_PAYOUTS = 6


@require_GET
@space(Hat.ACTOR)
def home(request: HttpRequest) -> HttpResponse:
    """An actor at a glance: its next payment, its ratio, its places and people, how much it depends on passes."""
    actor, principal = request.organisation, request.principal
    trace = reverse("actor_trace", args=[actor.pk, "actor", str(actor.pk)])
    year = figures.actor_year(actor.pk)
    plots = (
        presenting.earnings_plot(year.by_month, url=trace),
        presenting.mix_plot(year.by_funder, url=trace),
    )
    paid = Payout.objects.visible_to(principal).exclude(state=Payout.State.RELEASED).order_by("-cutoff", "id")
    payouts = list(paid[:RECENT_PAYOUTS])
    qualified = Actor.objects.filter(pk=actor.pk).first()
    twelve_months = _ratio(principal, qualified, year)
    context = {
        "qualified": qualified,
        "renews": qualified is not None and may_renew(qualified) and principal.role in EDITS_SITES,
        "over": qualified is not None and is_over(qualified),
        **_money(principal, payouts),
        **twelve_months,
        **_income(principal, twelve_months["ratio"].earned_cents),
        "standing": standing_of(principal),
        "may_edit": principal.role in EDITS_SITES,
        "may_manage": principal.role in MANAGES_TILLS,
        "may_pay": principal.role in HANDLES_BANK,
        "plots": [plot for plot in plots if plot],
        "payouts": payouts,
        "trace": trace,
    }
    return TemplateResponse(request, "impact/actor_home.html", context)


def _money(principal: Principal, payouts: Sequence[Payout]) -> dict[str, Any]:
    """The position, and the next payment with what blocks it."""
    assert principal.organisation_id is not None
    owed = owed_to(actor_id=principal.organisation_id, principal=principal)
    mine = BankAccount.objects.visible_to(principal).filter(actor_id=principal.organisation_id, replaced_at=None)
    coming = next_payment(owed=owed, payouts=payouts, accounts=mine.order_by("-proposed_at"), now=timezone.now())
    return {"owed": owed, "payment": coming}


def _ratio(principal: Principal, qualified: Actor | None, year: ActorYear) -> dict[str, Any]:
    """Twelve months against the ratio, and where they tend. The delay is the night's; before the first one, today's."""
    coming = ActorRatio.objects.visible_to(principal).filter(pk=principal.organisation_id).first()
    ratio = year.ratio(coming.days_to_payment) if coming else figures.ratio(principal.organisation_id)
    days = (timezone.now() - qualified.qualified_at).days if qualified else 0
    pace = coming.pace_cents if coming else 0
    place, tag = presenting.ratio_place(ratio.earned_cents)
    return {
        "ratio": ratio,
        "place": place,
        "place_tag": tag,
        "coming": coming,
        "trend": trend(earned_cents=ratio.earned_cents, pace_cents=pace, days=days) if coming else "",
        "missing": max(0, figures.RATIO_LOW_CENTS - ratio.earned_cents),
        "low": figures.RATIO_LOW_CENTS,
        "high": figures.RATIO_HIGH_CENTS,
    }


def _income(principal: Principal, passes_cents: int) -> dict[str, Any]:
    """The declared years and what passes weigh today, for those who may read them."""
    found = income_of(principal, years=2) if principal.role in READS_INCOME else None
    return {
        "income": found,
        "today": today(found.latest, passes_cents=passes_cents) if found and found.latest else None,
    }


@never_cache
@require_safe
@space(Hat.ACTOR, roles=READS_INCOME)
def income(request: HttpRequest) -> HttpResponse:
    """The declared years: the mix, the risk, the publics; for the actor's managers and finance alone."""
    principal = request.principal
    found, actor_id = income_of(principal), request.organisation.pk
    trace = reverse("actor_trace", args=[actor_id, "actor", str(actor_id)])
    context: dict[str, Any] = {"income": found, "publics": publics_of(principal), "trace": trace}
    if found.latest:
        latest, *others = found.mixes
        context |= {
            "mix": latest,
            "risk": risk(latest),
            "today": today(latest, passes_cents=sum(cents for _, _, cents in figures.actor_year(actor_id).by_funder)),
            "moved": moved(latest, others[0]) if others else "",
            "plots": income_presenting.plots(found.mixes, url=trace),
            "years": versions_of([mix.year for mix in found.mixes]),
        }
    return TemplateResponse(request, "impact/income.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.ACTOR, roles=READS_INCOME)
def declare(request: HttpRequest) -> HttpResponse:
    """Declare the last year that is over, or correct it."""
    year = open_year(timezone.localdate())
    former = last_of(year)
    form = IncomeForm(request.POST or None, initial=IncomeForm.initial_of(year, former))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            declared = declare_income(year=data["year"], amounts=form.amounts, after=data["after"])
        except DomainError as error:
            form.refuse(error)
            form.data = _seen(request, former.version if former else 0)
        else:
            said = "corrigés" if declared.version > 1 else "enregistrés"
            messages.success(request, f"Vos revenus de {declared.year} sont {said}. Vous seuls les lisez.")
            return redirect("actor_income", request.organisation.pk)
    passes = passes_by_year(request.organisation.pk, first=year, last=year)
    context = {
        "form": form,
        "year": year,
        "former": former,
        "passes_cents": sum(cents for _, cents in passes.get(year, ())),
        "trace": reverse("actor_trace", args=[request.organisation.pk, "actor", str(request.organisation.pk)]),
    }
    return TemplateResponse(request, "impact/income_form.html", context)


def _seen(request: HttpRequest, version: int) -> Any:
    """What was typed, beside the version that the person sees now."""
    data = request.POST.copy()
    data["after"] = str(version)
    return data
