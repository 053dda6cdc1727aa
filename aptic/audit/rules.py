"""How seals are chained: pure, so that anybody can recompute a published head from the rows."""

import hashlib
import json

GENESIS = bytes(32)


def chain(
    *, previous: bytes, table: str, low: int, high: int, first: int, last: int, count: int, rows_hash: bytes
) -> bytes:
    """The hash of a seal: SHA-256 over the canonical JSON of its content and of the hash before it."""
    content = [previous.hex(), table, low, high, first, last, count, rows_hash.hex()]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).digest()
