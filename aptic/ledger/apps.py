"""Application configuration of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Purses, accounts, transfers, balances, proofs."""

    name = "aptic.ledger"
    verbose_name = "Grand livre"
