"""The first page of each space: where each euro is, how far the passes went, who earns what."""

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from actors.models import Actor, Payout, Settlement
from actors.permissions import EDITS_SITES
from actors.settlement.owed import owed_to
from aptic.ledger.models import Proof, ProofLine
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Campaign, Order
from impact import figures, presenting, scheme
from impact.models import ActorRatio
from impact.ratio import alerts
from qualification.renewal import may_renew


@require_GET
@space(Hat.OPERATOR)
def operator_home(request: HttpRequest) -> HttpResponse:
    """The operator: the scheme in one page."""
    found, proof = scheme.read(), Proof.objects.first()
    proof_url = reverse("operator_proof", args=[request.organisation.pk])
    context = {
        "alarm": _alarm(proof),
        "counted_at": found.counted_at,
        "tiles": presenting.money_tiles(found.money, proof_url),
        "segments": presenting.money_segments(found.money, proof_url),
        "steps": presenting.steps(found.usage),
        "trace": proof_url,
        "ratio": found.ratio,
        "ratios": presenting.ratio_rows(found.actors, request.organisation.pk),
        "places": presenting.ratio_places(found.earned),
        "more": len(found.earned) > len(found.actors),
        "low": figures.RATIO_LOW_CENTS,
        "high": figures.RATIO_HIGH_CENTS,
        "alerts": alerts(request.principal),
        "proof": proof,
        "to_approve": Settlement.objects.filter(state=Settlement.State.PREPARED).order_by("cutoff")[:3],
    }
    return TemplateResponse(request, "impact/operator_home.html", context)


@require_GET
@space(Hat.FUNDER)
def funder_home(request: HttpRequest) -> HttpResponse:
    """A funder: where its money is, and its campaigns."""
    funder = request.organisation
    money = figures.money(funder.pk)
    trace = reverse("funder_trace", args=[funder.pk, "funder", str(funder.pk)])
    waiting = Count("orders", filter=Q(orders__state=Order.State.PLACED))
    context = {
        "tiles": presenting.money_tiles(money, trace),
        "segments": presenting.money_segments(money, trace),
        "steps": presenting.steps(figures.usage(funder_id=funder.pk)),
        "trace": trace,
        "campaigns": Campaign.objects.visible_to(request.principal).annotate(waiting=waiting)[:20],
        "proof": Proof.objects.first(),
    }
    return TemplateResponse(request, "impact/funder_home.html", context)


@require_GET
@space(Hat.ACTOR)
def actor_home(request: HttpRequest) -> HttpResponse:
    """An actor: its ratio, what it is owed and when it comes, whose passes it redeems, and its last payments."""
    actor = request.organisation
    payouts = Payout.objects.visible_to(request.principal).exclude(state=Payout.State.RELEASED)
    trace = reverse("actor_trace", args=[actor.pk, "actor", str(actor.pk)])
    year = figures.actor_year(actor.pk)
    plots = (
        presenting.earnings_plot(year.by_month, url=trace),
        presenting.mix_plot(year.by_funder, url=trace),
    )
    coming = ActorRatio.objects.visible_to(request.principal).filter(pk=actor.pk).first()
    # The delay is the night's; until the first night, that of now.
    ratio = year.ratio(coming.days_to_payment) if coming else figures.ratio(actor.pk)
    qualified = Actor.objects.filter(pk=actor.pk).first()
    context = {
        "qualified": qualified,
        "renews": qualified is not None and may_renew(qualified) and request.principal.role in EDITS_SITES,
        "ratio": ratio,
        "missing": max(0, figures.RATIO_LOW_CENTS - ratio.earned_cents),
        "coming": coming,
        "owed": owed_to(actor_id=actor.pk, principal=request.principal),
        "low": figures.RATIO_LOW_CENTS,
        "high": figures.RATIO_HIGH_CENTS,
        "plots": [plot for plot in plots if plot],
        "payouts": payouts.order_by("-cutoff", "id")[:6],
        "trace": trace,
    }
    return TemplateResponse(request, "impact/actor_home.html", context)


def _alarm(proof: Proof | None) -> list[ProofLine]:
    """The first accounts that the last proof found to differ."""
    if proof is None or not proof.differences:
        return []
    return list(ProofLine.objects.filter(proof=proof).exclude(ledger_cents=F("counted_cents")).order_by("pk")[:5])
