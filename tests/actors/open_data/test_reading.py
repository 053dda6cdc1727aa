"""A file of places is read whatever its writing, and what is none is said to be none."""

from pathlib import Path

import pytest

from actors.open_data import reading
from actors.open_data.errors import ColumnsMissing, NotReadable
from tests.actors.open_data.files import as_csv, as_json, entry

ROWS = [entry(1), entry(2, adresse='3, place "haute" ; bât. A\n2e étage')]


def read(folder: Path, content: bytes) -> list[tuple[int, dict[str, str]]]:
    path = folder / "lieux"
    path.write_bytes(content)
    return [(line, {name: value for name, value in row.items() if value}) for line, row in reading.rows(path)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_usual_writing_reads_the_same(tmp_path: Path, delimiter: str, encoding: str) -> None:
    assert read(tmp_path, as_csv(ROWS, delimiter=delimiter, encoding=encoding)) == [(2, ROWS[0]), (3, ROWS[1])]


def test_json_too_and_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PIECE", 64)
    listed = [{**ROWS[0], "services": ROWS[0]["services"].split("|"), "latitude": 44.8, "horaires": None}, ROWS[1]]
    first, second = read(tmp_path, as_json(listed))
    assert first == (1, {**{k: v for k, v in ROWS[0].items() if k != "horaires"}, "latitude": "44.8"})
    assert second == (2, ROWS[1])
    assert read(tmp_path, b"[]") == []


def test_blank_lines_count_and_are_left_out(tmp_path: Path) -> None:
    content = as_csv(ROWS[:1]) + b",,,\r\n\r\n" + as_csv([entry(3)]).split(b"\r\n", 1)[1]
    assert [line for line, _ in read(tmp_path, content)] == [2, 5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "classeur"),
        (b"\x89PNG\r\n", "image"),
        (b"<!DOCTYPE html><html>", "page web"),
        (b"\x7fELF\x00\x00", "pas un texte"),
        ('id,nom\nà,"b'.encode("utf-16"), "pas un texte"),
        (b'{"type": "FeatureCollection"}', "pas une liste"),
        (b'[{"id": "1"', "avant sa fin"),
        (b'[{"id": "' + b"x" * 2_000_000, "en finit pas"),
        (b"[1, 2]", "pas un lieu"),
    ],
)
def test_what_is_no_such_file_is_said_to_be_none(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(NotReadable, match=said):
        read(tmp_path, content)


@pytest.mark.parametrize("content", [b"nom;adresse\r\nx;y\r\n", b'[{"nom": "x"}]'])
def test_missing_columns_are_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ColumnsMissing, match="id, pivot"):
        read(tmp_path, content)
