"""Guessing codes: only false tags count, in Valkey, per device at a till and per address on public pages.

A till is never blocked because of its neighbour, so never by address. Valkey away: devices go on, public look-ups stop
(`PublicLookupsStopped`). Redeeming a genuine pass never asks Valkey.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Literal

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
Kind = Literal["device", "address"]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many false codes in so many seconds."""

    failures: int
    period: int


LIMITS: dict[Kind, Limit] = {"device": Limit(60, 600), "address": Limit(20, 3600)}
DEVICE_PERIOD = LIMITS["device"].period


class PublicLookupsStopped(Exception):
    """Valkey is away: nobody can count, so nobody may guess on public pages."""


def note_failure(kind: Kind, key: str) -> bool:
    """Count one false code of `key`; True for the one that reaches the limit, once per period."""
    name, limit = _name(kind, key), LIMITS[kind]
    try:
        cache.add(name, 0, limit.period)
        reached = cache.incr(name) == limit.failures
        if reached:
            cache.set(f"{name}:since", time.time(), limit.period)
    except (RedisError, ValueError):
        return False
    if reached:
        logger.warning("guessing: %s reached %s false codes", kind, limit.failures)
    return reached


def is_blocked(kind: Kind, key: str, *, proved_at: float = 0) -> bool:
    """Has `key` used up its false codes? Raises PublicLookupsStopped for an address when nobody can count.

    Whoever proved who they are since then (`proved_at`, seconds) starts again from nothing.
    """
    name = _name(kind, key)
    try:
        if int(cache.get(name) or 0) < LIMITS[kind].failures:
            return False
        if proved_at > float(cache.get(f"{name}:since") or 0) > 0:
            cache.delete_many([name, f"{name}:since"])
            return False
    except RedisError as error:
        if kind == "device":
            return False
        raise PublicLookupsStopped from error
    return True


def _name(kind: Kind, key: str) -> str:
    """The key is hashed: an address or a token never lies in Valkey in clear."""
    return f"guess:{kind}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
