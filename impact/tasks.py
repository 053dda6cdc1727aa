"""Scheduled work of the impact room."""

from celery import shared_task

from aptic.tenancy.principal import as_system
from impact.publishing import publish


@shared_task(name="impact.tasks.publish_counters")
def publish_counters() -> int:
    """Publish the public counters; returns the publication's number."""
    with as_system():
        return publish().pk
