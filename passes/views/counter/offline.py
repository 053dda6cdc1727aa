"""What lets a paired device go on without a network."""

import hashlib
import json

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.models import Site
from passes.knowledge import knowledge as known_at
from passes.views.till import at_till, device_of

CLOCK = "Aptic-Instant"


@require_safe
@at_till
def knowledge(request: HttpRequest, place: Site) -> HttpResponse:
    """What this device may know of the passes presented here; 304 while nothing changed, with the server's clock."""
    token = _device_only(request)
    now = timezone.now()
    body = json.dumps(known_at(place, token, at=now), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"], response[CLOCK], response["Cache-Control"] = tag, now.isoformat(), "private, no-cache"
    return response


def _device_only(request: HttpRequest) -> bytes:
    """The digest of the device's token. Raises PermissionDenied for a person: a passer-by's browser keeps nothing."""
    token = device_of(request)
    if request.till.device_id is None or token is None:  # type: ignore[attr-defined]
        raise PermissionDenied
    return token
