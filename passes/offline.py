"""What a counter without a network may take before it must have spoken to the server again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The bounds of one device: what waits on it, and for how long."""

    cents: int
    passes: int
    hours: int


def ceiling() -> Ceiling:
    """The ceiling of every device."""
    return Ceiling(cents=20_000, passes=20, hours=72)
