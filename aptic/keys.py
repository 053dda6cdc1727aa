"""The installation's keys: made once in `$APTIC_VAR/keys.env`, read as versioned rings, checked against the database.

A ring is a list of `version:base64`; the last one writes, all of them read. Losing the code keys makes every
printed pass unreadable, so the file must be backed up apart from the database.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

RINGS = ("APTIC_CODE_KEYS", "APTIC_SIGNING_KEYS", "APTIC_DATA_KEYS")
SECRETS = ("APTIC_SECRET_KEY", *RINGS)
KEY_BYTES = 32
TRAINING = 31  # the code version of training passes, which never reach the ledger


class BadRing(ValueError):
    """A ring that cannot be read; its text is a French sentence."""


def make_keys(folder: Path) -> bool:
    """Write `folder`/keys.env with what it lacks, readable by us alone. True when a new file was made.

    An existing file is never rewritten: a key in use cannot be told from a key that may go.
    """
    path = folder / "keys.env"
    if path.exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Clés de cette installation. Sauvegardez ce fichier à part de la base : sans lui,",
        "# aucun pass imprimé ne peut plus être lu ni aucun document chiffré ouvert.",
        f"APTIC_SECRET_KEY={secrets.token_urlsafe(50)}",
        f"APTIC_CODE_KEYS={_fresh(TRAINING)},{_fresh(1)}",
        f"APTIC_SIGNING_KEYS={_fresh(1)}",
        f"APTIC_DATA_KEYS={_fresh(1)}",
    ]
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return True


def read_ring(entries: Iterable[str]) -> dict[int, bytes]:
    """The keys of a ring by version, in the order written.

    Raises BadRing when an entry is not `version:base64` of 32 bytes.
    """
    ring: dict[int, bytes] = {}
    for entry in entries:
        version, _, text = entry.strip().partition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if not version.isdigit() or len(key) != KEY_BYTES:
            raise BadRing("une clé n’a pas la forme « version:base64 » de 32 octets.")
        ring[int(version)] = key
    return ring


def fingerprint(code_ring: dict[int, bytes]) -> str:
    """What the database keeps to recognise the code keys: an HMAC under the oldest one that prints real passes.

    Empty when there is none.
    """
    versions = sorted(version for version in code_ring if version != TRAINING)
    if not versions:
        return ""
    return hmac.new(code_ring[versions[0]], b"aptic: code keys of this installation", hashlib.sha256).hexdigest()


def _fresh(version: int) -> str:
    return f"{version}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
