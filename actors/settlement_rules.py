"""The decisions of settlement, without a database: what is taken while the cash lasts, fees, dates, names of things.

`take` is the reference for `settlement/claim.sql`, which takes the same decision for a million lines at once; a test
compares the two.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A signed amount that an actor is owed in one purse; `cancels` is the line that it takes back, if unpaid.

    A void takes a line back, and so does what is retained for a use undone while a run, given up since, held it.
    """

    id: int
    actor: uuid.UUID
    signed_cents: int
    kind: str = "redeem"
    cancels: int | None = None

    @property
    def place(self) -> int:
        """Its turn: what takes a line back stands with it."""
        return self.cancels or self.id

    @property
    def is_debt(self) -> bool:
        """True for what the actor owes back, other than what takes back a line that is unpaid too."""
        return self.signed_cents < 0 and self.cancels is None

    @property
    def is_value(self) -> bool:
        """True for what the fee is a rate of: passes used, less those undone before they were paid."""
        return self.kind in ("redeem", "void") or self.cancels is not None


@dataclass(frozen=True, slots=True)
class Share:
    """What one purse pays one actor in a run; all in cents."""

    gross_cents: int
    fee_cents: int
    fee_vat_cents: int

    @property
    def net_cents(self) -> int:
        """What reaches the actor's bank."""
        return self.gross_cents - self.fee_cents - self.fee_vat_cents


def take(lines: Iterable[Line], *, cash_cents: int) -> set[int]:
    """The lines that one purse pays: oldest first while its cash lasts, each actor's debts first of all.

    A line spends only what is left of it once its actor's debts are covered; the first one that does not fit ends
    the run for everybody, so that nobody overtakes. An actor left with nothing keeps all its lines for the next run.
    """
    ordered = sorted(lines, key=lambda line: (line.place, line.id))
    debts: dict[uuid.UUID, int] = {}
    for line in ordered:
        if line.is_debt:
            debts[line.actor] = debts.get(line.actor, 0) - line.signed_cents
    turns: dict[int, list[Line]] = {}
    for line in ordered:
        if not line.is_debt:
            turns.setdefault(line.place, []).append(line)
    spent, reached = 0, dict.fromkeys({line.actor for line in ordered}, 0)
    taken: set[int] = set()
    for turn in turns.values():
        actor, amount = turn[0].actor, sum(line.signed_cents for line in turn)
        debt = debts.get(actor, 0)
        spent += max(0, reached[actor] + amount - debt) - max(0, reached[actor] - debt)
        if spent > cash_cents:
            break
        reached[actor] += amount
        taken.update(line.id for line in turn)
    paid = {actor for actor, cents in reached.items() if cents > debts.get(actor, 0)}
    return {line.id for line in ordered if line.actor in paid and (line.id in taken or line.is_debt)}


def share_of(value: int, basis_points: int) -> int:
    """A rate of an amount of cents, rounded to the nearest cent, half a cent up."""
    return (value * basis_points + BASIS_POINTS // 2) // BASIS_POINTS


def price(*, gross_cents: int, redeemed_cents: int, fee_basis_points: int, vat_basis_points: int) -> Share:
    """A share with its fee: a rate of the value redeemed (never of what came back from the bank), and VAT on the fee.

    Rounded once per share, not per line, so that the statement's arithmetic can be done by hand.
    """
    fee = share_of(max(0, redeemed_cents), fee_basis_points)
    return Share(gross_cents, fee, share_of(fee, vat_basis_points))


def easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, 1991)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_bank_day(day: date) -> bool:
    """True when T2 (the euro's settlement system) is open: ECB's long-term calendar, decided on 14 December 2000."""
    sunday = easter(day.year)
    closed = {sunday - timedelta(days=2), sunday + timedelta(days=1)}
    fixed = (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
    return day.weekday() < 5 and not fixed and day not in closed


def execution_day(made_at: datetime) -> date:
    """The day the bank is asked to pay: the first bank day after the Paris day on which its file is made."""
    day = timezone.localdate(made_at) + timedelta(days=1)
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


def run_number(cutoff: datetime, rank: int) -> str:
    """A run's name: its Paris day, and its rank among the runs of that day: R20261123-1."""
    return f"R{timezone.localdate(cutoff):%Y%m%d}-{rank}"


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
