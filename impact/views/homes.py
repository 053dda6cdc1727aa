"""The first page of each space: where each euro is, how far the passes went, who earns what."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from actors.models import Payout, Settlement
from aptic.ledger.models import Proof, ProofLine
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from funders.models import Campaign
from impact import figures, presenting


@require_GET
@space(Hat.OPERATOR)
def operator_home(request: HttpRequest) -> HttpResponse:
    """The operator: the scheme in one page."""
    money, proof = figures.money(), Proof.objects.first()
    context = {
        "alarm": _alarm(proof),
        "tiles": presenting.money_tiles(money),
        "segments": presenting.money_segments(money),
        "steps": presenting.steps(figures.usage()),
        "ratio": figures.ratio(),
        "ratios": figures.ratios(),
        "low": figures.RATIO_LOW_CENTS,
        "high": figures.RATIO_HIGH_CENTS,
        "proof": proof,
        "settlements": Settlement.objects.all()[:5],
    }
    return TemplateResponse(request, "impact/operator_home.html", context)


@require_GET
@space(Hat.FUNDER)
def funder_home(request: HttpRequest) -> HttpResponse:
    """A funder: where its money is, and its campaigns."""
    funder = request.organisation  # type: ignore[attr-defined]
    money = figures.money(funder.pk)
    context = {
        "tiles": presenting.money_tiles(money),
        "segments": presenting.money_segments(money),
        "steps": presenting.steps(figures.usage(funder_id=funder.pk)),
        "campaigns": Campaign.objects.visible_to(request.principal)[:20],  # type: ignore[attr-defined]
        "proof": Proof.objects.first(),
    }
    return TemplateResponse(request, "impact/funder_home.html", context)


@require_GET
@space(Hat.ACTOR)
def actor_home(request: HttpRequest) -> HttpResponse:
    """An actor: its ratio, what it is owed, and its last payments."""
    actor = request.organisation  # type: ignore[attr-defined]
    context = {
        "ratio": figures.ratio(actor.pk),
        "low": figures.RATIO_LOW_CENTS,
        "high": figures.RATIO_HIGH_CENTS,
        "payouts": Payout.objects.visible_to(request.principal).select_related("settlement")[:6],  # type: ignore[attr-defined]
    }
    return TemplateResponse(request, "impact/actor_home.html", context)


def _alarm(proof: Proof | None) -> list[ProofLine]:
    """The first accounts that the last proof found to differ."""
    if proof is None or not proof.differences:
        return []
    return list(ProofLine.objects.filter(proof=proof).exclude(ledger_cents=F("counted_cents")).order_by("pk")[:5])
