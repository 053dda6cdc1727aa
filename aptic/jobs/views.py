"""The page of a piece of work: its progress, then its result; the same address answers a fragment to htmx."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aptic.accounts.principals import find_as_member, principal_for
from aptic.accounts.second_factor import check_second_factor
from aptic.jobs import services
from aptic.jobs.models import Job
from aptic.jobs.rules import time_left
from aptic.spaces import personal
from aptic.tenancy.principal import Principal, acting


@never_cache
@require_safe
@personal
def show(request: HttpRequest, job: uuid.UUID) -> HttpResponse:
    """Progress and result, for who started the work and for the members of its organisation."""
    found, principal = _find(request, job)
    left = time_left(done=found.done, total=found.total, started_at=found.started_at, now=timezone.now())
    context = {
        "job": found,
        "minutes_left": left and max(1, round(left.total_seconds() / 60)),
        "may_steer": services.steers(found, principal),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "jobs/job.html", context)
    response = render(request, "components/job.html", context)
    if found.is_finished:
        response["HX-Refresh"] = "true"  # the page that waits shows the result in its own words
    return response


@require_POST
@personal
def cancel(request: HttpRequest, job: uuid.UUID) -> HttpResponse:
    """Stop the work, for who started it or could have; what is done stays done."""
    found, principal = _find(request, job)
    with acting(principal):
        services.cancel(job=found)
    messages.success(request, "Le travail est arrêté. Ce qui était fait reste fait.")
    return redirect("job", job=job)


@require_POST
@personal
def restart(request: HttpRequest, job: uuid.UUID) -> HttpResponse:
    """Take failed work up again where it stopped, for who started it or could have."""
    found, principal = _find(request, job)
    with acting(principal):
        services.restart(job=found)
    return redirect("job", job=job)


def _find(request: HttpRequest, job_id: uuid.UUID) -> tuple[Job, Principal]:
    """A job of one of the person's organisations, or their own, and as whom they see it; else Http404.

    Of several memberships that see it, the first that may steer it.
    """

    def look(principal: Principal) -> Job | None:
        return Job.objects.visible_to(principal).filter(pk=job_id).first()

    seen = find_as_member(request.user, look)
    for job, membership in sorted(seen, key=lambda one: not services.steers(one[0], principal_for(one[1]))):
        check_second_factor(request, membership)
        return job, principal_for(membership)
    own = look(request.principal)  # type: ignore[attr-defined]
    if own is None:
        raise Http404
    return own, request.principal  # type: ignore[attr-defined]
