"""Public counters: figures anybody can add up, whether the books agree, and the way of all the money."""

from datetime import datetime
from textwrap import wrap
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from aptic.audit.models import Head
from aptic.ledger.kinds import AccountKind
from aptic.spaces import public
from impact import presenting, public_trail
from impact.publishing import latest


@require_GET
@public
def transparency(request: HttpRequest) -> HttpResponse:
    """What was funded, issued, handed out, used, paid, expired; and whether the books agree."""
    publication, head = latest(), Head.objects.first()
    figures = publication.figures if publication else {}
    context = {
        "publication": publication,
        "steps": presenting.public_steps(figures.get("usage") or {}),
        "tiles": presenting.public_tiles(figures),
        "plots": presenting.public_plots(figures),
        "proof": _proof(figures.get("proof")),
        "head": head,
        # In groups of eight, so that it folds on a phone and is read aloud to somebody.
        "fingerprint": " ".join(wrap(bytes(head.hash).hex(), 8)) if head else "",
    }
    return TemplateResponse(request, "impact/transparency.html", context)


@require_GET
@public
def trail(request: HttpRequest) -> HttpResponse:
    """« Suivre cet euro » for everybody: all the money, from what was entrusted to what reached an actor's bank."""
    publication = latest()
    figures = publication.figures if publication else {}
    path, beside = (public_trail.steps(figures, which) for which in (public_trail.PATH, public_trail.BESIDE))
    context = {
        "publication": publication,
        "path": path,
        "beside": beside,
        "every": [{**one, "step_url": public_trail.trail_url(one["anchor"])} for one in (*path, *beside)],
        "sums": public_trail.sums(figures),
    }
    return TemplateResponse(request, "impact/public_trail.html", context)


def _proof(published: dict[str, Any] | None) -> dict[str, Any] | None:
    """The last proof, each kind of account with its words."""
    if not published:
        return None
    labels = {**dict(AccountKind.choices), "purse": "Disponible par cantonnement"}
    order = list(labels)
    found = sorted(published.get("kinds", []), key=lambda row: order.index(row[0]) if row[0] in labels else len(order))
    kinds = [(labels.get(kind, kind), compared, agree) for kind, compared, agree in found]
    return {**published, "at": datetime.fromisoformat(published["at"]), "kinds": kinds}
