"""The only door to a stored file: members of its owner or reader, whose role allows it; each opening leaves a line."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents.models import Document
from aptic.tenancy.principal import Hat, acting
from tests.accounts.people import log_in, of
from tests.documents.test_storing import WORDS, files, store
from tests.factories import OPERATOR, Member, make_distributor, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15
__all__ = ["files"]


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def get(member: Member, document: Document, **query: str) -> Any:
    """The answer, its file read to the end and closed."""
    answer = member.log_in(Client()).get(f"/documents/{document.pk}/", query)
    answer.text_read = b"".join(answer.streaming_content) if answer.streaming else answer.content
    let_go(answer)
    return answer


def let_go(answer: Any) -> None:
    """What a server does when the answer is over, without the end of the request, which would close our connection."""
    for close in answer._resource_closers:
        close()


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_owner_gets_the_bytes_and_no_cache_keeps_them(funder, encrypted):
    answer = get(funder, store(funder, encrypted=encrypted))
    assert answer.status_code == 200
    assert answer.text_read == WORDS
    assert answer["Content-Length"] == str(len(WORDS))
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="carnets_du_lot_3.pdf"'


def test_the_reader_and_the_operator_get_it_and_nobody_else(funder):
    reader = make_distributor()
    document = store(funder, reader_id=reader.organisation.pk)
    for member in (reader, make_operator()):
        assert get(member, document).status_code == 200
    assert get(make_funder(), document).status_code == 404
    assert get(funder, document).status_code == 200
    assert Client().get(f"/documents/{document.pk}/").url.startswith("/compte/login/")
    unknown = funder.log_in(Client()).get(f"/documents/{uuid.uuid4()}/")
    assert unknown.status_code == 404


def test_roles_narrow_it(funder):
    document = store(funder, roles=[Role.MANAGER, Role.FINANCE])
    agent = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    refused = get(agent, document)
    assert refused.status_code == 403
    assert "rôle" in refused.content.decode()
    assert get(funder, document).status_code == 200
    assert get(make_operator(Role.AGENT), document).status_code == 403


def test_who_left_the_organisation_finds_nothing(funder):
    document = store(funder)
    gone = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    with acting(OPERATOR):
        gone.membership.active = False
        gone.membership.save()
    assert get(gone, document).status_code == 404


def test_whoever_touches_money_proves_it_is_them(funder):
    client = Client()
    log_in(client, of(funder))
    answer = client.get(f"/documents/{store(funder).pk}/")
    assert answer.url.startswith("/espace/double-verification/")


def test_each_opening_leaves_a_line_for_the_owner_and_each_refusal_none(funder):
    document = store(funder)
    get(funder, document)
    get(make_operator(), document)
    get(make_funder(), document)
    with acting(OPERATOR):
        lines = Event.objects.about(document).filter(verb="document_downloaded")
        assert lines.count() == 2
        assert funder.user.pk in set(lines.values_list("person_id", flat=True))


@pytest.mark.parametrize(
    ("media_type", "shown"), [("application/pdf", True), ("text/html", False), ("image/svg+xml", False)]
)
def test_only_a_pdf_is_shown_in_the_page(funder, media_type, shown):
    answer = get(funder, store(funder, media_type=media_type), inline="1")
    assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")


def test_a_file_that_went_at_its_date_says_so(funder):
    document = store(funder)
    with acting(OPERATOR):
        Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    answer = get(funder, document)
    assert answer.status_code == 410
    assert "supprimé à la date prévue" in answer.content.decode()


def test_a_file_that_does_not_open_says_whom_to_tell(funder, files: Path):
    document = store(funder, encrypted=True)
    (files / document.storage_name).write_bytes(b"")
    answer = get(funder, document)
    assert answer.status_code == 500
    assert "L’opérateur est le seul à pouvoir le réparer" in answer.content.decode()
    with acting(OPERATOR):
        assert not Event.objects.about(document).filter(verb="document_downloaded").exists()


def test_an_answer_that_nobody_reads_lets_the_file_go(funder):
    """A HEAD, or a visitor who leaves: a file left open would be a warning, which fails the test."""
    answer = funder.log_in(Client()).head(f"/documents/{store(funder, encrypted=True).pk}/")
    let_go(answer)
    assert answer.status_code == 200


def test_only_looking_is_possible(funder):
    client = funder.log_in(Client())
    for verb in ("post", "put", "delete"):
        assert getattr(client, verb)(f"/documents/{store(funder).pk}/").status_code == 405
