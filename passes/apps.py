"""Application configuration of the passes' room."""

from django.apps import AppConfig


class PassesConfig(AppConfig):
    """Batches, booklets, codes, hand-outs, the counter, redemption, expiry, the citizen's balance."""

    name = "passes"
    verbose_name = "Pass"

    def ready(self) -> None:
        """Register the jobs, the count behind the proof, and what API keys may be allowed."""
        from aptic.accounts.scopes import register
        from aptic.tenancy.principal import Hat
        from passes import describe, jobs, proof  # noqa: F401
        from passes.incidents import proof as incidents_proof  # noqa: F401

        register("batches:read", "Lire les lots", Hat.FUNDER, Hat.OPERATOR)
        register("redemptions:read", "Lire les encaissements", Hat.ACTOR, Hat.FUNDER)
