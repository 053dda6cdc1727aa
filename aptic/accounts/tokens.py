"""Secrets that open a door: made here, shown once, kept as a hash.

They carry 256 random bits, so that a plain SHA-256 is enough: there is nothing to guess, and a look-up by hash
costs one index probe on the path of every request.
"""

import hashlib
import secrets

API_KEY = "apk_"
DEVICE = "apd_"
PAIRING = "app_"
INVITATION = "api_"


def new_token(prefix: str) -> tuple[str, bytes]:
    """A fresh secret that starts with `prefix`, and the hash to keep."""
    token = prefix + secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> bytes:
    """SHA-256 of the token as typed; what is not text that we could have made gives a hash that nothing has."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
