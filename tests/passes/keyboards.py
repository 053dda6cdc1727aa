"""Keyboards, key by key: what a scanner set to one layout makes a machine set to another one type.

Independent of the repairs under test: a text is turned into the keys that the scanner presses, and these into what the
machine writes. `python -m tests.passes.keyboards` prints the table of `tests/cases/garbled.json`.
"""

import json
from itertools import product
from typing import Any

KEYS = [*(f"Digit{n}" for n in "1234567890"), "Minus", *(f"Key{c}" for c in "QWERTYUIOPASDFGHJKLZXCVBNM"),
        "Semicolon", "Comma", "Period", "Slash"]  # fmt: skip
US_LETTERS, FR_LETTERS = "qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklwxcvbn,"


def _layout(digits: str, shifted: str, letters: str, marks: str, shifted_marks: str) -> dict[str, tuple[str, str]]:
    upper = letters.upper().replace(",", "?")
    return dict(zip(KEYS, zip(digits + letters + marks, shifted + upper + shifted_marks, strict=True), strict=True))


LAYOUTS = {
    "us": _layout("1234567890-", "!@#$%^&*()_", US_LETTERS, ";,./", ":<>?"),
    "uk": _layout("1234567890-", '!"£$%^&*()_', US_LETTERS, ";,./", ":<>?"),
    "fr": _layout("&é\"'(-è_çà)", "1234567890°", FR_LETTERS, "m;:!", "M./§"),
    "fr-mac": _layout("&é\"'(§è!çà)", "1234567890°", FR_LETTERS, "m;:=", "M./+"),
}
SCANNERS = ("us", "fr")
# Caps Lock of a machine: of letters (Linux, Mac, and Windows in English), or of every key (Windows in French).
CAPS = {"us": ("", "letters"), "uk": ("", "letters"), "fr": ("", "letters", "keys"), "fr-mac": ("", "letters")}


def pressed(text: str, scanner: str, *, shift: bool | None = None) -> list[tuple[str, bool]]:
    """The keys for `text`, with Shift or not; `shift` forces it for the whole burst."""
    where = {character: (key, bool(n)) for key, pair in LAYOUTS[scanner].items() for n, character in enumerate(pair)}
    keys = [where[character] for character in text]
    return keys if shift is None else [(key, shift) for key, _ in keys]


def typed(keys: list[tuple[str, bool]], machine: str, caps: str = "") -> str:
    """What the machine writes for these keys."""
    written = []
    for key, shift in keys:
        character = LAYOUTS[machine][key][shift ^ (caps == "keys")]
        written.append(character.swapcase() if caps == "letters" else character)
    return "".join(written)


def mistakes() -> list[tuple[str, str, str, bool | None]]:
    """Scanner, machine, Caps Lock, Shift: every pair of layouts, and Shift held or lost where the layout is right."""
    pairs = [(s, m, c, None) for s, m in product(SCANNERS, LAYOUTS) for c in CAPS[m]]
    return pairs + [(one, one, "", shift) for one in SCANNERS for shift in (True, False)]


def table() -> list[dict[str, Any]]:
    """What both languages are tested from."""
    code = "7Q2K9XM4T8WAVN3C"
    meant = {"bare": code, "address": f"HTTPS://PASS.EXEMPLE-A.FR:8443/P/{code}/04ZQWAM0123456789"}
    return [
        {
            "name": f"{kind}: {scanner} scanner, {machine} machine, caps {caps or 'off'}, shift {shift}",
            "text": typed(pressed(text, scanner, shift=shift), machine, caps),
            "keys": [f"{'+' if up else ''}{key}" for key, up in pressed(text, scanner, shift=shift)],
            "code": code,
            "signed": text.rpartition("/")[2] if kind == "address" else "",
        }
        for kind, text in meant.items()
        for scanner, machine, caps, shift in mistakes()
    ]


def main() -> None:
    """Print it, a line for each case."""
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in table()) + "\n]")  # noqa: T201


if __name__ == "__main__":
    main()
