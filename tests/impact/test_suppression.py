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


@given(NAMES, st.integers(min_value=0, max_value=12))
def test_a_total_that_runs_on_never_tells_the_few_who_came_since(counts, since):
    """Nor does what is left of it when the named rows are taken away."""
    rows = [(f"nom {rank}", count, count * 1000) for rank, count in enumerate(counts)]
    total = sum(counts) + since
    shown = suppression.grouped(rows, (total, total * 1000))
    named = [row for row in shown if row[0] != OTHERS]
    assert all(row in rows and row[1] >= FEWEST for row in named)
    for told in (shown, named):
        if told:
            assert total - sum(row[1] for row in told) not in range(1, FEWEST)
    if 0 < since < FEWEST <= total:
        assert [sum(row[rank] for row in shown) for rank in (1, 2)] == [total, total * 1000]
        assert total - sum(row[1] for row in named) > since


@given(NAMES)
def test_months_stay_in_their_order(counts):
    rows = [(f"2027-{rank + 1:02d}", count, count) for rank, count in enumerate(counts)]
    names = [row[0] for row in suppression.months(rows) if row[0] != OTHERS]
    assert names == sorted(names)


def test_a_single_small_name_takes_the_next_with_it():
    rows = [("Bègles", 40, 400), ("Blaye", 9, 90), ("Bazas", 3, 30)]
    assert suppression.grouped(rows) == [("Bègles", 40, 400), (OTHERS, 12, 120)]


def test_what_came_since_the_last_month_takes_the_smallest_month_with_it():
    months = [("2027-02", 9, 90), ("2027-03", 7, 70)]
    assert suppression.months(months, (19, 190)) == [("2027-02", 9, 90), (OTHERS, 10, 100)]
    assert suppression.months(months, (21, 210)) == months
    assert suppression.months(months, (16, 160)) == months


def test_a_step_of_fewer_than_five_says_nothing():
    counted = {"issued": 50, "issued_cents": 500, "used": 9, "used_cents": 90, "paid": 2, "paid_cents": 20}
    assert suppression.usage(counted) == counted | {"paid": None, "paid_cents": None}
    few = suppression.usage(counted | {"used": 4, "used_cents": 40})
    assert few == {"issued": 50, "issued_cents": 500} | dict.fromkeys(["used", "used_cents", "paid", "paid_cents"])
    assert suppression.fewest(0) == 0
    assert suppression.fewest(4) is None
