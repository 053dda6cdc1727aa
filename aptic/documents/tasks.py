"""Scheduled work of the documents room."""

from celery import shared_task

from aptic.documents import services
from aptic.tenancy.principal import as_system


@shared_task(ignore_result=True)
def delete_expired() -> int:
    """Delete the files whose date is past. Every hour."""
    with as_system():
        return services.delete_expired()
