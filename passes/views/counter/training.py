"""The counter in training: the same states under a band, for training codes alone; what was taken is in the session."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.models import Site
from aptic.documents.qr import svg_data_uri
from aptic.vocabulary.models import Service
from passes import codes, training
from passes.codes import Code
from passes.errors import Refused
from passes.guidance import Contact, Guidance
from passes.refusals import Refusal
from passes.training import DAYS, VALUE_CENTS
from passes.views.counter.looking import MOST_PASSES, Drawn
from passes.views.counter.refusing import refused
from passes.views.till import at_till, counter_page
from passes.views.typed import genuine, not_stored

AROUND: dict[str, Any] = {
    "address": {"look": "training", "take": "training_take"},
    "training": True,
    "section": "training",
}
CALL = Contact("Ici s’affiche qui appeler, avec son numéro.", "")
TAKEN, LAST = "training_taken", "training_last"  # keys of the session


@dataclass(frozen=True, slots=True)
class Presented:
    """One training pass on the table, in the shape of a real one."""

    code: str
    attempt: uuid.UUID
    serial: int


@require_http_methods(["GET", "POST"])
@not_stored
@at_till
def look(request: HttpRequest, place: Site) -> HttpResponse:
    """Ask for a training code; given one, show what would be taken."""
    typed = request.POST.get("code", "")
    if not typed:
        return counter_page(request, "passes/counter/ask.html", place, {**AROUND, "today": None})
    code = codes.parse(typed)
    try:
        fresh = _checked(request, typed)
        if reason := training.refusal(fresh, _taken(request), now=timezone.now()):
            raise Refused(reason)
    except Refused as error:
        return _refused(request, place, error, code, typed=typed)
    return _shown(request, place, fresh)


@require_POST
@not_stored
@at_till
def take(request: HttpRequest, place: Site) -> HttpResponse:
    """Take what is on the table, in the session alone."""
    service = _service(request)
    found = [code for text in request.POST.getlist("code")[:MOST_PASSES] if (code := codes.parse(text))]
    now, taken = timezone.now(), _taken(request)
    try:
        wanted = [training.check(code) for code in found]
        for code in wanted if service else ():
            if reason := training.refusal(code, taken, service_id=service.pk, now=now):
                return _refused(request, place, Refused(reason), code)
    except Refused as error:
        return _refused(request, place, error, found[0])
    if not wanted or service is None:
        return redirect("training", organisation=place.actor_id, site=place.pk)
    taken |= {code.serial: now for code in wanted}
    request.session[TAKEN] = {str(serial): moment.isoformat() for serial, moment in taken.items()}
    request.session[LAST] = {"serials": [code.serial for code in wanted], "service": service.name}
    return redirect("training_done", organisation=place.actor_id, site=place.pk)


@require_safe
@at_till
def done(request: HttpRequest, place: Site) -> HttpResponse:
    """The receipt of what was taken last in this training, with the way to undo it."""
    last = request.session.get(LAST)
    if not last:
        return redirect("training", organisation=place.actor_id, site=place.pk)
    serials, taken = last["serials"], _taken(request)
    live = [serial for serial in serials if serial in taken]
    drawn = training.drawn(serials[0] >> 4, taken)
    context = {
        **AROUND,
        "live": live,
        "cents": VALUE_CENTS * len(live or serials),
        "name": codes.short(serials[0], codes.TRAINING_VERSION),
        "service": last["service"],
        "left": sum(state == "alive" for state in drawn.values()),
    }
    return counter_page(request, "passes/counter/training_done.html", place, context)


@require_POST
@at_till
def undo(request: HttpRequest, place: Site) -> HttpResponse:
    """Give back what was taken last."""
    gone = {str(serial) for serial in request.session.get(LAST, {}).get("serials", ())}
    kept = request.session.get(TAKEN, {})
    request.session[TAKEN] = {serial: moment for serial, moment in kept.items() if serial not in gone}
    return redirect("training_done", organisation=place.actor_id, site=place.pk)


@require_safe
@not_stored
@at_till
def booklet(request: HttpRequest, place: Site) -> HttpResponse:
    """The training booklet, to print or to scan from another screen."""
    passes = [{"one": one, "qr": svg_data_uri(one.text)} for one in training.booklet(place.pk)]
    return counter_page(request, "passes/counter/training_booklet.html", place, {**AROUND, "passes": passes})


def _shown(request: HttpRequest, place: Site, fresh: Code) -> HttpResponse:
    """The passes on the table: this one, and those of its booklet that were there."""
    kept = [code for text in request.POST.getlist("kept")[:MOST_PASSES] if (code := codes.parse(text))]
    same = [one for one in kept if one.is_training and one.booklet_id == fresh.booklet_id and one != fresh]
    table = [Presented(codes.encode(one.serial, one.version), uuid.uuid4(), one.serial) for one in (*same, fresh)]
    drawn, now = training.drawn(fresh.booklet_id, _taken(request)), {one.serial & 15 for one in table}
    services = Service.objects.filter(active=True).order_by("position")
    context = {
        **AROUND,
        "table": table,
        "view": {"campaign_name": "Opération d’entraînement"},
        "cents": VALUE_CENTS * len(table),
        "last_day": timezone.localdate() + timedelta(days=DAYS),
        "booklet": [Drawn(number, "now" if number in now else state) for number, state in drawn.items()],
        "services": sorted(services, key=lambda service: service.pk not in place.services),
        "chosen": None,
        "error": None,
        "left_aside": bool(kept) and not same and fresh not in kept,
    }
    return counter_page(request, "passes/counter/confirm.html", place, context)


def _refused(request: HttpRequest, place: Site, error: Refused, code: Code | None, *, typed: str = "") -> HttpResponse:
    """The same state as at the counter; nobody is to be called."""
    when = _taken(request).get(code.serial) if code and error.reason == Refusal.ALREADY_REDEEMED else None
    beside = Guidance(when=when, where=place if when else None, call=CALL)
    return refused(request, place, error, code=code, typed=typed, beside=beside, **AROUND)


def _checked(request: HttpRequest, typed: str) -> Code:
    """A training code; false ones are counted as at the counter, or this would be the place to guess."""
    return training.check(genuine(request, typed))


def _taken(request: HttpRequest) -> dict[int, datetime]:
    """When each training pass was taken in this session."""
    kept = request.session.get(TAKEN, {})
    return {int(serial): datetime.fromisoformat(moment) for serial, moment in kept.items()}


def _service(request: HttpRequest) -> Service | None:
    typed = request.POST.get("service", "")
    known = typed.isdecimal() and len(typed) < 6
    return Service.objects.filter(pk=int(typed), active=True).first() if known else None
