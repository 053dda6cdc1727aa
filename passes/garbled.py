"""A scanner is a keyboard: set to another layout than the machine, it types &é" for 123 and A for Q.

The counter works without JavaScript, so the server repairs what such a scanner typed into the field. The twin of
`passes/static/counter/garbled.js`; both are tested from `tests/cases/garbled.json`. A repair is a guess: only a
genuine tag makes it a code.
"""

from collections.abc import Iterator

_DIGITS = "1234567890"
# Each undoes one mistake for the whole text.
_TABLES = [
    str.maketrans(typed, meant)
    for typed, meant in (
        # a QWERTY scanner on an AZERTY machine, with or without its Caps Lock; then the French Mac and Belgium
        ("&É\"'(-È_ÇÀAQZW,?!§M:/)°", f"{_DIGITS}QAWZMM//:..--"),
        ("&É\"'(§È!ÇÀAQZW,?=+M:/)°", f"{_DIGITS}QAWZMM//:..--"),
        # an AZERTY scanner on a QWERTY machine, American or British
        ('!@#$%^&*()"£AQZW:;>.<6', f"{_DIGITS}23QAWZMM/:.-"),
        # the right layout, with Shift held or lost, or Caps Lock: QWERTY, then AZERTY
        ('!@#$%^&*()"£?>_;', f"{_DIGITS}23/.-:"),
        ("&É\"'(-È_ÇÀ§!:;", f"{_DIGITS}68/."),
    )
]


def repairs(text: str) -> Iterator[str]:
    """What may have been meant by `text`: one guess for each known mistake."""
    upper = text[:512].upper()
    for table in _TABLES:
        yield upper.translate(table)
