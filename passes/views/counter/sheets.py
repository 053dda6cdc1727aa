"""The attendance sheet of a session at the counter: a worker makes it, the device that has no account takes it."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from actors.models import Site
from aptic.audit.services import record
from aptic.documents import services as documents
from passes import attendance
from passes.models import Session
from passes.views.counter.sessions import in_session
from passes.views.till import at_till


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_till
@in_session
def sheet(request: HttpRequest, place: Site, session: Session) -> HttpResponse:
    """POST: have it made. GET: where that stands, for the page that waits; the session's page to everybody else."""
    if request.method == "POST":
        attendance.request_sheet(session=session)
    if request.method == "POST" or not request.htmx:  # type: ignore[attr-defined]
        return redirect("counter_session", place.actor_id, place.pk, session.pk)
    context = {"site": place, "held_session": session, "job": attendance.sheet_jobs(session).first()}
    return TemplateResponse(request, "passes/counter/_sheet.html", context)


@require_safe
@at_till
@in_session
def file(request: HttpRequest, place: Site, session: Session) -> HttpResponseBase:
    """The sheet as it was last made."""
    found = session.sheet
    if found is None:
        raise Http404
    content = documents.chunks(found)
    record(verb="document_downloaded", target=found, organisation_id=place.actor_id)
    response = StreamingHttpResponse(content, content_type=found.media_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
