"""A booklet is replaced while tills take its passes: each pass is used or replaced, never both, and once."""

from collections import Counter
from typing import Any

import pytest

from aptic.ledger.kinds import TransferKind
from aptic.ledger.models import Transfer
from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting
from passes.errors import NotReplaceable
from passes.models import Batch, Pass, Replacement
from passes.replacing import replace_booklets
from tests.factories import OPERATOR
from tests.passes.world import code_of, in_circulation, make_batch, make_till

pytestmark = pytest.mark.pg15


def replace(batch: Batch) -> str:
    """The first booklet of a batch; whether there was anything left in it."""
    with acting(OPERATOR):
        try:
            replace_booklets(batch=batch, first_booklet=batch.first_booklet, booklets=1)
        except NotReplaceable:
            return "nothing left"
    return "replaced"


def test_redeem_against_replacement(fresh_database: Any, together: Any) -> None:
    batch, tills = make_batch(booklets=1), [make_till() for _ in range(5)]

    def work(i: int) -> Any:
        if i == 5:
            return [replace(batch)]
        return [tills[i].redeem(code_of(batch, 0, position)).json().get("code") for position in (i + 1, i + 6)]

    *answers, (replaced,) = together(6, work)
    taken = Counter(answer for answered in answers for answer in answered)
    with acting(OPERATOR):
        states = Counter(Pass.objects.filter(batch=batch).values_list("state", flat=True))
        moved = sum(Transfer.objects.filter(kind=TransferKind.REPLACE).values_list("amount_cents", flat=True))
        assert compare()[1] == []
    assert states["redeemed"] == taken[None]
    assert states["replaced"] == taken["blocked"] == 10 - taken[None]
    assert moved == states["replaced"] * 1000
    assert (replaced == "replaced") == (moved > 0)
    assert in_circulation(batch) == 0


def test_two_people_replace_the_same_booklet_once(fresh_database: Any, together: Any) -> None:
    batch = make_batch(booklets=2)
    assert Counter(together(4, lambda _: replace(batch))) == {"replaced": 1, "nothing left": 3}
    with acting(OPERATOR):
        assert Replacement.objects.count() == Batch.objects.filter(replaces=batch).count() == 1
        assert compare()[1] == []
    assert in_circulation(batch) == 10_000
