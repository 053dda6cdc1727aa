"""What lets a paired device go on without a network: what it may know, the page to open then, and the app around it."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.models import Site
from aptic.compression import compressed
from aptic.spaces import public
from aptic.static_files import COMMENTS
from passes.knowledge import knowledge as known_at
from passes.models import Session
from passes.views.counter.sessions import in_session
from passes.views.till import at_till, counter_page, device_of

CLOCK = "Aptic-Instant"
WORKER = Path(__file__).resolve().parents[2] / "static" / "counter" / "service-worker.js"
# What the counter's page asks for, and what it may ask for later without a network: all of our own modules but those of
# other pages, and the files of others that they name. Icons are the browser's to fetch, when it installs the app.
FOLDER = "counter"
FILES = (
    "aptic/aptic.css",
    "aptic/aptic.js",
    "aptic/icon.svg",
    "aptic/icons.svg",
    "django_htmx/htmx-2.min.js",
    "fonts/atkinson-hyperlegible-next-latin-400-normal.woff2",
    "fonts/atkinson-hyperlegible-next-latin-700-normal.woff2",
    "vendor/ed25519.js",
    "vendor/idb.js",
    "vendor/zxing.js",
    "vendor/zxing_reader.wasm",
)
NOT_KEPT = {f"counter/{name}.js" for name in ("service-worker", "stopped", "hand-in", "options")}


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


@require_safe
@compressed
@at_till
def shell(request: HttpRequest, place: Site) -> HttpResponse:
    """The counter's page with no pass on it, which the device keeps and opens when the server does not answer."""
    _device_only(request)
    return counter_page(request, "passes/counter/shell.html", place, {"outside": True})


@require_safe
@compressed
@at_till
@in_session
def session_shell(request: HttpRequest, place: Site, session: Session) -> HttpResponse:
    """The same page in an open session, for a tablet that loses its page and its network in a workshop."""
    if not session.is_open:
        raise Http404
    _device_only(request)
    return counter_page(request, "passes/counter/shell.html", place)


@require_safe
@compressed
@public
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker with the list of files to keep; another list or another worker is another version."""
    worker, files = re.sub(COMMENTS, "", WORKER.read_text(encoding="utf-8")), kept_files()
    version = hashlib.sha256((worker + "".join(files)).encode()).hexdigest()[:12]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n"
    return HttpResponse(head + worker, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
@public
def manifest(request: HttpRequest) -> JsonResponse:
    """What the counter is called and looks like once it is installed on a device."""
    icons: list[dict[str, Any]] = [
        {"src": static(f"counter/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    maskable = {"src": static("counter/icon-maskable-512.png"), "sizes": "512x512", "type": "image/png"}
    body = {
        "id": "/guichet/",
        "name": "Guichet Aptic",
        "short_name": "Guichet",
        "description": "Encaisser des pass, avec ou sans réseau.",
        "lang": "fr",
        "start_url": "/guichet/",
        "scope": "/guichet/",
        "display": "standalone",
        "background_color": "#fbf8f2",
        "theme_color": "#1f4d8f",
        "icons": [*icons, {**maskable, "purpose": "maskable"}],
    }
    return JsonResponse(body, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@cache
def kept_files() -> list[str]:
    """The addresses of the files that the device keeps, under the names that bear their content."""
    names = {*FILES, *_modules(FOLDER)} - NOT_KEPT
    return [staticfiles_storage.url(name) for name in sorted(names)]


def _modules(folder: str) -> set[str]:
    """The names of the scripts in a folder of ours."""
    found = {name.replace("\\", "/") for finder in finders.get_finders() for name, _ in finder.list([])}
    return {name for name in found if name.startswith(f"{folder}/") and name.endswith(".js")}


def _device_only(request: HttpRequest) -> bytes:
    """The digest of the device's token. Raises PermissionDenied for a person: a passer-by's browser keeps nothing."""
    token = device_of(request)
    if request.till.device_id is None or token is None:  # type: ignore[attr-defined]
        raise PermissionDenied
    return token
