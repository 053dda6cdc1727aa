"""Counting failed attempts in Valkey. Only failures count, and nobody is ever locked out because Valkey is away."""

import logging

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
FAILED_TOKENS = 20  # per address
WINDOW = 600  # seconds


def client_address(request: HttpRequest) -> str:
    """The visitor's address: the last hop that our own proxies (`APTIC_PROXIES` of them) did not write themselves."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def too_many_failures(name: str, key: str, *, limit: int = FAILED_TOKENS, window: int = WINDOW) -> bool:
    """Count one failure of `key` (an address, a device); True when it is beyond `limit` in `window` seconds."""
    entry = f"failed:{name}:{key}"
    try:
        cache.add(entry, 0, window)
        return cache.incr(entry) > limit
    except (RedisError, OSError, ValueError):  # ValueError: the entry expired between the two
        logger.warning("failures of %s are not counted: the cache is away", name)
        return False
