"""The programs of an installation: the web server, the workers and the clock."""

import os
from pathlib import Path

from django.conf import settings

from aptic.celery import QUEUES, SYSTEM_QUEUE
from aptic.keys import PUBLISHED, SEEDS, public_ring, write_ring
from aptic.running.environment import Place
from aptic.running.supervisor import Child, environment, python

# Each process knows the addresses of its own role only.
SERVING = {"DATABASE_OWNER_URL": "", "DATABASE_SYSTEM_URL": ""}
SYSTEM = {"DATABASE_OWNER_URL": ""}
# Celery warns root at length; it accepts JSON only, which is what the warning is about.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}


def web(place: Place, *, signs: bool = False) -> Child:
    """The pages and the API. It `signs` in a demonstration, which gives its visitors what others have printed."""
    command = python(
        "granian", "aptic.wsgi:application",
        "--interface", "wsgi",
        "--host", place.bind,
        "--port", str(place.port),
        "--workers", os.environ.get("APTIC_WEB_WORKERS") or "2",
        "--blocking-threads", os.environ.get("APTIC_WEB_THREADS") or "4",
        "--blocking-threads-idle-timeout", "600",
        "--backpressure", "256",
        "--respawn-failed-workers",
        "--workers-kill-timeout", "10",
        "--log-level", "warning",
    )  # fmt: skip
    return Child("web", command, environment(**SERVING, **({} if signs else _checking_only())))


def worker() -> Child:
    """What takes longer than a page: documents, settlements, reports, e-mail. Who prints signs: it has the seeds."""
    concurrency = os.environ.get("APTIC_WORKERS") or "2"
    return Child("worker", _celery_worker("work", ",".join(QUEUES), "-c", concurrency), environment(**SERVING, **QUIET))


def system_worker() -> Child:
    """The named scheduled jobs that may read every tenant's rows."""
    return Child(
        "système",
        _celery_worker("system", SYSTEM_QUEUE, "-P", "solo"),
        environment(**SYSTEM, **QUIET, **_checking_only()),
    )


def clock(var: Path) -> Child:
    """The schedule. Its file is a cache: losing it only makes it start counting again."""
    schedule = str(var / "run" / "schedule")
    command = python("celery", "-A", "aptic", "-q", "beat", "-l", "WARNING", "-s", schedule, "--pidfile=")
    return Child("horloge", command, environment(**SERVING, **_checking_only()))


def _checking_only() -> dict[str, str]:
    """For who checks signatures and makes none: the public ring, and no seeds, which an empty value keeps `keys.env`
    from giving."""
    return {PUBLISHED: write_ring(public_ring(settings.SIGNING_PUBLIC_KEYS, settings.SIGNING_KEYS)), SEEDS: ""}


def _celery_worker(name: str, queues: str, *options: str) -> list[str]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING")
    return python("celery", "-A", "aptic", "-q", "worker", "-n", f"{name}@%h", "-Q", queues, *quiet, *options)
