"""The first page of the site: what a pass is, where to go, what is left, and what the money did."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from aptic import french
from aptic.spaces import public
from impact.public_trail import trail_url
from impact.publishing import latest


@require_safe
@public
def home(request: HttpRequest) -> HttpResponse:
    """For whoever opens the site: a citizen first, then those who hand out, help and fund."""
    publication = latest()
    figures = _figures(publication.figures) if publication else []
    return TemplateResponse(request, "public/home.html", {"figures": figures, "publication": publication})


def _figures(counted: dict[str, Any]) -> list[dict[str, str]]:
    """Published figures, one sentence each, each amount leading to its step of the public trail; what was suppressed is
    left out, and nothing entrusted says nothing."""
    money, usage, proof = (counted.get(part) or {} for part in ("money", "usage", "proof"))
    if not money.get("collected"):
        return []
    days = counted.get("days_to_payment")
    fast = f", en {french.days(days)} en moyenne" if days is not None else ""
    amounts = [
        (money["collected"], "confiés par les commanditaires", "confie"),
        (usage.get("used_cents"), "d’aide donnée dans un lieu, pass en main", "utilise"),
        (usage.get("paid_cents"), f"versés à celles et ceux qui aident{fast}", "verse"),
    ]
    shown = [
        {"value": french.euros(cents), "sentence": sentence, "url": trail_url(anchor)}
        for cents, sentence, anchor in amounts
        if cents is not None
    ]
    if proof:
        gaps, accounts = french.agree(proof["differences"], "écart"), french.plural(proof["accounts"], "compte")
        sentence = f"{gaps} entre {accounts} et ce qu’ils représentent"
        shown.append({"value": french.number(proof["differences"]), "sentence": sentence})
    return shown
