"""The public counters: counted by a system job from the same rows as every dashboard, then published."""

from dataclasses import asdict

from django.db import transaction

from aptic.ledger.models import Proof
from impact import figures
from impact.models import Publication

FEWEST = 5  # smaller counts of organisations are not published (design §9)


@transaction.atomic
def publish() -> Publication:
    """Count and publish; run by the system role, which alone sees every tenant."""
    ratio = figures.ratio()
    proof = Proof.objects.order_by("-id").first()
    counted = {
        "usage": asdict(figures.usage()),
        "money": asdict(figures.money()),
        "actors": sum(1 for _, _, cents, _ in figures.ratios() if cents),
        "days_to_payment": ratio.days_to_payment,
        "proof": {"at": proof.proved_at.isoformat(), "differences": proof.differences, "accounts": proof.accounts}
        if proof
        else None,
    }
    return Publication.objects.create(figures=counted)


def latest() -> Publication | None:
    """What everybody may read."""
    return Publication.objects.order_by("-id").first()
