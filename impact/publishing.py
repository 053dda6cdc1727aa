"""The public counters: counted by a system job from the same rows as every dashboard, then published."""

from dataclasses import asdict
from typing import Any

from django.db import transaction

from aptic.ledger.models import Proof
from impact import figures
from impact.models import Publication


@transaction.atomic
def publish() -> Publication:
    """Count and publish; run by the system role, which alone sees every tenant."""
    return Publication.objects.create(figures=count())


def count() -> dict[str, Any]:
    """Every public figure: sums in cents and passes, and counts of organisations, suppressed under five (design §9)."""
    ratio = figures.ratio()
    proof = Proof.objects.order_by("-id").first()
    return {
        "usage": asdict(figures.usage()),
        "money": asdict(figures.money()),
        "actors": figures.fewest(sum(1 for _, _, cents, _ in figures.ratios() if cents)),
        "days_to_payment": ratio.days_to_payment,
        "proof": {"at": proof.proved_at.isoformat(), "differences": proof.differences, "accounts": proof.accounts}
        if proof
        else None,
    }


def latest() -> Publication | None:
    """What everybody may read."""
    return Publication.objects.order_by("-id").first()
