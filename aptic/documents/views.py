"""The only door to a stored file: permission, a line in the trail, and an answer that no cache keeps."""

import uuid

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from aptic.accounts.models import Membership
from aptic.accounts.principals import find_as_member, principal_for
from aptic.accounts.second_factor import check_second_factor
from aptic.audit.services import record
from aptic.documents import services
from aptic.documents.errors import DocumentWithheld
from aptic.documents.models import Document
from aptic.errors import NotAllowed
from aptic.spaces import personal
from aptic.tenancy.principal import acting

INLINE = frozenset({"application/pdf"})  # what a browser may show itself: never HTML or SVG that somebody uploaded


@require_safe
@personal
def download(request: HttpRequest, document: uuid.UUID) -> StreamingHttpResponse:
    """The file, for members of its owner or reader whose role allows it; 404 to everybody else."""
    found, membership = _find(request, document)
    check_second_factor(request, membership, always=found.encrypted)  # bearer codes, orders to a bank
    content = services.chunks(found)
    with acting(principal_for(membership)):
        record(verb="document_downloaded", target=found, organisation_id=membership.organisation_id)
    inline = request.GET.get("inline") == "1" and found.media_type in INLINE
    response = StreamingHttpResponse(content, content_type=found.media_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(not inline, found.filename) or "attachment"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _find(request: HttpRequest, document_id: uuid.UUID) -> tuple[Document, Membership]:
    """The document and the membership that opens it.

    Raises Http404, DocumentWithheld, or NotAllowed when only the role is missing.
    """
    seen = find_as_member(
        request.user, lambda principal: Document.objects.visible_to(principal).filter(pk=document_id).first()
    )
    if not seen:
        raise Http404
    for document, membership in seen:
        if document.withheld_from == membership.user_id:
            raise DocumentWithheld
        if not document.roles or membership.role in document.roles:
            return document, membership
    raise NotAllowed
