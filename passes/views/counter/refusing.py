"""The refused state of the counter: why, what to do next, whom to call, where else; and the same list for scripts."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from actors.models import Site
from aptic.errors import DomainError
from passes import codes
from passes.codes import Code
from passes.errors import CodeUnknown, RealPass, Refused, TooManyAttempts, TrainingCode
from passes.guidance import Guidance, guide
from passes.refusals import constants
from passes.views.cards import card
from passes.views.till import counter_page

HOUR = 3600  # seconds


def refused(
    request: HttpRequest,
    place: Site,
    error: DomainError,
    *,
    code: Code | None = None,
    typed: str = "",
    taken: Sequence[uuid.UUID] = (),
    beside: Guidance | None = None,
    **more: Any,
) -> HttpResponse:
    """One refusal as a state of its own; `taken`: the attempts of the same go that were taken all the same.

    A code that is not genuine comes back in its field, to be corrected.
    """
    context = {
        **explained(request, error, code, beside),
        "typed": typed if type(error) is CodeUnknown else "",
        "taken": taken,
        "too_many": isinstance(error, TooManyAttempts),
        "to_training": isinstance(error, TrainingCode),
        "to_counter": isinstance(error, RealPass),
        **more,
    }
    return counter_page(request, "passes/counter/refused.html", place, context, status=error.status)


def explained(
    request: HttpRequest, error: DomainError, code: Code | None, beside: Guidance | None = None
) -> dict[str, Any]:
    """What `_refusal.html` says of one refusal, and the nearest sites."""
    if beside is None:
        known = None if code is None or code.is_training else code  # a training code bears the serial of a real pass
        till = request.till  # type: ignore[attr-defined]
        beside = guide(error.reason, till, known) if isinstance(error, Refused) else Guidance()
    return {
        "error": error,
        "beside": beside,
        "name": codes.short(code.serial, code.version) if code else "",
        "near": [card(one.site, km=one.distance_km) for one in beside.nearest],
    }


@require_safe
@login_not_required
@cache_control(public=True, max_age=HOUR)
@conditional_page
def refusal_list(request: HttpRequest) -> HttpResponse:
    """Every refusal in the words of the pages, for the browser's own script; it only changes with a release."""
    return JsonResponse({"refusals": constants()})


refusal_list.door = "public"  # type: ignore[attr-defined]  # asks the database for nothing, so opens no transaction
