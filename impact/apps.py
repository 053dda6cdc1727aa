"""Application configuration of the impact room."""

from django.apps import AppConfig


class ImpactConfig(AppConfig):
    """Figures, dashboards, reports, public counters, and following one euro."""

    name = "impact"
    verbose_name = "Effets"

    def ready(self) -> None:
        """Register the jobs, the questions of the counter's receipt, and what territories are expected to redeem."""
        from impact import tasks  # noqa: F401
        from impact.ratio import forecasts_of
        from impact.views import observing  # noqa: F401
        from qualification.forecasts import register_forecaster

        register_forecaster(forecasts_of)
