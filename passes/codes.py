"""The code of a pass: 80 bits, 16 characters of Crockford base32 in four groups, and the signed QR around it.

    5 bits   key version (31: training, never reaches the ledger)
    26 bits  booklet
    4 bits   position (0: the cover; 1 to 15: the passes)
    45 bits  tag: HMAC-SHA256 over a domain label and the 35 bits before it

Codes are not stored: they are derived when printed and checked before any access to the database. A forger who does
not hold the key has one chance in 2^45 per reading of what was typed, and there are six readings.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from aptic.keys import public_ring, read_ring
from passes import garbled
from passes.errors import NotPrintable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 16
SHORT = 7  # characters that name a pass: key and serial, without the tag
TRAINING_VERSION = 31
TAG_BITS = 45
LABEL = b"aptic pass v1\x00"
# What people type for what is printed; spaces and hyphens are dropped.
_READ = {ord(a): b for a, b in zip("OoIiLl", "001111", strict=True)} | {ord(c): None for c in " -\u00a0\u202f.\t"}
_VALUE = {letter: number for number, letter in enumerate(ALPHABET)}
_EPOCH = date(2020, 1, 1)  # day 0 of the signed end day
_MAX_TYPED = 64


@dataclass(frozen=True, slots=True)
class Code:
    """A verified code: the key that tagged it, and the serial inside."""

    version: int
    serial: int

    @property
    def booklet_id(self) -> int:
        """The booklet it is in."""
        return self.serial >> 4

    @property
    def position(self) -> int:
        """Its place: 0 is the cover, which never redeems."""
        return self.serial & 15

    @property
    def is_cover(self) -> bool:
        """True for the booklet's cover."""
        return self.position == 0

    @property
    def is_training(self) -> bool:
        """True for a code that touches no money."""
        return self.version == TRAINING_VERSION


@cache
def _ring() -> dict[int, bytes]:
    """Key version → secret, from settings.CODE_KEYS ("version:base64")."""
    pairs = (entry.split(":", 1) for entry in settings.CODE_KEYS)
    return {int(version): base64.b64decode(secret) for version, secret in pairs}


@cache
def _seeds() -> dict[int, Ed25519PrivateKey]:
    """What signs; empty but where booklets are printed."""
    return {n: Ed25519PrivateKey.from_private_bytes(seed) for n, seed in read_ring(settings.SIGNING_KEYS).items()}


@cache
def public_keys() -> dict[int, Ed25519PublicKey]:
    """What checks signatures, here and at a counter: key id → public key."""
    ring = public_ring(settings.SIGNING_PUBLIC_KEYS, settings.SIGNING_KEYS)
    return {n: Ed25519PublicKey.from_public_bytes(key) for n, key in ring.items()}


def current_version() -> int:
    """The key version that tags new batches: the highest that is not training."""
    return max(version for version in _ring() if version != TRAINING_VERSION)


def _tag(secret: bytes, body: int) -> int:
    digest = hmac.digest(secret, LABEL + body.to_bytes(5, "big"), hashlib.sha256)
    return int.from_bytes(digest[:6], "big") >> 3


def encode(serial: int, version: int) -> str:
    """The 16 characters for `serial` (30 bits), without separators."""
    body = version << 30 | serial
    number = body << TAG_BITS | _tag(_ring()[version], body)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def parse(text: str) -> Code | None:
    """The code that somebody typed or scanned, or None when it is not genuine.

    Accepts lower case, spaces, hyphens, O for 0, I and L for 1, the whole address of the QR, and what a scanner set
    to another keyboard makes of it. Bounded work for any input, and no database.
    """
    code = _genuine(normalise(text))
    if code is None:
        code = next(filter(None, (_genuine(normalise(repaired)) for repaired in garbled.repairs(text))), None)
    return code


def _genuine(cleaned: str) -> Code | None:
    """The code in `cleaned` when its tag holds."""
    if len(cleaned) != LENGTH:
        return None
    number = 0
    for letter in cleaned:
        value = _VALUE.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    body, tag = number >> TAG_BITS, number & (1 << TAG_BITS) - 1
    secret = _ring().get(body >> 30)
    if secret is None or not hmac.compare_digest(_tag(secret, body).to_bytes(6, "big"), tag.to_bytes(6, "big")):
        return None
    code = Code(version=body >> 30, serial=body & (1 << 30) - 1)
    return code if code.booklet_id else None


def normalise(text: str) -> str:
    """Upper case without separators, look-alikes read as printed; the code alone when given the QR's address."""
    text = text[:512].strip()
    if "/" in text:
        parts = text.upper().split("/P/", 1)
        text = parts[1].split("/", 1)[0].split("?", 1)[0] if len(parts) == 2 else ""
    return text[:_MAX_TYPED].translate(_READ).upper()


def grouped(code: str) -> str:
    """Four groups of four, as printed."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def short(serial: int, version: int) -> str:
    """The first seven characters: key and serial without the tag, enough to name a pass and not to spend it."""
    body = version << 30 | serial
    return "".join(ALPHABET[body >> shift & 31] for shift in range(30, -1, -5))


def read_short(text: str) -> Code | None:
    """The key and serial behind the first seven characters of a code; unverified: it names a pass, never spends it."""
    cleaned = normalise(text)
    if len(cleaned) != SHORT or any(letter not in _VALUE for letter in cleaned):
        return None
    body = 0
    for letter in cleaned:
        body = body << 5 | _VALUE[letter]
    return Code(version=body >> 30, serial=body & (1 << 30) - 1)


def can_sign() -> bool:
    """True where booklets are printed: in the workers of the queue `documents`."""
    return bool(_seeds())


def signed_url(serial: int, version: int, *, batch: int, value_cents: int, ends_on: date) -> str:
    """The QR's text: `HTTPS://HOST/P/<CODE>/<SIGNED>`, alphanumeric.

    SIGNED is base32 (Crockford) of 10 bytes (signing key 1, batch 4, value in cents 3, end day since 2020-01-01 2)
    and of the Ed25519 signature (64 bytes) over them and the code, so that a counter without a network can tell a
    real pass. Raises NotPrintable where there are no seeds.
    """
    if not can_sign():
        raise NotPrintable(
            "Les carnets s’impriment là où sont les clés qui signent : APTIC_SIGNING_KEYS manque à ce programme."
        )
    code = encode(serial, version)
    key_id = max(_seeds())
    facts = (
        bytes([key_id])
        + batch.to_bytes(4, "big")
        + value_cents.to_bytes(3, "big")
        + (ends_on - _EPOCH).days.to_bytes(2, "big")
    )
    signature = _seeds()[key_id].sign(code.encode() + facts)
    return f"{settings.PUBLIC_URL.upper()}/P/{code}/{_base32(facts + signature)}"


@dataclass(frozen=True, slots=True)
class SignedFacts:
    """What the QR says of its pass, proved by the signature."""

    batch: int
    value_cents: int
    ends_on: date


def verify_signed(code: str, signed: str) -> SignedFacts | None:
    """The facts in `signed` when its signature over `code` holds, else None."""
    raw = _from_base32(signed)
    if raw is None or len(raw) != 74:
        return None
    facts, signature = raw[:10], raw[10:]
    key = public_keys().get(facts[0])
    if key is None:
        return None
    try:
        key.verify(signature, code.encode() + facts)
    except InvalidSignature:
        return None
    return SignedFacts(
        batch=int.from_bytes(facts[1:5], "big"),
        value_cents=int.from_bytes(facts[5:8], "big"),
        ends_on=date.fromordinal(_EPOCH.toordinal() + int.from_bytes(facts[8:10], "big")),
    )


def _base32(raw: bytes) -> str:
    pad = -len(raw) * 8 % 5
    number = int.from_bytes(raw, "big") << pad
    return "".join(ALPHABET[number >> shift & 31] for shift in range(len(raw) * 8 + pad - 5, -1, -5))


def _from_base32(text: str) -> bytes | None:
    number = 0
    for letter in text.translate(_READ).upper():
        value = _VALUE.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    size, pad = divmod(len(text) * 5, 8)
    return (number >> pad).to_bytes(size, "big") if size else None
