"""Application configuration of the impact room."""

from django.apps import AppConfig


class ImpactConfig(AppConfig):
    """Figures, dashboards, reports, public counters, and following one euro."""

    name = "impact"
    verbose_name = "Effets"

    def ready(self) -> None:
        """Register the jobs, and the questions that the counter's receipt asks."""
        from impact import tasks  # noqa: F401
        from impact.views import observing  # noqa: F401
