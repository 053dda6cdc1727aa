"""Application configuration of the qualification room."""

from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Applications, decisions, caps."""

    name = "qualification"
    verbose_name = "Qualification"
