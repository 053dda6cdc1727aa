"""From a code to an answer: look up, show what will be taken, choose the service, confirm.

Several passes of one booklet are taken in one go when each of them was presented: the form carries their codes and the
id of each attempt. A pass of another booklet replaces what was shown, whether it is valid or not, and the page says so.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from actors.models import Site
from aptic.compression import compressed
from aptic.vocabulary.models import Service
from passes import codes, redemption, rules
from passes.codes import Code
from passes.errors import CoverShown, IdReused, Refused, TrainingCode
from passes.models import Pass, Session
from passes.redemption import Attempt, Outcome, View
from passes.views.counter.day import totals
from passes.views.counter.refusing import explained, refused
from passes.views.till import at_till, counter_page
from passes.views.typed import genuine, not_stored

MOST_PASSES = 15  # of one booklet


@dataclass(frozen=True, slots=True)
class Presented:
    """One pass on the table: its code as the form carries it, the id of its attempt, and what the till sees of it."""

    code: str
    attempt: uuid.UUID
    serial: int
    view: View


@dataclass(frozen=True, slots=True)
class Drawn:
    """One small ticket of the booklet's row."""

    number: int
    state: str


@require_http_methods(["GET", "POST"])
@compressed
@not_stored
@at_till
def counter(request: HttpRequest, place: Site) -> HttpResponse:
    """Ask for a code; given one, show the pass and what would be taken."""
    if typed := request.POST.get("code", ""):
        return look_at(request, place, typed)
    today = totals(request, place, timezone.localdate())
    return counter_page(request, "passes/counter/ask.html", place, {"today": today})


def look_at(request: HttpRequest, place: Site, typed: str) -> HttpResponse:
    """The pass behind a code, beside those that were on the table, or why it would be refused."""
    kept, gone = _kept(request, place)
    try:
        fresh = _look(request, place, typed)
    except Refused as error:
        code = codes.parse(typed)
        if not kept or _of_another(code, kept[0]):  # somebody else's pass is not left one touch away from being taken
            return refused(request, place, error, code=code, typed=typed, left_aside=bool(kept))
        return _shown(request, place, kept, gone=gone, refusal=explained(request, error, code), status=error.status)
    same = [one for one in kept if one.serial >> 4 == fresh.serial >> 4 and one.serial != fresh.serial]
    aside = bool(kept) and not same and kept[0].serial != fresh.serial
    return _shown(request, place, [*same, fresh], gone=gone, left_aside=aside)


@require_POST
@not_stored
@at_till
def confirm(request: HttpRequest, place: Site) -> HttpResponse:
    """Redeem what is on the table for the service chosen; then show the answer."""
    return take(request, place)


def take(request: HttpRequest, place: Site, session: Session | None = None) -> HttpResponse:
    """The same, in a session or in none; a redirect to the receipt, or to the session whose list has grown."""
    service = Service.objects.filter(pk=_number(request.POST.get("service")), active=True).first()
    attempts = _attempts(request, service, session) if service else []
    where = [place.actor_id, place.pk]
    if service is None or not attempts:
        return redirect("counter_session", *where, session.pk) if session else redirect("counter", *where)

    def work() -> list[Outcome]:
        redemption.present([one.code for one in attempts], site_id=place.pk)
        return redemption.redeem(request.till, attempts)  # type: ignore[attr-defined]

    try:
        outcomes = redemption.once_more_if_raced(work)
    except IdReused as error:
        return refused(request, place, error)
    failed = [one for one in outcomes if one.error is not None]
    if failed:
        first, taken = failed[0], [one.attempt.id for one in outcomes if one.error is None]
        return refused(request, place, first.error, code=first.attempt.code, taken=taken)
    if session:
        return redirect(f"{reverse('counter_session', args=[*where, session.pk])}?fait={attempts[0].id}")
    request.session["counter_service"] = service.pk
    return redirect("counter_done", *where, attempts[0].id)


def _shown(
    request: HttpRequest, place: Site, table: list[Presented], *, refusal: dict[str, Any] | None = None,
    left_aside: bool = False, gone: Sequence[str] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The passes on the table, and the form that takes them; `refusal`: of one that was to join them; `gone`: the names
    of those that were there and are no longer to be taken.

    No other site would take that one: what depends on the place is the same for the whole booklet.
    """
    last = table[-1]
    context = {
        "table": table,
        "view": last.view,
        "cents": sum(one.view.value_cents for one in table),
        "last_day": last.view.facts.valid_until - rules.CLOCK_TOLERANCE,
        "booklet": _drawn(table),
        "services": _offered(place, last.view),
        "chosen": _proposed(request),
        "left_aside": left_aside,
        "gone": gone,
        **(refusal or {"error": None}),
    }
    return counter_page(request, "passes/counter/confirm.html", place, context, status=status)


def _look(request: HttpRequest, place: Site, typed: str, attempt: uuid.UUID | None = None) -> Presented:
    """The pass behind a typed code, if it would be taken here today; a refusal is kept. Raises Refused.

    `attempt`: that of a pass which was on the table already.
    """
    code = genuine(request, typed)
    if code.is_training:  # it bears the serial of somebody's pass
        raise TrainingCode
    if code.is_cover:
        raise CoverShown
    till = request.till  # type: ignore[attr-defined]
    redemption.present([code], site_id=till.site_id)
    view = redemption.look_up(till, code)
    now = timezone.now()
    if reason := view.refusal(None, now):
        if attempt is None and (services := _offered(place, view)):
            known = _proposed(request)
            proposed = next((one for one in services if one.pk == known), services[0])
            redemption.note_refusal(till, code, view, reason, service_id=proposed.pk, at=now)
        raise Refused(reason)
    return Presented(codes.encode(code.serial, code.version), attempt or uuid.uuid4(), code.serial, view)


def _kept(request: HttpRequest, place: Site) -> tuple[list[Presented], list[str]]:
    """What was on the table before this code, and the names of what is no longer to be taken."""
    kept, gone = [], []
    for text, attempt in _pairs(request, "kept"):
        try:
            kept.append(_look(request, place, text, attempt))
        except Refused:
            gone.append(codes.normalise(text)[: codes.SHORT])
    return kept, gone


def _of_another(code: Code | None, one: Presented) -> bool:
    """Is it known to be of another booklet? A training code bears the serial of somebody's pass."""
    return code is not None and (code.is_training or code.booklet_id != one.serial >> 4)


def _proposed(request: HttpRequest) -> int | None:
    """The service of the session, or the one used last at this counter."""
    session = getattr(request, "held_session", None)
    return session.service_id if session else request.session.get("counter_service")


def _attempts(request: HttpRequest, service: Service, session: Session | None) -> list[Attempt]:
    """The attempts that the form asks for; empty when a code of it is not genuine."""
    now, found = timezone.now(), []
    for text, attempt in _pairs(request, "code"):
        code = codes.parse(text)
        if code is None or code.is_training:
            return []
        found.append(Attempt(attempt, code, service.pk, now, session=session.pk if session else None))
    return found


def _pairs(request: HttpRequest, name: str) -> list[tuple[str, uuid.UUID]]:
    """The codes of the form with the id of each one's attempt."""
    texts, attempts = request.POST.getlist(name), request.POST.getlist("attempt")
    attempts += [""] * (len(texts) - len(attempts))
    return [(text, _uuid(one)) for text, one in zip(texts, attempts, strict=False)][:MOST_PASSES]


def _drawn(table: list[Presented]) -> list[Drawn]:
    states = {Pass.State.OPEN: "alive", Pass.State.BLOCKED: "no"}
    first, now = table[0].serial >> 4 << 4, {one.serial for one in table}
    redemption.present([Code(0, one.serial) for one in table])
    rows = Pass.objects.filter(pk__range=(first, first + 15)).values_list("pk", "state")
    return [Drawn(pk & 15, "now" if pk in now else states.get(Pass.State(state), "used")) for pk, state in rows]


def _offered(place: Site, view: View) -> list[Service]:
    """What this pass pays, the site's own services first."""
    services = Service.objects.filter(active=True).order_by("position")
    if view.facts.services:
        services = services.filter(pk__in=view.facts.services)
    return sorted(services, key=lambda service: service.pk not in place.services)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else 0


def _uuid(text: str) -> uuid.UUID:
    """The attempt's id from the form; a damaged one becomes a new attempt, which the pass's own row protects."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
