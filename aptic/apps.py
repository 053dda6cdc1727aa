"""Application configuration of the ground."""

from django.apps import AppConfig


class ApticConfig(AppConfig):
    """Loads the Celery application, so that a task queued by a page finds our broker."""

    name = "aptic"
    verbose_name = "Aptic"

    def ready(self) -> None:
        """Make `aptic.celery.app` the current Celery application."""
        from aptic import celery  # noqa: F401
