"""Application configuration of the passes' room."""

from django.apps import AppConfig


class PassesConfig(AppConfig):
    """Batches, booklets, codes, hand-outs, the counter, redemption, expiry, the citizen's balance."""

    name = "passes"
    verbose_name = "Pass"

    def ready(self) -> None:
        """Register the jobs, and the count behind the proof."""
        from passes import describe, jobs, proof  # noqa: F401
