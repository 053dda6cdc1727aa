"""A daily limit locks the booklet: a workshop and tills that meet in one all get an answer, and the limit holds."""

import uuid
from collections import Counter
from typing import Any

import pytest

from aptic.tenancy.principal import acting
from passes.models import Pass
from tests.factories import OPERATOR
from tests.passes.world import SLUG, code_of, make_batch, make_till

pytestmark = pytest.mark.pg15


def test_a_workshop_and_tills_in_the_same_booklets(fresh_database: Any, together: Any) -> None:
    batch, tills = make_batch(booklets=12, passes_per_day=4), [make_till() for _ in range(3)]
    first = make_batch(booklets=1)
    assert [till.redeem(code_of(first, 0, n + 1)).status_code for n, till in enumerate(tills)] == [201] * 3

    def work(i: int) -> list[int]:
        found = []
        for booklet in range(batch.booklets):
            wanted = [code_of(batch, booklet, position) for position in range(1, 9)]
            if i == 0:
                lines = [{"id": str(uuid.uuid4()), "code": code, "service": SLUG} for code in wanted]
                answer = tills[0].post("redemptions/batch/", {"redemptions": lines})
                found += [one["status"] for one in answer.json().get("results", [])] or [answer.status_code]
            else:
                found += [tills[i].redeem(code).status_code for code in wanted[:: 1 if i == 1 else -1]]
        return found

    said = Counter(status for line in together(3, work) for status in line)
    assert set(said) == {201, 409, 422}
    with acting(OPERATOR):
        spent = Pass.objects.filter(batch=batch, state=Pass.State.REDEEMED).count()
    assert spent == said[201] == 4 * batch.booklets
