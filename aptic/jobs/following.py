"""Long work on the page that started it: the POST comes back to that page, which shows the bar, then the result.

return back_to(job, "funder_report", organisation, campaign)      # after the POST
context["job"] = followed(request, REPORT, campaign=campaign)     # and components/work.html in the page
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from aptic.ids import parse_uuid
from aptic.jobs.models import Job

ASKED = "travail"  # components/job.html writes it too


def back_to(job: Job, page: str, *args: object) -> HttpResponse:
    """Return to `page`, which names the work in its address: its end is shown there too, and after a reload."""
    return redirect(reverse(page, args=args, query={ASKED: job.pk}))


def followed(request: HttpRequest, kind: str, **params: object) -> Job | None:
    """The work of this kind on these parameters that the page shows: the one of its address, else one under way.

    Only what the principal of the page may see.
    """
    wanted: dict[str, Any] = {f"params__{name}": str(value) for name, value in params.items()}
    seen = Job.objects.visible_to(request.principal).filter(kind=kind, **wanted)  # type: ignore[attr-defined]
    if asked := request.GET.get(ASKED):
        named = parse_uuid(asked)
        return seen.filter(pk=named).first() if named else None
    return seen.live().first()
