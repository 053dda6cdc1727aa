"""No published table lets anybody find a number under five, not even by taking what is shown from the total."""

from hypothesis import given
from hypothesis import strategies as st

from impact import suppression
from impact.suppression import FEWEST, OTHERS

NAMES = st.lists(st.integers(min_value=0, max_value=30), max_size=8)


@given(NAMES)
def test_what_is_left_over_never_points_at_a_small_number(counts):
    rows = [(f"nom {rank}", count, count * 1000) for rank, count in enumerate(counts)]
    shown = suppression.grouped(rows)
    total = sum(counts)
    named = [row for row in shown if row[0] != OTHERS]
    assert all(row[1] >= FEWEST for row in shown)
    left = [row for row in rows if row[1] and row not in named]
    if left and named:
        assert len(left) >= 2
        assert total - sum(row[1] for row in named) >= FEWEST
    if total >= FEWEST:
        assert sum(row[1] for row in shown) == total
        assert sum(row[2] for row in shown) == total * 1000
    else:
        assert shown == []


@given(NAMES)
def test_months_stay_in_their_order(counts):
    rows = [(f"2027-{rank + 1:02d}", count, count) for rank, count in enumerate(counts)]
    names = [row[0] for row in suppression.months(rows) if row[0] != OTHERS]
    assert names == sorted(names)


def test_a_single_small_name_takes_the_next_with_it():
    rows = [("Bègles", 40, 400), ("Blaye", 9, 90), ("Bazas", 3, 30)]
    assert suppression.grouped(rows) == [("Bègles", 40, 400), (OTHERS, 12, 120)]


def test_a_step_of_fewer_than_five_says_nothing():
    counted = {"issued": 50, "issued_cents": 500, "used": 9, "used_cents": 90, "paid": 2, "paid_cents": 20}
    assert suppression.usage(counted) == counted | {"paid": None, "paid_cents": None}
    few = suppression.usage(counted | {"used": 4, "used_cents": 40})
    assert few == {"issued": 50, "issued_cents": 500} | dict.fromkeys(["used", "used_cents", "paid", "paid_cents"])
    assert suppression.fewest(0) == 0
    assert suppression.fewest(4) is None
