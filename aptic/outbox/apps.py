"""Application configuration of the outbox room."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    """What must happen after a commit."""

    name = "aptic.outbox"
    verbose_name = "Envois"

    def ready(self) -> None:
        """Let every app register its handlers."""
        autodiscover_modules("handlers")
