"""How long a worker may be silent, how often a job is taken up again, how much time is left, and who may stop it."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from aptic.accounts.models import Role
from aptic.tenancy.principal import Principal

LEASE = timedelta(minutes=3)  # a worker silent for longer has lost its job
MAX_ATTEMPTS = 5
LOST_IN_BROKER = timedelta(minutes=1)  # a queued job that no worker took is sent again
MIN_SHARE = 0.05  # below, a forecast would be a guess


def time_left(*, done: int, total: int, started_at: datetime | None, now: datetime) -> timedelta | None:
    """What remains at the pace so far; None while it cannot be known."""
    if started_at is None or not total or done < total * MIN_SHARE or done >= total:
        return None
    return (now - started_at) * ((total - done) / done)


def may_steer(principal: Principal, *, started_by: uuid.UUID | None, roles: Collection[str]) -> bool:
    """Who may stop or restart work: who started it, or somebody who could have. It goes on as who started it.

    `principal` sees the work already; a kind that names no `roles` is open to all but the counter's.
    """
    if principal.person_id is not None and principal.person_id == started_by:
        return True
    return principal.role in (roles or set(Role) - {Role.SCANNER})
