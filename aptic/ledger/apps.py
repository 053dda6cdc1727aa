"""Application configuration of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Purses, accounts, transfers, balances, proofs."""

    name = "aptic.ledger"
    verbose_name = "Grand livre"

    def ready(self) -> None:
        """Register what the ledger itself can count: the bank's statements, and what is put into the guarantee."""
        from aptic.ledger import bank, guarantee  # noqa: F401
