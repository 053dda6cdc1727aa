"""Opposition: a booklet declared lost or stolen stops paying at once. What it already paid stays paid."""

from django.db import transaction

from aptic.audit.services import record
from passes.models import Batch, Booklet, Pass
from passes.permissions import check_funder_decides


def hold_batch(batch_id: int) -> Batch:
    """Hold a batch's row before passes of it end: a use that is being undone comes wholly before or wholly after."""
    return Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch_id)


@transaction.atomic
def block_booklet(*, booklet: Booklet) -> int:
    """Block every pass of `booklet` that is still open, each in its own conditional change; returns how many.

    For its funder's managers and agents and for the operator. A repeat blocks nothing more. Raises NotAllowed.
    """
    check_funder_decides(booklet.funder_id)
    hold_batch(booklet.batch_id)
    open_passes = Pass.objects.filter(pk__range=(booklet.pk << 4, (booklet.pk << 4) + 15), state=Pass.State.OPEN)
    # In the order of a workshop that redeems several at once, so that neither waits for the other.
    list(open_passes.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    blocked = open_passes.update(state=Pass.State.BLOCKED)
    if blocked:
        record(verb="booklet_blocked", target=booklet, fields=("state",), organisation_id=booklet.funder_id)
    return blocked
