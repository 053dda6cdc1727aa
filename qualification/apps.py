"""Application configuration of the qualification room."""

from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Applications, decisions, caps."""

    name = "qualification"
    verbose_name = "Qualification"

    def ready(self) -> None:
        """Tell the actors' room who keeps the places."""
        from actors.places import register_place_keeper
        from qualification.caps import keep_place

        register_place_keeper(keep_place)
