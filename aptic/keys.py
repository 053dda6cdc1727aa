"""The installation's keys: made once in `$APTIC_VAR/keys.env`, read as versioned rings, checked against the database.

A ring is a list of `version:base64`; the last one writes, all of them read. Losing the code keys makes every
printed pass unreadable, so the file must be backed up apart from the database.

Signatures have two rings: the seeds sign, and only who prints has them; the public ring checks, and everybody does.
`python -m aptic.keys` writes both for the `.env` of several machines.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEEDS, PUBLISHED = "APTIC_SIGNING_KEYS", "APTIC_SIGNING_PUBLIC_KEYS"
RINGS = ("APTIC_CODE_KEYS", SEEDS, "APTIC_DATA_KEYS")
SECRETS = ("APTIC_SECRET_KEY", *RINGS)
KEY_BYTES = 32
TRAINING = 31  # the code version of training passes, which never reach the ledger
USAGE = """python -m aptic.keys new             des clés neuves, pour le fichier .env
python -m aptic.keys public < .env   le trousseau public de celles du fichier : une ligne à y mettre"""


class BadRing(ValueError):
    """A ring that cannot be read, or that does not fit another; its text is a French sentence."""


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
        *_fresh_lines(),
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
            raise BadRing("des clés sont illisibles : l’une n’a pas la forme « version:base64 » de 32 octets.")
        ring[int(version)] = key
    return ring


def write_ring(ring: Mapping[int, bytes]) -> str:
    """A ring as a variable holds it."""
    return ",".join(f"{version}:{base64.b64encode(key).decode()}" for version, key in ring.items())


def public_ring(published: Iterable[str], seeds: Iterable[str]) -> dict[int, bytes]:
    """The keys that check signatures, by version: those published, or the seeds' own where none is.

    Raises BadRing when there is none, and when a seed would sign with a key that is not published: whoever checks
    what it printed would take it for forged.
    """
    ours = _public_parts(seeds)
    return _checking(read_ring(published) or ours, ours)


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for the servers of others: they need no key of ours."""
    return {name: value for name, value in environment.items() if name not in SECRETS}


def fingerprint(code_ring: dict[int, bytes]) -> str:
    """What the database keeps to recognise the code keys: an HMAC under the oldest one that prints real passes.

    Empty when there is none.
    """
    versions = sorted(version for version in code_ring if version != TRAINING)
    if not versions:
        return ""
    return hmac.new(code_ring[versions[0]], b"aptic: code keys of this installation", hashlib.sha256).hexdigest()


def main(arguments: list[str]) -> str:
    """What `python -m aptic.keys` prints; a refusal ends the program with its sentence."""
    if arguments == ["new"]:
        lines = _fresh_lines()
        return "\n".join([*lines, _public_line(lines)])
    if arguments == ["public"]:
        try:
            return _public_line(sys.stdin)
        except BadRing as error:
            sys.exit(str(error))
    sys.exit(USAGE)


def _public_line(lines: Iterable[str]) -> str:
    """The public ring of a file of variables: what it publishes already, and the public parts of its seeds."""
    given = {name.strip(): text.strip().strip("'\"") for name, _, text in (line.partition("=") for line in lines)}
    seeds, published = ([each for each in given.get(name, "").split(",") if each] for name in (SEEDS, PUBLISHED))
    ours = _public_parts(seeds)
    whole = _checking({**ours, **read_ring(published)}, ours)
    return f"{PUBLISHED}={write_ring(dict(sorted(whole.items())))}"


def _checking(ring: dict[int, bytes], ours: dict[int, bytes]) -> dict[int, bytes]:
    """The public ring, once it is known to hold the public part of each of our seeds."""
    if not ring:
        raise BadRing(
            f"{PUBLISHED} n’est pas donnée : sans elle, aucun pass imprimé ne peut être vérifié. "
            f"« python -m aptic.keys public » la tire de {SEEDS}."
        )
    for version, key in ours.items():
        if ring.get(version) != key:
            raise BadRing(
                f"la clé n° {version} de {SEEDS} n’a pas sa partie publique dans {PUBLISHED} : "
                "ce qu’elle signerait serait pris pour un faux. Publiez-la d’abord partout."
            )
    return ring


def _public_parts(seeds: Iterable[str]) -> dict[int, bytes]:
    ring = read_ring(seeds).items()
    return {n: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw() for n, seed in ring}


def _fresh_lines() -> list[str]:
    return [
        f"APTIC_SECRET_KEY={secrets.token_urlsafe(50)}",
        f"APTIC_CODE_KEYS={_fresh(TRAINING)},{_fresh(1)}",
        f"{SEEDS}={_fresh(1)}",
        f"APTIC_DATA_KEYS={_fresh(1)}",
    ]


def _fresh(version: int) -> str:
    return write_ring({version: secrets.token_bytes(KEY_BYTES)})


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1:])}\n")
