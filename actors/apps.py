"""Application configuration of the actors' room."""

from django.apps import AppConfig


class ActorsConfig(AppConfig):
    """Actors, their sites, and what pays them."""

    name = "actors"
    verbose_name = "Acteurs"

    def ready(self) -> None:
        """Register the jobs, the counts behind the proof, and the words for what came back from the bank."""
        from actors import proof, tasks  # noqa: F401
        from actors.settlement import outcome  # noqa: F401
