"""Documents in a store that is no file system: the environment names it, and nothing of ours needs a path."""

import json
import runpy
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from aptic.documents import services, tasks
from aptic.documents.apps import check_file_store
from aptic.documents.errors import DocumentUnreadable
from aptic.documents.models import Document
from aptic.tenancy.principal import acting
from tests.documents.bucket import Bucket
from tests.documents.test_storing import WORDS, store
from tests.factories import OPERATOR, Member, make_funder
from tests.servers import BASE

BACKEND, OPTIONS = "tests.documents.bucket.Bucket", {"bucket_name": "aptic"}


@pytest.fixture
def bucket(settings: Any) -> type[Bucket]:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": BACKEND, "OPTIONS": OPTIONS}}
    Bucket.objects.clear()
    Bucket.reads.clear()
    return Bucket


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_document_is_kept_and_read_in_pieces(funder, bucket, encrypted):
    document = store(funder, encrypted=encrypted)
    ((name, raw),) = bucket.objects.items()
    assert name == document.storage_name
    assert (WORDS[:20] in raw) is not encrypted
    answer = funder.log_in(Client()).get(f"/documents/{document.pk}/")
    assert b"".join(answer.streaming_content) == WORDS
    assert max(bucket.reads) <= 64 * 1024 + 16
    assert min(bucket.reads) > 0


def test_a_row_that_fails_leaves_no_object(funder, bucket):
    with pytest.raises(IntegrityError), transaction.atomic():
        store(funder, title=None)
    assert bucket.objects == {}


def test_an_object_that_is_gone_is_told(funder, bucket):
    document = store(funder)
    bucket.objects.clear()
    with pytest.raises(DocumentUnreadable):
        services.read(document)


def test_past_their_date_they_go_also_when_one_is_gone_already(fresh_database, bucket):
    funder = make_funder()
    due = timezone.now() + timedelta(days=30)
    first, second, kept = store(funder, delete_after=due), store(funder, delete_after=due), store(funder)
    with acting(OPERATOR):
        Document.objects.filter(delete_after=due).update(delete_after=timezone.now() - timedelta(seconds=1))
    services.let_go(first.storage_name)  # a former sweep was killed before its commit
    assert tasks.delete_expired() == 2
    assert list(bucket.objects) == [kept.storage_name]
    with acting(OPERATOR):
        assert not Document.objects.stored().filter(pk__in=[first.pk, second.pk]).exists()


def read_settings() -> dict[str, Any]:
    return runpy.run_path(str(BASE / "aptic" / "settings.py"))


def test_the_environment_names_the_store(monkeypatch, settings):
    monkeypatch.delenv("APTIC_FILES_BACKEND", raising=False)
    usual = read_settings()["STORAGES"]["default"]
    assert usual == {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {}}
    monkeypatch.setenv("APTIC_FILES_BACKEND", BACKEND)
    monkeypatch.setenv("APTIC_FILES_OPTIONS", json.dumps(OPTIONS))
    settings.STORAGES = {**settings.STORAGES, "default": read_settings()["STORAGES"]["default"]}
    check_file_store()
    assert storages["default"].bucket_name == "aptic"


@pytest.mark.parametrize("options", ["bucket_name=aptic", '["aptic"]', '"aptic"', '{"secret": "7Q2K"'])
def test_options_that_are_no_object_are_refused_and_not_repeated(monkeypatch, options):
    monkeypatch.setenv("APTIC_FILES_OPTIONS", options)
    with pytest.raises(
        SystemExit, match=r"^Aptic ne peut pas démarrer : APTIC_FILES_OPTIONS n’est pas un objet JSON"
    ) as told:
        read_settings()
    assert "7Q2K" not in str(told.value)


@pytest.mark.parametrize(
    ("backend", "options", "reason"),
    [
        ("storages.backends.s3.S3Storage", {}, "No module named 'storages'"),
        ("tests.documents.bucket.Pail", {}, "Pail"),
        ("nonsense", {}, "nonsense"),
        (BACKEND, {}, "bucket_name"),
        (BACKEND, {**OPTIONS, "pail": 1}, "pail"),
    ],
)
def test_a_store_that_cannot_be_made_is_told_in_one_sentence_at_start(settings, backend, options, reason):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    with pytest.raises(SystemExit, match=r"^Aptic ne peut pas démarrer : APTIC_FILES_BACKEND et") as told:
        apps.get_app_config("documents").ready()
    assert reason in str(told.value)
    assert len(str(told.value).splitlines()) == 1
