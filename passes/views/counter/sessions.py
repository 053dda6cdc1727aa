"""Sessions at the counter: open one, scan the participants' passes one after the other, remove a slip, close it."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from actors.models import Site
from aptic.errors import DomainError
from aptic.forms import DateField, DomainForm
from aptic.vocabulary.models import Service
from passes import attendance
from passes import sessions as services
from passes.errors import SessionNotOpen
from passes.models import Session
from passes.models.sessions import LONGEST, SHORTEST
from passes.views.counter.lines import Line, dress
from passes.views.counter.looking import look_at, take
from passes.views.counter.refusing import refused
from passes.views.till import at_till, counter_page
from passes.views.typed import not_stored

MOST = 50  # sessions of the list
View = Callable[..., HttpResponse]


class SessionForm(DomainForm):
    """What a session is; each answer has one already, so that a workshop opens in two touches."""

    service = forms.ModelChoiceField(queryset=Service.objects.none(), label="Service", empty_label=None)
    held_on = DateField(label="Jour")
    minutes = forms.IntegerField(
        label="Durée, en minutes",
        min_value=SHORTEST,
        max_value=LONGEST,
        step_size=5,
        widget=forms.NumberInput(attrs={"class": "w-1"}),
    )
    kind = forms.ChoiceField(label="Forme", choices=Session.Kind.choices, widget=forms.RadioSelect)
    mode = forms.ChoiceField(label="Où", choices=Session.Mode.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, place: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Service.objects.filter(active=True).order_by("position")
        field: Any = self.fields["service"]
        field.queryset = known
        field.choices = [
            (one.pk, one.name) for one in sorted(known, key=lambda service: service.pk not in place.services)
        ]


def in_session(view: View) -> View:
    """Call `view(request, place, session)` with a session of this site, which every state then stays in; 404 else."""

    @wraps(view)
    def inner(request: HttpRequest, place: Site, session: uuid.UUID, **more: Any) -> HttpResponse:
        found = get_object_or_404(_here(request, place), pk=session)
        request.held_session = found  # type: ignore[attr-defined]
        return view(request, place, found, **more)

    return inner


@require_http_methods(["GET", "POST"])
@at_till
def sessions(request: HttpRequest, place: Site) -> HttpResponse:
    """Those of this site, the open ones first, and the form that opens another."""
    initial = {"held_on": timezone.localdate(), "minutes": 120, "kind": "group", "mode": "site"}
    form = SessionForm(request.POST or None, place=place, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            opened = services.open_session(
                till=request.till,  # type: ignore[attr-defined]
                service_id=values.pop("service").pk,
                **values,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("counter_session", place.actor_id, place.pk, opened.pk)
    found = sorted(_here(request, place).order_by("-opened_at", "pk")[:MOST], key=lambda one: not one.is_open)
    counted = services.counted_by_session(found)
    context = {
        "section": "sessions",
        "form": form,
        "sessions": [{"one": one, "counted": counted.get(one.pk, (0, 0))} for one in found],
    }
    status = 422 if form.errors else 200
    return counter_page(request, "passes/counter/sessions.html", place, context, status=status)


@require_http_methods(["GET", "POST"])
@not_stored
@at_till
@in_session
def session(request: HttpRequest, place: Site, session: Session) -> HttpResponse:
    """The list as it grows, and the next code; given one, the pass as at the counter."""
    typed = request.POST.get("code", "")
    if typed and session.is_open:
        return look_at(request, place, typed)
    if typed:
        return refused(request, place, SessionNotOpen())
    lines = dress(request, list(services.slips_of(session).reverse()))
    live = [line for line in lines if line.is_live]
    just = _just(lines, request.GET.get("fait"))
    context = {
        "lines": lines,
        "live": live,
        "cents": sum(line.one.value_cents for line in live),
        "booklets": len({line.one.pass_id >> 4 for line in live}),
        "just": just,
        "just_cents": sum(line.one.value_cents for line in just),
        "gone": _just(lines, request.GET.get("retire")),
        "job": attendance.sheet_jobs(session).first(),
    }
    return counter_page(request, "passes/counter/session.html", place, context)


@require_POST
@not_stored
@at_till
@in_session
def take_in(request: HttpRequest, place: Site, session: Session) -> HttpResponse:
    """Redeem what is on the table, in this session."""
    return take(request, place, session)


@require_POST
@at_till
@in_session
def close(request: HttpRequest, place: Site, session: Session) -> HttpResponse:
    """Close it; then its page, where the sheet is made."""
    services.close_session(session_id=session.pk, till=request.till)  # type: ignore[attr-defined]
    return redirect("counter_session", place.actor_id, place.pk, session.pk)


def _here(request: HttpRequest, place: Site) -> Any:
    mine = Session.objects.visible_to(request.principal).filter(site_id=place.pk)  # type: ignore[attr-defined]
    return mine.select_related("service", "sheet", "site__commune")


def _just(lines: list[Line], key: str | None) -> list[Line]:
    """The line of that id, and what was taken with it in one go."""
    first = next((line.one for line in lines if key and str(line.one.pk) == key), None)
    if first is None:
        return []
    return [line for line in lines if _together(line, first)]


def _together(line: Line, first: Any) -> bool:
    return (line.one.pass_id >> 4, line.one.accounted_at) == (first.pass_id >> 4, first.accounted_at)
