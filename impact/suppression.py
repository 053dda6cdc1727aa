"""Small numbers are not published: a count under five could point at somebody, also when it is left over from a total.

Pure: rows in, rows out. `None` stands for a number that is not said.
"""

from collections.abc import Iterable
from typing import Any

FEWEST = 5  # design §9
OTHERS = "Autres, regroupés"
Row = tuple[str, int, int]


def fewest(count: int) -> int | None:
    """A count alone as it is published."""
    return count if count == 0 or count >= FEWEST else None


def grouped(rows: Iterable[Row], total: tuple[int, int] | None = None) -> list[Row]:
    """Rows (name, count, cents) whose total is known: the small ones become one row, with enough beside them.

    Whoever takes the rows shown from the total is left with at least two names and at least five: the smallest rows
    join the group until both hold. When nothing would be left to show, nothing is. A `total` (count, cents) that runs
    on after the rows stop would tell what came since: while that is small, it is a small row like another.
    """
    rows = list(rows)
    shown = sorted((row for row in [*rows, *_since(rows, total)] if row[1]), key=lambda row: (-row[1], row[0]))
    hidden: list[Row] = []
    while shown and shown[-1][1] < FEWEST:
        hidden.append(shown.pop())
    while hidden and shown and (len(hidden) < 2 or sum(row[1] for row in hidden) < FEWEST):
        hidden.append(shown.pop())
    count, cents = sum(row[1] for row in hidden), sum(row[2] for row in hidden)
    if count >= FEWEST:
        shown.append((OTHERS, count, cents))
    return shown


def _since(rows: list[Row], total: tuple[int, int] | None) -> list[Row]:
    if total is None:
        return []
    count, cents = total[0] - sum(row[1] for row in rows), total[1] - sum(row[2] for row in rows)
    return [(OTHERS, count, cents)] if 0 < count < FEWEST else []


def months(rows: Iterable[Row], total: tuple[int, int] | None = None) -> list[Row]:
    """The same for months ("2027-03"), in their order, the group at the end."""
    return sorted(grouped(rows, total), key=lambda row: (row[0] == OTHERS, row[0]))


# The account that holds the money of each step after use, see `figures.Money`.
HELD_IN = {"owed": "payable", "under_way": "in_transfer", "paid": "settled"}
FEES = ("fees_due", "vat_due", "swept")


def usage(counted: dict[str, int]) -> dict[str, int | None]:
    """The steps of passes: a step of fewer than five says neither its count nor its amount, nor can it be found.

    When so few were used, nothing but what was issued is said: what circulates and what is owed would tell the rest.
    """
    small = {name for name, value in counted.items() if not name.endswith("_cents") and fewest(value) is None}
    if "used" in small:
        small |= {name for name in counted if name != "issued"}
    else:
        small |= _found_by_difference(counted)
    return {name: None if name.removesuffix("_cents") in small else value for name, value in counted.items()}


def _found_by_difference(counted: dict[str, int]) -> set[str]:
    """Both parts of a total that is said, when either is small; and the total, when itself is found from two others.

    Always both: whether a part stands alone or beside its neighbour would already tell how small it is.
    """
    count = {name: counted.get(name, 0) for name in ("issued", "used", *HELD_IN, "expired", "circulation")}
    unsaid: set[str] = set()
    if _small(count["used"] - count["paid"], count["paid"]):
        unsaid |= HELD_IN.keys()
    elif _small(count["owed"], count["under_way"]):
        unsaid |= {"owed", "under_way"}
    if _small(count["issued"] - count["used"]):
        unsaid |= {"issued", "expired", "circulation"}
    elif _small(count["expired"], count["circulation"]):
        unsaid |= {"expired", "circulation"}
    return unsaid


def _small(*counts: int) -> bool:
    return any(fewest(count) is None for count in counts)


def money(counted: dict[str, int], said: dict[str, int | None]) -> dict[str, Any]:
    """The money behind the steps that are `said`: what would tell an unsaid one is added up and said as one sum.

    `joined` holds these sums, each with the names of what it adds up.
    """
    before = ("credit", "circulation") if said["circulation"] is None else ()
    after = tuple(account for step, account in HELD_IN.items() if said[step] is None)
    joined = [names for names in (before, (*after, *FEES) if after else ()) if names]
    # What left the ring-fenced accounts is what was paid.
    gone = {name for names in joined for name in names} | ({"safeguarded"} if "settled" in after else set())
    return {
        **{name: None if name in gone else value for name, value in counted.items()},
        "joined": [[list(names), sum(counted[name] for name in names)] for names in joined],
    }
