"""The public counters: counted by a system job from the same rows as every dashboard, suppressed, then published."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from aptic.ledger.balances import PATIENCE
from aptic.ledger.models import Proof, ProofLine
from impact import figures, scheme, suppression
from impact.models import Publication


@transaction.atomic
def publish(*, at: datetime | None = None) -> Publication:
    """Count and publish; run by the system role, which alone sees every tenant.

    In one snapshot, as the proof: two counts around somebody's redemption would not add up on the public page.
    """
    with connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(PATIENCE)
    return Publication.objects.create(figures=count(at=at, counted=scheme.keep(at=at)))


def count(*, at: datetime | None = None, counted: scheme.Scheme | None = None) -> dict[str, Any]:
    """Every public figure, from those of the whole scheme if they were just counted.

    Breakdowns stop at the last month that is over, so that two publications an hour apart do not tell where one person
    came. The total runs on: the few who came since then are in the group of the small ones.
    """
    now, counted = at or timezone.now(), counted or scheme.count(at=at)
    until = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    earning = sum(1 for cents in counted.earned if cents)
    total = counted.usage.used, counted.usage.used_cents
    usage = suppression.usage(asdict(counted.usage) | figures.standing(counted.usage))
    return {
        "usage": usage,
        # What circulates and what is owed would tell a number of uses that is not said.
        "money": suppression.money(asdict(counted.money), usage) if usage["used"] is not None else None,
        "actors": suppression.fewest(earning),
        "days_to_payment": counted.ratio.days_to_payment if suppression.fewest(earning) else None,
        "by_service": suppression.grouped(figures.used_by("service", before=until), total),
        "by_departement": suppression.grouped(figures.used_by("departement", before=until), total),
        "by_month": suppression.months(figures.used_by("month", before=until), total),
        "until": until.date().isoformat(),
        "proof": _proof(),
    }


def _proof() -> dict[str, Any] | None:
    """The last proof, kind of account by kind of account: how many were compared, how many agree."""
    proof = Proof.objects.order_by("-id").first()
    if proof is None:
        return None
    lines = ProofLine.objects.filter(proof=proof).order_by("kind").values("kind")
    kinds = lines.annotate(compared=Count("pk"), agree=Count("pk", filter=Q(ledger_cents=F("counted_cents"))))
    return {
        "at": proof.proved_at.isoformat(),
        "differences": proof.differences,
        "accounts": proof.accounts,
        "kinds": [[row["kind"], row["compared"], row["agree"]] for row in kinds],
    }


def latest() -> Publication | None:
    """What everybody may read."""
    return Publication.objects.order_by("-id").first()
