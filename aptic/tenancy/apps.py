"""Application configuration of the tenancy room."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Organisations, the principal and row-level security; its checks guard start-up."""

    name = "aptic.tenancy"
    verbose_name = "Organisations"

    def ready(self) -> None:
        """Register the start-up checks."""
        from aptic.tenancy import checks  # noqa: F401
