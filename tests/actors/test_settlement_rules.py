"""The pure decisions of settlement, held by properties."""

import uuid
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from actors import settlement_rules as rules

ACTORS = [uuid.UUID(int=n) for n in range(1, 5)]


@st.composite
def owed(draw):
    """Lines of one purse in any order: passes, voids of some of them, and debts."""
    lines = []
    for number in range(1, draw(st.integers(1, 25)) + 1):
        actor = draw(st.sampled_from(ACTORS))
        cents = draw(st.sampled_from([500, 1000, 1000, 1500]))
        kind = draw(st.sampled_from(["redeem", "redeem", "redeem", "voided", "recovered", "retained"]))
        if kind == "recovered":
            lines.append(rules.Line(number * 2, actor, -cents, "recovered"))
            continue
        lines.append(rules.Line(number * 2, actor, cents))
        if kind == "voided":
            lines.append(rules.Line(100 + number, actor, -cents, "void", cancels=number * 2))
        if kind == "retained":
            lines.append(rules.Line(100 + number, actor, -cents, "recovered", cancels=number * 2))
    return draw(st.permutations(lines))


def total(lines, taken, actor=None):
    return sum(one.signed_cents for one in lines if one.id in taken and actor in (None, one.actor))


@given(owed(), st.integers(-2000, 20_000))
def test_a_purse_never_pays_more_than_its_cash(lines, cash):
    taken = rules.take(lines, cash_cents=cash)
    assert total(lines, taken) <= max(0, cash)


@given(owed(), st.integers(0, 20_000))
def test_nobody_is_claimed_for_nothing_or_less(lines, cash):
    taken = rules.take(lines, cash_cents=cash)
    for actor in {one.actor for one in lines if one.id in taken}:
        assert total(lines, taken, actor) > 0


@given(owed(), st.integers(0, 20_000))
def test_a_paid_actor_settles_all_its_debts_and_voids_stay_with_their_line(lines, cash):
    taken = rules.take(lines, cash_cents=cash)
    paid = {one.actor for one in lines if one.id in taken}
    assert {one.id for one in lines if one.is_debt and one.actor in paid} <= taken
    for one in lines:
        if one.cancels:
            assert (one.id in taken) == (one.cancels in taken)


@given(owed())
def test_with_enough_cash_everybody_with_something_to_get_gets_all_of_it(lines):
    taken = rules.take(lines, cash_cents=10**9)
    for actor in ACTORS:
        mine = [one for one in lines if one.actor == actor]
        everything = sum(one.signed_cents for one in mine)
        assert total(mine, taken) == max(0, everything)


@given(owed(), st.integers(0, 10_000))
def test_older_lines_go_first(lines, cash):
    taken = rules.take(lines, cash_cents=cash)
    for actor in ACTORS:
        credits = [one for one in lines if one.actor == actor and not one.is_debt]
        places = [one.place for one in credits if one.id in taken]
        if places:
            assert all(one.id in taken for one in credits if one.place < max(places))


@given(st.integers(1, 10**9), st.integers(0, 2000), st.integers(0, 2500))
def test_fees_are_within_half_a_cent_and_never_eat_the_share(gross, fee, vat):
    share = rules.price(gross_cents=gross, redeemed_cents=gross, fee_basis_points=fee, vat_basis_points=vat)
    assert abs(share.fee_cents * 10_000 - gross * fee) <= 5_000
    assert abs(share.fee_vat_cents * 10_000 - share.fee_cents * vat) <= 5_000
    assert share.net_cents + share.fee_cents + share.fee_vat_cents == gross


def test_what_came_back_from_the_bank_pays_no_fee():
    assert rules.price(gross_cents=952, redeemed_cents=0, fee_basis_points=400, vat_basis_points=2000).net_cents == 952


def test_the_fee_of_a_ten_euro_pass():
    share = rules.price(gross_cents=1000, redeemed_cents=1000, fee_basis_points=400, vat_basis_points=2000)
    assert (share.fee_cents, share.fee_vat_cents, share.net_cents) == (40, 8, 952)


def test_the_bank_works_on_bank_days():
    assert rules.easter(2027) == date(2027, 3, 28)
    # Thursday before Good Friday → Tuesday after Easter Monday.
    assert rules.execution_day(datetime(2027, 3, 25, 12, tzinfo=UTC)) == date(2027, 3, 30)
    assert rules.execution_day(datetime(2026, 12, 24, 12, tzinfo=UTC)) == date(2026, 12, 28)
    # Half past eleven at night in UTC is the next day in Paris.
    assert rules.execution_day(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == date(2026, 11, 25)


def test_a_run_is_named_after_its_day_in_paris():
    assert rules.run_number(datetime(2026, 11, 22, 23, tzinfo=UTC), 1) == "R20261123-1"


def test_a_cell_is_never_a_formula():
    assert rules.harmless("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert rules.harmless("+33") == "'+33"
    assert rules.harmless("Médiathèque") == "Médiathèque"
