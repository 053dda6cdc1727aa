"""Scheduled work of the ledger."""

import logging

from celery import shared_task

from aptic.ledger.balances import close_books
from aptic.ledger.proof import prove
from aptic.tenancy.principal import as_system

logger = logging.getLogger(__name__)


@shared_task(name="aptic.ledger.tasks.prove_nightly")
def prove_nightly() -> int:
    """Close the books, prove every account, and raise an alert that names each account that differs."""
    with as_system():
        close_books()
        proof, differences = prove()
    for difference in differences:
        logger.critical("proof %s: %s", proof.pk, difference)
    return len(differences)
