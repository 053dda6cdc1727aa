"""The redeem endpoints of the API: plain views for speed, in the same schema as the rest.

Contract: design §8. A device's bearer token says where the till stands; the body says which pass, for what.
"""

import json
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NoReturn

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from aptic.accounts import tokens
from aptic.accounts.devices import DEVICE_COOKIE
from aptic.errors import DomainError
from aptic.problems import method_not_allowed, problem
from aptic.tenancy.principal import Hat, Principal, acting
from passes import codes, guessing, held, redemption, rules
from passes.catalogue import service_id, service_slug
from passes.codes import Code
from passes.errors import CodeUnknown, DeviceStopped, Refused, TooManyAttempts
from passes.guess_alert import tell_of_guesses
from passes.guidance import guide
from passes.models import Held, Redemption
from passes.redemption import Attempt, Outcome, Till
from passes.refusals import Refusal

MOST_LINES = 200
MOST_BYTES = 200_000
JSON = "Le corps de la requête est en application/json."
FROM_COUNTER = "X-Aptic-Counter"
FIELDS = {"id", "code", "service", "occurred_at", "offline", "session", "simulate"}


class BadLine(Exception):
    """A line that is not of the contract's form; the sentence says what is wrong."""


class NotJson(Exception):
    """A body that its own header says is not JSON."""


class NoDevice(Exception):
    """No live device holds the token."""


@dataclass(frozen=True, slots=True)
class Line:
    """One well-formed line of a request; `code` is None when its tag is false."""

    id: uuid.UUID
    code: Code | None
    service_id: int
    occurred_at: datetime
    offline: bool
    session: uuid.UUID | None
    simulate: bool

    def attempt(self) -> Attempt:
        """The attempt of a line whose code is genuine."""
        assert self.code is not None
        return Attempt(self.id, self.code, self.service_id, self.occurred_at, self.offline, self.session)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls: the digest of a device's token, and the site that the counter's page stands at, if it says one."""

    digest: bytes
    site: str | None

    def check(self, till: Till) -> None:
        """A page that was left open must not do at another site what it took at its own. Raises NoDevice."""
        if self.site is not None and self.site != str(till.site_id):
            raise NoDevice


View = Callable[..., HttpResponse]


def device_endpoint(method: str) -> Callable[[View], View]:
    """Mark a plain view as an API endpoint of devices: bearer token, no cookie, every refusal a problem document."""
    return lambda view: _device_endpoint(view, method)


def _device_endpoint(view: View, method: str) -> View:
    @csrf_exempt
    @login_not_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != method:
            return method_not_allowed(method)
        bearer = _bearer(request)
        if bearer is None:
            return _unauthorised()
        try:
            return view(request, bearer, *args, **kwargs)
        except NoDevice:
            return _unauthorised()
        except NotJson:
            return problem(status=415, code="unsupported_media_type", title="Format non pris en charge", detail=JSON)
        except BadLine as error:
            return problem(status=400, code="invalid", title="Requête incorrecte", detail=str(error))
        except DomainError as error:
            return _problem(error)

    wrapped.door = "device"  # type: ignore[attr-defined]
    return wrapped


def _bearer(request: HttpRequest) -> Bearer | None:
    """The bearer of a token; of the pairing's cookie when the counter's own page asks.

    The cookie is SameSite=Strict, and counts only beside a header that no form and no other origin can send. All tabs
    share it, and it may have been paired elsewhere meanwhile: so the header is the site that the page is for.
    """
    header, site = request.headers.get("Authorization", ""), request.headers.get(FROM_COUNTER)
    if header.startswith("Bearer "):
        return Bearer(tokens.digest(header.removeprefix("Bearer ").strip()), site)
    cookie = request.COOKIES.get(DEVICE_COOKIE)
    return Bearer(tokens.digest(cookie), site) if cookie and site else None


@device_endpoint("POST")
def redeem(request: HttpRequest, bearer: Bearer) -> HttpResponse:
    """Redeem one pass: 201 the first time, 200 with the same body for a repeat, a problem otherwise."""
    line = read_line(body_of(request), timezone.now())
    if line.code is None:
        _false_code(bearer)
    if line.simulate:
        return _simulate(bearer, line)

    attempt = line.attempt()

    def work() -> tuple[Till, Outcome]:
        till = enter_till(bearer, [attempt.code])
        outcome = redemption.redeem(till, [attempt])[0]
        if isinstance(outcome.error, Refused):
            _guide(outcome.error, till, attempt.code)
        return till, outcome

    till, outcome = redemption.once_more_if_raced(work)
    status, body = _answer(outcome, till)
    return JsonResponse(body, status=status, content_type=_type(status))


@device_endpoint("POST")
def redeem_batch(request: HttpRequest, bearer: Bearer) -> HttpResponse:
    """Redeem up to 200 lines, set-based; each gets the status it would have got alone, in the order sent."""
    body = body_of(request)
    lines = body.get("redemptions")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES:
        raise BadLine(f"« redemptions » est une liste de 1 à {MOST_LINES} lignes.")
    now = timezone.now()
    read = [_read_or_error(line, now) for line in lines]
    good = [line for line in read if isinstance(line, Line) and line.code is not None]

    till: Till | None = None
    stopped_at: datetime | None = None

    def work(attempts: Sequence[Attempt]) -> list[Outcome]:
        nonlocal till, stopped_at
        till, stopped_at = _enter_to_upload(bearer, [one.code for one in attempts], now)
        if stopped_at is not None:
            return held.hand_in(till, attempts, revoked_at=stopped_at, now=now)
        return redemption.redeem(till, attempts, may_hold=True)

    outcomes = redemption.together_or_alone(work, [line.attempt() for line in good])
    if till is None or (stopped_at and all(isinstance(one.error, DeviceStopped) for one in outcomes)):
        raise NoDevice  # of a stopped device, and not one line is of the kind that it may still hand in
    for line in read:
        if isinstance(line, Line) and line.code is None:
            _count_false(bearer, till)
    answers = iter(outcomes)
    results = [_result(sent, line, answers, till) for sent, line in zip(lines, read, strict=True)]
    return JsonResponse({"results": results})


def _enter_to_upload(bearer: Bearer, presented: Sequence[Code], now: datetime) -> tuple[Till, datetime | None]:
    """The till of the device that holds the token, and when it was stopped, if not long ago. Raises NoDevice."""
    till = redemption.enter_device(bearer.digest, presented)
    stopped = (till, None) if till else held.enter_stopped_device(bearer.digest, presented, now=now)
    if stopped is None:
        raise NoDevice
    bearer.check(stopped[0])
    return stopped


@device_endpoint("POST")
def void(request: HttpRequest, bearer: Bearer, redemption_id: uuid.UUID) -> HttpResponse:
    """Undo a redemption of the same device within 15 minutes: 201, 200 for a repeat, 404, 409."""
    with transaction.atomic():
        till = enter_till(bearer, [])
        try:
            voided, repeated = redemption.void(redemption_id, till)
        except Redemption.DoesNotExist:
            return _not_found()
        body = _stored_body(_stored(redemption_id, till)) | {"voided_at": voided.recorded_at}
    return JsonResponse(body, status=200 if repeated else 201)


@device_endpoint("GET")
def show(request: HttpRequest, bearer: Bearer, redemption_id: uuid.UUID) -> HttpResponse:
    """One redemption of the device's actor, with its void if there is one; of a held line, what came of it."""
    with transaction.atomic():
        till = enter_till(bearer, [])
        try:
            stored = _stored(redemption_id, till)
        except Redemption.DoesNotExist:
            return _judged(redemption_id, till)
        voided = getattr(stored, "void", None)
        return JsonResponse(_stored_body(stored) | {"voided_at": voided.recorded_at if voided else None})


def _judged(redemption_id: uuid.UUID, till: Till) -> HttpResponse:
    """A line that was held: 202 while it waits, then why it was refused. 404 for any other id."""
    line = Held.objects.filter(pk=redemption_id, actor_id=till.actor_id).first()
    if line is None:
        return _not_found()
    refused = Redemption.objects.filter(pk=redemption_id).first()
    if refused is not None:
        raise Refused(Refusal(refused.outcome))
    return JsonResponse(_stored_body(line) | {"held": True}, status=202)


@device_endpoint("GET")
def look_up(request: HttpRequest, bearer: Bearer, text: str) -> HttpResponse:
    """What redeeming this code would do, here and now; `?service=` asks for one service."""
    code = _genuine(text)
    if code is None:
        _false_code(bearer)
    with transaction.atomic():
        till = enter_till(bearer, [code])
        view = redemption.look_up(till, code)
        wanted = request.GET.get("service")
        reason = view.refusal(service_id(wanted) if wanted else None, timezone.now())
    return JsonResponse(
        {
            "pass": codes.short(code.serial, code.version),
            "value_cents": view.value_cents,
            "state": view.facts.pass_state,
            "valid_until": view.facts.valid_until,
            "services": [service_slug(one) for one in view.facts.services],
            "left_in_booklet": view.left_in_booklet,
            "refusal": reason,
        }
    )


def _simulate(bearer: Bearer, line: Line) -> HttpResponse:
    """The answer that redeeming would give, with nothing written."""
    assert line.code is not None
    with transaction.atomic():
        till = enter_till(bearer, [line.code])
        value_cents, reason = redemption.simulate(till, line.attempt())
        if reason is not None:
            raise _guide(Refused(reason), till, line.code)
    name = codes.short(line.code.serial, line.code.version)
    return JsonResponse({"simulated": True, "id": line.id, "pass": name, "value_cents": value_cents})


def _false_code(bearer: Bearer) -> NoReturn:
    """Answer a false tag, counted against its device; a genuine code never asks Valkey. Raises what is answered."""
    blocked = guessing.is_blocked("device", bearer.digest.hex())
    error = TooManyAttempts(retry_after=guessing.DEVICE_PERIOD) if blocked else CodeUnknown()
    with transaction.atomic():
        till = enter_till(bearer, [])
        _guide(error, till, None)
    if not blocked:
        _count_false(bearer, till)
    raise error


def _count_false(bearer: Bearer, till: Till) -> None:
    """Count one false code; the one that reaches the limit is told, in a transaction of its own."""
    if guessing.note_failure("device", bearer.digest.hex()):
        with acting(Principal(hat=Hat.ACTOR, organisation_id=till.actor_id, site_id=till.site_id)):
            tell_of_guesses(device_id=till.device_id)


def _guide(error: Refused, till: Till, code: Code | None) -> Refused:
    """The same refusal with what helps beside it, read in the till's transaction."""
    error.details |= guide(error.reason, till, code).members()
    return error


def enter_till(bearer: Bearer, presented: Sequence[Code]) -> Till:
    """The till of the live device that holds the token, in the running transaction. Raises NoDevice."""
    till = redemption.enter_device(bearer.digest, presented)
    if till is None:
        raise NoDevice
    bearer.check(till)
    return till


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises NotJson and BadLine."""
    if request.content_type not in ("application/json", ""):
        raise NotJson
    if len(request.body) > MOST_BYTES:
        raise BadLine("La requête est trop longue.")
    try:
        body = json.loads(request.body, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise BadLine("Le corps de la requête n’est pas du JSON.") from error
    if not isinstance(body, dict):
        raise BadLine("Le corps de la requête est un objet JSON.")
    return body


def _finite(text: str) -> float:
    """A number that JSON can say back. Raises ValueError on NaN, on infinity and on what is read as one of them."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def read_line(body: dict[str, Any], now: datetime) -> Line:
    """Check the form of one line. Raises BadLine with a sentence that names the field."""
    if unknown := set(body) - FIELDS:
        raise BadLine(f"Champ inconnu : {', '.join(sorted(unknown))}.")
    slug, text = body.get("service"), body.get("code")
    if not isinstance(text, str) or not text:
        raise BadLine("« code » est obligatoire.")
    service = service_id(slug) if isinstance(slug, str) else None
    if service is None:
        raise BadLine("« service » est le nom d’un service du vocabulaire.")
    offline, simulate = body.get("offline", False), body.get("simulate", False)
    if not isinstance(offline, bool) or not isinstance(simulate, bool):
        raise BadLine("« offline » et « simulate » valent true ou false.")
    return Line(
        id=uuid_of(body.get("id"), "id"),
        code=_genuine(text),
        service_id=service,
        occurred_at=_instant(body.get("occurred_at"), now, offline=offline),
        offline=offline,
        session=uuid_of(body["session"], "session") if body.get("session") else None,
        simulate=simulate,
    )


def _genuine(text: str) -> Code | None:
    """The code of a real pass; a training code (key 31) names a serial too, and must never touch that pass."""
    code = codes.parse(text)
    return None if code is None or code.is_training else code


def uuid_of(value: Any, name: str) -> uuid.UUID:
    """The value of the field `name`. Raises BadLine."""
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadLine(f"« {name} » est un UUID.") from error


def _instant(value: Any, now: datetime, *, offline: bool) -> datetime:
    if value is None:
        return now
    instant = instant_of(value)
    if instant is None:
        raise BadLine("« occurred_at » est un instant ISO 8601 avec son fuseau.")
    if not rules.occurred_within_bounds(instant, now=now, offline=offline):
        raise BadLine("« occurred_at » est trop loin de maintenant.")
    return instant


def instant_of(value: Any) -> datetime | None:
    """The instant that a text names, in UTC as every answer says it; None when it names none with its time zone.

    PostgreSQL reads fewer time zones than Python, and at the ends of the calendar some instants have no UTC.
    """
    try:
        found = parse_datetime(value)
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        return None


def _read_or_error(body: Any, now: datetime) -> Line | BadLine:
    try:
        if not isinstance(body, dict):
            raise BadLine("Chaque ligne est un objet JSON.")
        if body.get("simulate"):
            raise BadLine("« simulate » se demande une ligne à la fois.")
        return read_line(body, now)
    except BadLine as error:
        return error


def _result(sent: Any, line: Line | BadLine, answers: Any, till: Till) -> dict[str, Any]:
    name = sent.get("id") if isinstance(sent, dict) else None
    if isinstance(line, BadLine):
        body = {
            "type": "about:blank",
            "status": 400,
            "code": "invalid",
            "title": "Ligne incorrecte",
            "detail": str(line),
        }
        return {"id": name, "status": 400, "problem": body}
    if line.code is None:
        return {"id": name, "status": 404, "problem": _document(CodeUnknown())}
    status, body = _answer(next(answers), till)
    return {"id": name, "status": status, "redemption" if status < 300 else "problem": body}


def _answer(outcome: Outcome, till: Till) -> tuple[int, dict[str, Any]]:
    """(HTTP status, body) of one outcome."""
    if outcome.error is not None:
        return outcome.error.status, _document(outcome.error)
    attempt = outcome.attempt
    status = 202 if outcome.held else 200 if outcome.repeated else 201
    return status, {
        "id": attempt.id,
        "pass": outcome.pass_name,
        "value_cents": outcome.value_cents,
        "service": service_slug(attempt.service_id),
        "site": till.site_id,
        "occurred_at": outcome.occurred_at,
        "recorded_at": outcome.recorded_at,
        **({"held": True} if outcome.held else {}),
    }


def _stored(redemption_id: uuid.UUID, till: Till) -> Redemption:
    return Redemption.objects.select_related("void").get(pk=redemption_id, actor_id=till.actor_id, turn__isnull=False)


def _stored_body(stored: Redemption | Held) -> dict[str, Any]:
    return {
        "id": stored.pk,
        "pass": redemption.pass_name(stored),
        "value_cents": stored.value_cents,
        "service": service_slug(stored.service_id),
        "site": stored.site_id,
        "occurred_at": stored.occurred_at,
        "recorded_at": stored.recorded_at,
    }


def _document(error: DomainError) -> dict[str, Any]:
    body = {"type": "about:blank", "status": error.status, "code": error.code, "title": error.text, **error.details}
    if error.next_step:
        body["detail"] = error.next_step
    return body


def _problem(error: DomainError) -> JsonResponse:
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyAttempts) else None
    return problem(
        status=error.status, code=error.code, title=error.text, detail=error.next_step, headers=headers, **error.details
    )


def _type(status: int) -> str:
    return "application/json" if status < 300 else "application/problem+json"


def _not_found() -> JsonResponse:
    return problem(status=404, code="not_found", title="Encaissement introuvable")


def _unauthorised() -> JsonResponse:
    return problem(
        status=401, code="unauthorised", title="Jeton manquant ou invalide", headers={"WWW-Authenticate": "Bearer"}
    )
