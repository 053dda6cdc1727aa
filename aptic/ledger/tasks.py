"""Scheduled work of the ledger."""

import logging

from celery import shared_task
from django.db import transaction

from aptic import french
from aptic.accounts.models import Membership
from aptic.ledger.balances import close_books
from aptic.ledger.models import Proof
from aptic.ledger.proof import Compared, prove
from aptic.outbox.services import post_email
from aptic.tenancy.principal import as_system

logger = logging.getLogger(__name__)
NAMED = 20  # accounts named in an alert; the page names all of them


@shared_task(name="aptic.ledger.tasks.prove_nightly")
def prove_nightly() -> int:
    """Close the books, prove every account, and raise an alert that names each account that differs."""
    with as_system():
        close_books()
        proof, differences = prove()
        if differences:
            alert(proof, differences)
    for difference in differences:
        logger.critical("proof %s: %s", proof.pk, difference)
    return len(differences)


@transaction.atomic
def alert(proof: Proof, differences: list[Compared]) -> None:
    """Mail those of the operator who answer for the money; the same accounts are named again every night."""
    context = {
        "count": len(differences),
        "more": max(0, len(differences) - NAMED),
        "lines": [
            {
                "label": one.label,
                "ledger": french.euros(one.ledger_cents),
                "counted": french.euros(one.counted_cents),
                "difference": french.euros(one.ledger_cents - one.counted_cents),
            }
            for one in differences[:NAMED]
        ],
    }
    for one in Membership.objects.answering_for_money().select_related("user").order_by("pk"):
        post_email(
            to=one.user.email,
            template="proof_alert",
            context={**context, "name": one.user.full_name, "organisation": str(one.organisation_id)},
            organisation_id=one.organisation_id,
        )
