"""Application configuration of the jobs room."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Long work with visible progress."""

    name = "aptic.jobs"
    verbose_name = "Travaux"

    def ready(self) -> None:
        """Let every app register its jobs, which live beside its other tasks."""
        autodiscover_modules("tasks")
