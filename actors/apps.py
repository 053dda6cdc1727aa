"""Application configuration of the actors' room."""

from django.apps import AppConfig


class ActorsConfig(AppConfig):
    """Actors, their sites, and what pays them."""

    name = "actors"
    verbose_name = "Acteurs"

    def ready(self) -> None:
        """Register jobs, the counts behind the proof, the words for what left or came back, and what keys may do."""
        from actors import proof, tasks  # noqa: F401
        from actors.settlement import fees, outcome  # noqa: F401
        from aptic.accounts.scopes import register
        from aptic.tenancy.principal import Hat

        register("sites:read", "Lire les lieux", Hat.ACTOR, Hat.DISTRIBUTOR, Hat.FUNDER, Hat.HUB, Hat.OPERATOR)
        register("statements:read", "Lire les relevés de contre-paiement", Hat.ACTOR, Hat.OPERATOR)
