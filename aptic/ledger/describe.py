"""What a transfer is about, in words: the rooms that make business events say how to read them.

Statements and traces read transfers only; whoever knows the event registers here, so that no import goes up.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from aptic.ledger.kinds import TransferKind

Event = tuple[str, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Description:
    """One event for a person: when, which pass (first seven characters), which service, where, whose money."""

    at: datetime | None = None
    text: str = ""
    code: str = ""
    service: str = ""
    site: str = ""
    funder: str = ""


Describer = Callable[[list[Event]], dict[Event, Description]]
Expectation = Callable[[list[uuid.UUID]], dict[uuid.UUID, date]]
_describers: dict[str, Describer] = {}
_expectations: list[Expectation] = []


def describes(*kinds: str) -> Callable[[Describer], Describer]:
    """Register the decorated function as the one that describes events of `kinds`, many at a time."""

    def register(function: Describer) -> Describer:
        for kind in kinds:
            _describers[str(kind)] = function
        return function

    return register


def describe(events: Iterable[Event]) -> dict[Event, Description]:
    """The description of each (kind, event); of a kind that nobody explains, its name."""
    by_function: dict[Describer, list[Event]] = {}
    found: dict[Event, Description] = {}
    for kind, event in events:
        found[kind, event] = Description(text=str(TransferKind(kind).label))
        if function := _describers.get(kind):
            by_function.setdefault(function, []).append((kind, event))
    for function, wanted in by_function.items():
        found.update(function(wanted))
    return found


def expects(function: Expectation) -> Expectation:
    """Register a function that says when money is expected in given purses."""
    if function not in _expectations:
        _expectations.append(function)
    return function


def expected_on(purses: list[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The earliest day on which each purse expects money; a purse of which nobody knows is absent."""
    found: dict[uuid.UUID, date] = {}
    for function in _expectations if purses else []:
        for purse, day in function(purses).items():
            found[purse] = min(day, found.get(purse, day))
    return found
