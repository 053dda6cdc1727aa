"""The first page of the operator and of funders: where each euro is, how far the passes went, who earns what."""

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from actors.models import Settlement
from aptic.audit.models import Verification
from aptic.ledger.models import Proof, ProofLine
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Campaign, Order
from impact import figures, presenting, scheme
from impact.ratio import alerts
from passes.models import VoidRequest


@require_GET
@space(Hat.OPERATOR)
def operator_home(request: HttpRequest) -> HttpResponse:
    """The operator: the scheme in one page."""
    found, proof = scheme.read(), Proof.objects.first()
    proof_url = reverse("operator_proof", args=[request.organisation.pk])
    context = {
        "alarm": _alarm(proof),
        "verification": Verification.objects.first(),
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
        "to_undo": VoidRequest.objects.visible_to(request.principal).pending().order_by().count(),
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


def _alarm(proof: Proof | None) -> list[ProofLine]:
    """The first accounts that the last proof found to differ."""
    if proof is None or not proof.differences:
        return []
    return list(ProofLine.objects.filter(proof=proof).exclude(ledger_cents=F("counted_cents")).order_by("pk")[:5])
