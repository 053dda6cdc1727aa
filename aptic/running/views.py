"""Health for load balancers and figures for Prometheus. No page of the product depends on them."""

import hmac
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache as valkey
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError

from aptic.audit.models import Seal, Verification
from aptic.jobs.models import Job
from aptic.ledger.models import Proof
from aptic.outbox.models import Message
from aptic.tenancy.checks import role_faults
from aptic.tenancy.principal import Hat, Principal, acting

LOOPBACK = ("127.0.0.1", "::1")


@require_safe
@never_cache
@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process may receive traffic, else 503. Valkey is told and never decisive: redeeming needs none."""
    state = {"database": _database(), "valkey": _valkey()}
    return JsonResponse(state, status=200 if state["database"] == "ok" else 503)


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: from this machine, or with the token of APTIC_METRICS_TOKEN."""
    if not _may_measure(request):
        return HttpResponse(status=404)
    return HttpResponse(_figures(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers


def _database() -> str:
    try:
        if faults := role_faults():
            return faults[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            waiting = _known_migrations() - set(cursor.fetchall())
    except DatabaseError:
        return "away"
    return f"{len(waiting)} migrations missing" if waiting else "ok"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """What this version's code expects; read once per process."""
    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations)


def _valkey() -> str:
    try:
        valkey.get("ready")
    except (RedisError, OSError):
        return "away"
    return "ok"


def _figures() -> bytes:
    registry = CollectorRegistry()
    jobs = Gauge("aptic_jobs", "Long work, by state", ["state"], registry=registry)
    waiting = Gauge("aptic_outbox_waiting", "Messages not yet delivered", registry=registry)
    given_up = Gauge("aptic_outbox_given_up", "Messages that a person must look at", registry=registry)
    sealed = Gauge("aptic_last_seal_timestamp_seconds", "When the trail was last sealed", registry=registry)
    broken = Gauge("aptic_seals_broken", "1 when the last verification found a seal that differs", registry=registry)
    verified = Gauge("aptic_last_verification_timestamp_seconds", "When all seals were verified", registry=registry)
    wrong = Gauge("aptic_proof_differences", "Accounts that differ in the last proof", registry=registry)
    proved = Gauge("aptic_last_proof_timestamp_seconds", "When the books were last proved", registry=registry)
    up = Gauge("aptic_valkey_up", "1 when Valkey answers", registry=registry)
    with acting(Principal(hat=Hat.OPERATOR)):
        for state in (Job.State.QUEUED, Job.State.RUNNING, Job.State.FAILED):
            jobs.labels(state.value).set(Job.objects.filter(state=state).count())
        waiting.set(Message.objects.waiting().count())
        given_up.set(Message.objects.given_up().count())
        if (seal := Seal.objects.order_by("-id").first()) is not None:
            sealed.set(seal.at.timestamp())
        if (verification := Verification.objects.first()) is not None:
            verified.set(verification.at.timestamp())
            broken.set(bool(verification.reason))
        if (proof := Proof.objects.order_by("-id").first()) is not None:
            proved.set(proof.proved_at.timestamp())
            wrong.set(proof.differences)
    up.set(_valkey() == "ok")
    return generate_latest(registry)
