"""The citizen's pages: what is left on a booklet, and the nearest places. No account, no script, nothing personal.

Opening a link never redeems. False codes are counted per address, as nobody may try codes here for free; when nobody
can count, look-ups stop. Pages that bear a code are kept by no cache and named to no other site.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from aptic.accounts.throttle import client_address
from aptic.spaces import public
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.territories.models import Commune
from passes import codes, guessing
from passes.balance import Balance, balance_of, nearest, sites_for
from passes.catalogue import service_name
from passes.errors import CodeUnknown
from passes.guessing import PublicLookupsStopped
from passes.views.cards import card
from passes.views.where import Where, read_where

MOST_TYPED = 512
ASK = "passes/citizen/ask.html"


@require_http_methods(["GET", "HEAD", "POST"])
@public
def balance(request: HttpRequest) -> HttpResponse:
    """Ask for a code; given one, show what is left. A POST, so that the code stands in no address and no log."""
    typed = request.POST.get("code", "")[:MOST_TYPED]
    if not typed.strip():
        return _page(request, ASK, {"typed": "", "error": None})
    return _answer(request, typed, request.POST.get("place", ""))


@require_safe
@public
def pass_page(request: HttpRequest, text: str, signed: str = "") -> HttpResponse:
    """Where the square of a pass leads. The signature is for counters without a network; the code says enough here."""
    return _answer(request, text[:MOST_TYPED], request.GET.get("place", ""))


def _answer(request: HttpRequest, typed: str, place: str) -> HttpResponse:
    """The balance behind a typed code, or a sentence that says what to do."""
    address = client_address(request)
    try:
        if guessing.is_blocked("address", address):
            return _too_many(request)
        code = codes.parse(typed)
        if code is None:
            guessing.note_failure("address", address)
            return _page(request, ASK, {"typed": typed, "error": _what_is_wrong(typed)}, status=404)
        found = balance_of(code, at=timezone.now())
    except PublicLookupsStopped:
        return _page(request, "passes/citizen/stopped.html", {"phone": _operator_phone()}, status=503, retry_after=120)
    except CodeUnknown:
        return _page(request, ASK, {"typed": typed, "error": _no_booklet(code)}, status=404)
    where = read_where(place)
    context = {
        "balance": found,
        "code": codes.encode(code.serial, code.version),
        "booklet": found.passes,
        "services": [service_name(pk) for pk in found.services],
        **_places(found, where),
    }
    return _page(request, "passes/citizen/balance.html", context)


def _places(found: Balance, where: Where) -> dict[str, Any]:
    """The nearest sites around the typed place, else around whoever handed the booklet out."""
    centre, label = where.centre, where.label
    if not where.typed and found.around:
        centre = Commune.objects.filter(pk=found.around).first()
        label = centre.name if centre else ""
    near = nearest(sites_for(found.scope), centre) if centre else []
    cards = [card(one.site, km=one.distance_km, only=found.services) for one in near]
    return {"where": where, "around": label, "near": cards}


def _what_is_wrong(typed: str) -> str:
    """What one sees without knowing the code: how many characters there are, which of them no code has."""
    read = codes.normalise(typed)
    strange = sorted({letter for letter in read if letter not in codes.ALPHABET})
    if strange:
        return f"Un code n’a que des lettres sans accent et des chiffres, et jamais : {' '.join(strange[:6])}."
    if len(read) != codes.LENGTH:
        count = f"il y en a {len(read)}" if len(read) > 1 else "il en manque"
        return f"Un code a seize caractères ; ici, {count}."
    return "Ces seize caractères ne forment pas un code : l’un d’eux est sans doute mal lu."


def _no_booklet(code: codes.Code) -> str:
    """A genuine code that no booklet answers to."""
    if code.is_training:
        return "C’est un code d’entraînement : il sert aux lieux pour apprendre, et ne vaut pas d’argent."
    return "Ce code est bien écrit, mais son carnet n’est pas encore enregistré. Réessayez demain."


def _too_many(request: HttpRequest) -> HttpResponse:
    wait = guessing.LIMITS["address"].period
    response = TemplateResponse(request, "429.html", {"retry_after": 0}, status=429)
    return _sealed(response, retry_after=wait)


def _operator_phone() -> str:
    operator = Organisation.objects.with_hat(Hat.OPERATOR).only("phone").first()
    return operator.phone if operator else ""


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200, retry_after: int = 0
) -> HttpResponse:
    response = TemplateResponse(request, template, context, status=status)
    return _sealed(response, retry_after=retry_after)


def _sealed(response: HttpResponse, *, retry_after: int = 0) -> HttpResponse:
    """A page that may bear a code: kept nowhere, told to nobody, listed by no search engine."""
    response["Cache-Control"] = "no-store"
    # The host alone, never the address that holds a code. Not `no-referrer`: a form sent from such a page bears
    # `Origin: null`, which the CSRF check must refuse.
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response
