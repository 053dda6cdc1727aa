"""Application configuration of the audit room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The trail of who did what, and its seals."""

    name = "aptic.audit"
    verbose_name = "Journal"
