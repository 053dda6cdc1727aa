"""Stored files: random names, encrypted bytes when asked, a row that never points at nothing, and a date to go."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic import keys
from aptic.audit.models import Event
from aptic.documents import services, tasks
from aptic.documents.errors import DocumentGone, DocumentUnreadable
from aptic.documents.models import Document
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR, Member, make_funder

pytestmark = pytest.mark.pg15
WORDS = b"7Q2K-9XM4-T8WA-VN3C " * 10_000  # 200 kB: more than three pieces


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def store(member: Member, content: bytes | Path = WORDS, **more: Any) -> Document:
    with acting(member.principal):
        return services.store(
            **{
                "kind": "booklets",
                "title": "Carnets",
                "filename": "carnets du lot 3.pdf",
                "media_type": "application/pdf",
                "content": content,
                "owner_id": member.organisation.pk,
                **more,
            }
        )


def on_disk(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize(
    "content", [b"", b"x", WORDS, b"a" * 65536, b"a" * 65537], ids=["0", "1", "200k", "64k", "64k+1"]
)
def test_what_is_stored_is_read_back(funder, encrypted, content):
    document = store(funder, content, encrypted=encrypted)
    assert services.read(document) == content
    assert (document.size, document.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_file_is_stored_from_its_path_without_being_held_in_memory(funder, tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(WORDS)
    assert services.read(store(funder, source, encrypted=True)) == WORDS


def test_the_store_sees_random_names_and_sealed_bytes(funder, files):
    document = store(funder, encrypted=True)
    (path,) = on_disk(files)
    assert "carnets" not in str(path)
    assert str(document.pk) not in str(path)
    assert b"7Q2K" not in path.read_bytes()
    assert document.filename == "carnets_du_lot_3.pdf"


@pytest.mark.parametrize(
    "harm",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: 10 + 65536 + 16],
        lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        lambda raw: raw[:10] + raw[10 + 65552 : 10 + 2 * 65552] + raw[10 : 10 + 65552] + raw[10 + 2 * 65552 :],
        lambda raw: raw[:10] + raw[10 + 65552 :],
        lambda raw: b"",
        lambda raw: b"\x02\x00\x09" + raw[3:],
        lambda raw: raw + b"x",
    ],
    ids=["cut", "cut at a piece", "one bit", "swapped", "piece dropped", "emptied", "unknown key", "longer"],
)
def test_bytes_that_were_changed_do_not_open(funder, files, harm):
    document = store(funder, encrypted=True)
    (path,) = on_disk(files)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(Exception) as raised:
        services.read(document)
    assert raised.type.__name__ in ("DocumentUnreadable", "CannotDecrypt")


def test_bytes_moved_to_another_document_do_not_open(funder, files):
    first, second = store(funder, encrypted=True), store(funder, encrypted=True)
    os.replace(files / first.storage_name, files / second.storage_name)
    with pytest.raises(DocumentUnreadable):
        services.read(second)
    with pytest.raises(DocumentUnreadable):
        services.read(first)  # its file is not there any more


def test_a_key_that_was_renewed_still_opens_what_it_sealed(funder, settings):
    document = store(funder, encrypted=True)
    settings.DATA_KEYS = [*settings.DATA_KEYS, keys._fresh(2)]
    assert services.read(document) == WORDS
    assert services.read(store(funder, encrypted=True)) == WORDS
    settings.DATA_KEYS = settings.DATA_KEYS[1:]
    with pytest.raises(DocumentUnreadable):
        services.read(document)


def test_a_row_that_fails_leaves_no_file(funder, files):
    with pytest.raises(IntegrityError), transaction.atomic():
        store(funder, title=None)
    assert on_disk(files) == []


def test_storing_is_in_the_trail(funder):
    document = store(funder)
    with acting(funder.principal):
        assert Event.objects.about(document).get().verb == "document_stored"


def test_files_past_their_date_go_and_their_rows_stay(fresh_database, files):
    funder = make_funder()
    past, later = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(days=1)
    gone, kept, for_ever = store(funder, delete_after=past), store(funder, delete_after=later), store(funder)
    assert tasks.delete_expired() == 1
    assert tasks.delete_expired() == 0
    assert len(on_disk(files)) == 2
    with acting(OPERATOR):
        row = Document.objects.get(pk=gone.pk)
        assert list(Document.objects.stored().order_by("created_at")) == [kept, for_ever]
        assert Event.objects.about(gone).filter(verb="document_deleted").count() == 1
    with pytest.raises(DocumentGone):
        services.read(row)


def test_a_file_already_gone_does_not_stop_the_sweep(fresh_database):
    funder, past = make_funder(), timezone.now() - timedelta(seconds=1)
    document = store(funder, delete_after=past)
    default_storage.delete(document.storage_name)
    assert tasks.delete_expired() == 1
