"""Counting failed attempts, and what strangers send, in Valkey. Nobody is ever locked out because Valkey is away."""

import logging
from ipaddress import AddressValueError, IPv6Address, IPv6Network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
FAILED_TOKENS = 20  # per address
WINDOW = 600  # seconds


def client_address(request: HttpRequest) -> str:
    """Where a visitor comes from: the last hop that our own proxies (`APTIC_PROXIES` of them) did not write themselves.

    Of an IPv6 address the network (/64) only: whoever has one of its addresses has all of them, and limits count by it.
    """
    return _network(_last_hop(request))


def _last_hop(request: HttpRequest) -> str:
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def _network(address: str) -> str:
    """An IPv6 address as the first of its /64, one that wraps IPv4 as IPv4, anything else as it is written."""
    try:
        read = IPv6Address(address)
    except AddressValueError:
        return address
    return str(read.ipv4_mapped or IPv6Network((int(read), 64), strict=False).network_address)


def too_many_failures(name: str, key: str, *, limit: int = FAILED_TOKENS, window: int = WINDOW) -> bool:
    """Count one failure of `key` (an address, a device); True when it is beyond `limit` in `window` seconds."""
    return too_much(name, key, 1, limit=limit, window=window)


def too_much(name: str, key: str, amount: int, *, limit: int, window: int) -> bool:
    """Count `amount` (bytes, say) for `key`; True when all of it is beyond `limit` in `window` seconds."""
    entry = f"failed:{name}:{key}"
    try:
        cache.add(entry, 0, window)
        return cache.incr(entry, amount) > limit
    except (RedisError, OSError, ValueError):  # ValueError: the entry expired between the two
        logger.warning("%s: not counted: the cache is away", name)
        return False
