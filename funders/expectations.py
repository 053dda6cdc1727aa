"""When a funder's money is expected: what an actor who waits for it is told, by way of the ledger."""

import uuid
from datetime import date

from django.db.models import F, Min

from aptic.ledger.describe import expects
from funders.models import PaymentOrder


@expects
def promised_on(purses: list[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The earliest day announced by an open payment order of each purse; a purse without one is absent."""
    promised = PaymentOrder.objects.filter(
        state=PaymentOrder.State.OPEN, expected_on__isnull=False, line__account__purse__in=purses
    )
    dated = promised.order_by().values(purse=F("line__account__purse")).annotate(first=Min("expected_on"))
    return {row["purse"]: row["first"] for row in dated}
