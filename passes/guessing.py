"""Guessing codes: only false tags count, in Valkey, per device at a till and per address on public pages.

A till is never blocked because of its neighbour, so never by address. Valkey away: devices go on, public look-ups stop
(`PublicLookupsStopped`). Redeeming a genuine pass never asks Valkey.
"""

import hashlib
import logging
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


def note_failure(kind: Kind, key: str) -> int:
    """Count one false code of `key`; returns how many in the period (0 when nobody can count)."""
    name = _name(kind, key)
    try:
        cache.add(name, 0, LIMITS[kind].period)
        count = cache.incr(name)
    except (RedisError, ValueError):
        return 0
    if count == LIMITS[kind].failures:
        logger.warning("guessing: %s reached %s false codes", kind, count)
    return count


def is_blocked(kind: Kind, key: str) -> bool:
    """Has `key` used up its false codes? Raises PublicLookupsStopped for an address when nobody can count."""
    try:
        return int(cache.get(_name(kind, key)) or 0) >= LIMITS[kind].failures
    except RedisError as error:
        if kind == "device":
            return False
        raise PublicLookupsStopped from error


def _name(kind: Kind, key: str) -> str:
    """The key is hashed: an address or a token never lies in Valkey in clear."""
    return f"guess:{kind}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
