"""Application configuration of the funders' room."""

from django.apps import AppConfig


class FundersConfig(AppConfig):
    """Funders, campaigns, funding lines, orders."""

    name = "funders"
    verbose_name = "Commanditaires"

    def ready(self) -> None:
        """Register the counts behind the proof, the words of refunds, and when promised money is expected."""
        from funders import expectations, proof, refunds  # noqa: F401
