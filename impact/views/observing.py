"""The effect of a help, noted at the counter: a part of the receipt, and where its form goes."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from actors.models import Site
from aptic.errors import DomainError
from impact import observing
from impact.models import QUESTIONS, Observation
from passes.models import Redemption
from passes.views.counter.asides import on_receipt
from passes.views.counter.lines import history
from passes.views.till import at_till


@on_receipt
def questions(request: HttpRequest, place: Site, redemption: Redemption) -> dict[str, Any] | None:
    """The questions about this redemption with what was answered; None once they can no longer be."""
    if not observing.may_observe(redemption, at=timezone.now()):
        return None
    noted = Observation.objects.filter(pk=redemption.pk).first()
    asked = [
        {
            "name": name,
            "label": Observation._meta.get_field(name).verbose_name,
            "choices": observing.CHOICES[name].choices,
            "chosen": getattr(noted, name, ""),
        }
        for name in QUESTIONS
    ]
    return {"template": "impact/_observe.html", "redemption": redemption, "questions": asked, "noted": noted}


@require_POST
@at_till
def observe(request: HttpRequest, place: Site, redemption: uuid.UUID) -> HttpResponse:
    """Note the answers; a script hears one word, a page goes back to the receipt."""
    stored = get_object_or_404(history(request, place).accepted(), pk=redemption)
    try:
        noted = observing.observe(redemption=stored, answers=request.POST.dict())
        words = "C’est noté." if noted else "Rien n’est noté."
        if not request.htmx:  # type: ignore[attr-defined]
            messages.success(request, words)
    except DomainError as error:
        words = f"{error.text} {error.next_step}"
        if not request.htmx:  # type: ignore[attr-defined]
            messages.error(request, words)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    return redirect("counter_done", place.actor_id, place.pk, stored.pk)
