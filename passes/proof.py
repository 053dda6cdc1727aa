"""Counting what circulates: the value of passes neither redeemed, expired nor replaced, batch by batch."""

from django.db.models import Count, F

from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import counts
from passes.models import Pass


@counts(AccountKind.CIRCULATION)
def circulation(accounts: list[Account]) -> dict[int, int]:
    """Cents per circulation account, from the passes' own rows."""
    rows = (
        Pass.objects.filter(state__in=[Pass.State.OPEN, Pass.State.BLOCKED])
        .values("batch_id", account=F("batch__circulation_id"), value=F("batch__face_value_cents"))
        .annotate(passes=Count("id"))
        .order_by()
    )
    return {row["account"]: row["passes"] * row["value"] for row in rows}
