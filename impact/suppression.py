"""Small numbers are not published: a count under five could point at somebody, also when it is left over from a total.

Pure: rows in, rows out. `None` stands for a number that is not said.
"""

from collections.abc import Iterable

FEWEST = 5  # design §9
OTHERS = "Autres, regroupés"
Row = tuple[str, int, int]


def fewest(count: int) -> int | None:
    """A count alone as it is published."""
    return count if count == 0 or count >= FEWEST else None


def grouped(rows: Iterable[Row]) -> list[Row]:
    """Rows (name, count, cents) whose total is known: the small ones become one row, with enough beside them.

    Whoever takes the rows shown from the total is left with at least two names and at least five: the smallest rows
    join the group until both hold. When nothing would be left to show, nothing is.
    """
    shown = sorted((row for row in rows if row[1]), key=lambda row: (-row[1], row[0]))
    hidden: list[Row] = []
    while shown and shown[-1][1] < FEWEST:
        hidden.append(shown.pop())
    while hidden and shown and (len(hidden) < 2 or sum(row[1] for row in hidden) < FEWEST):
        hidden.append(shown.pop())
    count, cents = sum(row[1] for row in hidden), sum(row[2] for row in hidden)
    if count >= FEWEST:
        shown.append((OTHERS, count, cents))
    return shown


def months(rows: Iterable[Row]) -> list[Row]:
    """The same for months ("2027-03"), in their order, the group at the end."""
    return sorted(grouped(rows), key=lambda row: (row[0] == OTHERS, row[0]))


def usage(counted: dict[str, int]) -> dict[str, int | None]:
    """The steps of passes: a step of fewer than five says neither its count nor its amount.

    When so few were used, nothing but what was issued is said: what circulates and what is owed would tell the rest.
    """
    small = {name for name, value in counted.items() if not name.endswith("_cents") and fewest(value) is None}
    if "used" in small:
        small = {name for name in counted if name != "issued"}
    return {name: None if name.removesuffix("_cents") in small else value for name, value in counted.items()}
