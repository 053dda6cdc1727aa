"""Reading a file of places whatever its writing: CSV in UTF-8 or Latin-1, commas or semicolons, or JSON.

Row by row, from the disk: a file of any size takes the same memory.
"""

import codecs
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from actors.open_data.errors import ColumnsMissing, NotReadable
from actors.open_data.schema import COLUMNS, REQUIRED

PIECE = 64 * 1024
MOST_ENTRY = 1024 * 1024  # characters of one entry; decoding starts again at each piece of it
KNOWN = frozenset(COLUMNS)
Row = dict[str, str]
# First bytes of what people attach by mistake.
STRANGE = {
    b"%PDF": "Ce fichier est un PDF, quel que soit son nom.",
    b"PK\x03\x04": "Ce fichier est un classeur ou une archive : enregistrez-le en CSV UTF-8 depuis votre tableur.",
    b"\xd0\xcf\x11\xe0": "Ce fichier est un ancien classeur : enregistrez-le en CSV UTF-8 depuis votre tableur.",
    b"\x89PNG": "Ce fichier est une image.",
    b"\xff\xd8\xff": "Ce fichier est une image.",
    b"<!DO": "Ce fichier est une page web : téléchargez le fichier lui-même.",
    b"<htm": "Ce fichier est une page web : téléchargez le fichier lui-même.",
}


def check(path: Path) -> str:
    """The encoding of a file that may be one; its nature is read in its bytes. Raises NotReadable."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, first = True, True
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if first:
                _check_start(piece)
                first = False
            if b"\x00" in piece:
                raise NotReadable("Ce fichier n’est pas un texte, ou pas en UTF-8.")
            if is_utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    is_utf8 = False
    if first:
        raise NotReadable("Ce fichier est vide.")
    return "utf-8-sig" if is_utf8 else "cp1252"


def rows(path: Path) -> Iterator[tuple[int, Row]]:
    """(line, columns) of each entry. The line is a spreadsheet's; in JSON, the entry's rank.

    Raises NotReadable and ColumnsMissing.
    """
    encoding = check(path)
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        start = text.read(PIECE).lstrip()
        text.seek(0)
        yield from _json(text) if start[:1] in ("[", "{") else _csv(text, start)


def _check_start(piece: bytes) -> None:
    found = next((words for start, words in STRANGE.items() if piece.lower().startswith(start.lower())), "")
    if found:
        raise NotReadable(found)


def _csv(text: TextIO, start: str) -> Iterator[tuple[int, Row]]:
    header = start.split("\n", 1)[0]
    delimiter = max(";,\t", key=header.count)
    reader = csv.reader(text, delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in REQUIRED if name not in names]:
            raise ColumnsMissing(missing)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(names, cells, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotReadable(f"Ligne {reader.line_num} : ses guillemets ou ses séparateurs ne se suivent pas.") from error


def _json(text: TextIO) -> Iterator[tuple[int, Row]]:
    """The objects of one array, decoded one after the other."""
    decoder, held = json.JSONDecoder(), text.read(PIECE).lstrip("\ufeff \r\n\t")
    if not held.startswith("["):
        raise NotReadable("Ce JSON n’est pas une liste de lieux : il doit commencer par « [ ».")
    held, rank = held[1:], 0
    while True:
        held = held.lstrip(" \r\n\t,")
        if held.startswith("]"):
            return
        found, held = _decode(decoder, held, text)
        rank += 1
        if not isinstance(found, dict):
            raise NotReadable(f"L’entrée {rank} de ce JSON n’est pas un lieu.")
        if rank == 1 and (missing := [name for name in REQUIRED if name not in found]):
            raise ColumnsMissing(missing)
        yield rank, {str(name).lower(): _text(value) for name, value in found.items()}


def _decode(decoder: json.JSONDecoder, held: str, text: TextIO) -> tuple[Any, str]:
    """The next value, reading on while it is not whole. Raises NotReadable at the end of the file."""
    while True:
        try:
            found, end = decoder.raw_decode(held)
        except ValueError as error:
            piece = text.read(PIECE) if len(held) < MOST_ENTRY else ""
            if not piece:
                raise NotReadable("Ce JSON s’arrête avant sa fin, ou l’un de ses lieux n’en finit pas.") from error
            held = (held + piece).lstrip(" \r\n\t,")
        else:
            return found, held[end:]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(str(one) for one in value)
    return "" if value is None else str(value)
