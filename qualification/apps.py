"""Application configuration of the qualification room."""

from django.apps import AppConfig


class QualificationConfig(AppConfig):
    """Applications, decisions, caps."""

    name = "qualification"
    verbose_name = "Qualification"

    def ready(self) -> None:
        """Tell the actors' room who keeps the places, and the outbox who asks the register."""
        from actors.places import register_place_keeper
        from qualification import register_checks  # noqa: F401  its handler registers itself
        from qualification.caps import keep_place

        register_place_keeper(keep_place)
