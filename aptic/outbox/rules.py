"""When a message is tried again, and when it is given up."""

from datetime import timedelta

GIVE_UP_AFTER = 10  # attempts
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)


def delay(attempts: int) -> timedelta:
    """How long after attempt number `attempts` the next one may start: 30 s, doubled each time, at most 6 h."""
    return min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
