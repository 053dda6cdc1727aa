"""How long a worker may be silent, how often a job is taken up again, and how much time is left."""

from datetime import datetime, timedelta

LEASE = timedelta(minutes=3)  # a worker silent for longer has lost its job
MAX_ATTEMPTS = 5
LOST_IN_BROKER = timedelta(minutes=1)  # a queued job that no worker took is sent again
MIN_SHARE = 0.05  # below, a forecast would be a guess


def time_left(*, done: int, total: int, started_at: datetime | None, now: datetime) -> timedelta | None:
    """What remains at the pace so far; None while it cannot be known."""
    if started_at is None or not total or done < total * MIN_SHARE or done >= total:
        return None
    return (now - started_at) * ((total - done) / done)
