"""The end of a batch: after the claim deadline and the time a till may have been off line, what is left goes back to
its funding line, in one transfer."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from aptic.audit.services import record
from aptic.ledger.balances import PATIENCE
from aptic.ledger.kinds import TransferKind
from aptic.ledger.services import hold_purses, post
from passes.models import Batch, Pass
from passes.rules import OFFLINE_CEILING


@transaction.atomic
def expire_batch(*, batch: Batch, at: datetime | None = None) -> int:
    """Expire the passes nobody used and give their value back; returns cents. Zero before the deadline or again."""
    hold_purses(batch.line.account.purse)  # before the batch: a void of the operator's holds it first, too
    now = at or timezone.now()
    due = Batch.objects.filter(pk=batch.pk, expired_at__isnull=True, claim_until__lt=now - OFFLINE_CEILING)
    if not due.update(expired_at=now):
        return 0
    locked = Batch.objects.select_related("circulation", "line__account").get(pk=batch.pk)
    passes = Pass.objects.filter(
        pk__range=(locked.first_booklet << 4, (locked.last_booklet << 4) + 15),
        state__in=[Pass.State.OPEN, Pass.State.BLOCKED],
    )
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)  # a batch may hold two million passes
    cents = passes.update(state=Pass.State.EXPIRED) * locked.face_value_cents
    if cents:
        post(
            kind=TransferKind.EXPIRE,
            debit=locked.circulation,
            credit=locked.line.account,
            amount_cents=cents,
            event=locked.uuid,
            at=at,
        )
    record(verb="batch_expired", target=locked, fields=("expired_at",), organisation_id=locked.funder_id)
    return cents


def due_batches(at: datetime | None = None) -> list[Batch]:
    """Batches whose time to expire has come."""
    now = at or timezone.now()
    return list(Batch.objects.filter(expired_at__isnull=True, claim_until__lt=now - OFFLINE_CEILING).order_by("id"))
