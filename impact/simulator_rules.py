"""The simulator's arithmetic: from a budget to passes, people and actors, and back. Pure; amounts are cents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that a result rests on; all of it may be changed on the page. Rates are percents."""

    face_value_cents: int = 10_00
    fee_percent: float = 4.0  # the operator's upstream fee, before VAT
    vat_percent: float = 20.0
    use_percent: float = 60.0  # of passes bought, those used in the end
    passes_per_person: int = 10
    months: int = 12  # over which they are used
    target_cents: int = 20_000_00  # what one actor needs from passes in a year

    @property
    def cost_cents(self) -> float:
        """What one pass costs its funder, fee and VAT on the fee included."""
        return self.face_value_cents * (1 + self.fee_percent / 100 * (1 + self.vat_percent / 100))


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
    return _outcome(int(budget_cents / assumed.cost_cents + 1e-9), assumed)


def from_actors(actors: int, assumed: Assumptions) -> Outcome:
    """The smallest purchase that keeps so many actors at the target.

    >>> from_actors(3, Assumptions()).passes
    10000
    """
    wanted = actors * assumed.target_cents * assumed.months
    used = -(-wanted // (12 * assumed.face_value_cents))
    passes = _ceiling(used * 100 / assumed.use_percent)
    while _outcome(passes, assumed).actors < actors:  # a pass is whole, and so is a used one
        passes += 1
    return _outcome(passes, assumed)


def _outcome(passes: int, assumed: Assumptions) -> Outcome:
    face = passes * assumed.face_value_cents
    budget = _ceiling(passes * assumed.cost_cents)
    used = int(passes * assumed.use_percent / 100 + 1e-9)
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


def _ceiling(value: float) -> int:
    """Up to the next whole number, a hair's breadth of floating point apart."""
    return -int(-(value - 1e-6) // 1)
