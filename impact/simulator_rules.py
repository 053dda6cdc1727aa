"""The simulator's arithmetic: from a budget to passes, people and actors, and back. Pure; amounts are cents.

Exact: rates are decimals and what follows is fractions, so that a budget computed from passes buys these passes.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that a result rests on; all of it may be changed on the page. Rates are percents."""

    face_value_cents: int = 10_00
    fee_percent: Decimal = Decimal(4)  # the operator's upstream fee, before VAT
    vat_percent: Decimal = Decimal(20)
    use_percent: Decimal = Decimal(60)  # of passes bought, those used in the end
    passes_per_person: int = 10
    months: int = 12  # over which they are used
    target_cents: int = 20_000_00  # what one actor needs from passes in a year

    @property
    def cost_cents(self) -> Fraction:
        """What one pass costs its funder, fee and VAT on the fee included."""
        fee = Fraction(self.fee_percent) / 100 * (1 + Fraction(self.vat_percent) / 100)
        return self.face_value_cents * (1 + fee)

    @property
    def use_share(self) -> Fraction:
        """Of the passes bought, those used in the end."""
        return Fraction(self.use_percent) / 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a budget does. `actors` is how many it keeps at the target over a year; the rest is what is left over."""

    budget_cents: int
    passes: int
    face_cents: int
    fees_cents: int
    used: int
    people: int
    yearly_cents: int  # that actors receive, brought to twelve months
    actors: int
    unused_cents: int  # face value that comes back to the funder when the passes end


def from_budget(budget_cents: int, assumed: Assumptions) -> Outcome:
    """The passes that a budget buys, whole ones, and what becomes of them.

    >>> from_budget(104_800_00, Assumptions()).passes
    10000
    """
    return _outcome(floor(budget_cents / assumed.cost_cents), assumed)


def from_actors(actors: int, assumed: Assumptions) -> Outcome:
    """The smallest purchase that keeps so many actors at the target.

    >>> from_actors(3, Assumptions()).passes
    10000
    """
    wanted = actors * assumed.target_cents * assumed.months
    used = ceil(Fraction(wanted, 12 * assumed.face_value_cents))
    return _outcome(ceil(used / assumed.use_share), assumed)


def _outcome(passes: int, assumed: Assumptions) -> Outcome:
    face = passes * assumed.face_value_cents
    budget = ceil(passes * assumed.cost_cents)
    used = floor(passes * assumed.use_share)
    yearly = used * assumed.face_value_cents * 12 // assumed.months
    return Outcome(
        budget_cents=budget,
        passes=passes,
        face_cents=face,
        fees_cents=budget - face,
        used=used,
        people=passes // assumed.passes_per_person,
        yearly_cents=yearly,
        actors=yearly // assumed.target_cents,
        unused_cents=(passes - used) * assumed.face_value_cents,
    )
