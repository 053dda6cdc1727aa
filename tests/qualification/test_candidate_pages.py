"""The pages of whoever applies: four answers to begin, a part at a time, a link to come back, the file that is sent."""

import io
import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from aptic.documents import uploads
from aptic.logs import HideCodes
from aptic.tenancy.principal import acting
from qualification import candidacy, link, referentials
from qualification.models import Application
from qualification.views import candidate, public
from tests.factories import OPERATOR, make_siret
from tests.qualification.candidates import IBAN, PDF, all_answers, begin, fill, holding, place, sent
from tests.qualification.test_applications import mails
from tests.qualification.test_pages import counted, text

pytestmark = pytest.mark.django_db
START = {"organisation_name": "Les Ateliers", "contact_name": "Camille", "email": "camille@ateliers.example"}


def start(client, **more):
    response = client.post(reverse("application"), START | {"siret": make_siret(), **more})
    assert response.status_code == 302, text(response)
    with acting(OPERATOR):
        return Application.objects.order_by("-begun_at").first()


def url(name, row, *args):
    return reverse(name, args=[row.pk, *args])


def held(row):
    with acting(OPERATOR):
        return Application.objects.get(pk=row.pk)


def open_link(client, row):
    return client.get(reverse("application_link", args=[link.sign(row.pk)]))


def test_anybody_begins_and_stands_on_the_page_of_the_file(client):
    assert "Commencer ma candidature" in text(client.get(reverse("application")))
    row = start(client)
    page = text(client.get(url("application_page", row)))
    assert "pas encore envoyée" in page
    assert "C’est à <b>vous</b> de jouer" in page
    assert "Au moins un lieu." in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"siret": "12345678901234"}, "sa clé de contrôle ne correspond pas"),
        ({"siret": "123456789"}, "sont un SIREN"),
        ({"email": "camille"}, "Votre adresse électronique :"),
        ({"organisation_name": " "}, "Nom de l’organisation :"),
        ({"organisation_name": "Gagnez http://piege.example"}, "Ce nom contient l’adresse d’un site"),
    ],
)
def test_a_mistake_is_said_beside_its_question_and_keeps_the_rest(client, wrong, said):
    page = text(client.post(reverse("application"), START | {"siret": make_siret()} | wrong))
    assert "Un point est à corriger" in page
    assert said in page
    with acting(OPERATOR):
        assert not Application.objects.exists()


def test_a_siret_that_is_known_says_what_to_do(client):
    page = text(client.post(reverse("application"), START | {"siret": sent().siret}))
    assert "déjà enregistrée pour ce SIRET" in page


def test_too_many_beginnings_from_one_address_wait(client, monkeypatch):
    monkeypatch.setattr(public, "PER_HOUR", 2)
    one = {"REMOTE_ADDR": "203.0.113.9"}
    for _ in range(2):
        assert client.post(reverse("application"), START | {"siret": make_siret()}, **one).status_code == 302
    response = client.post(reverse("application"), START | {"siret": make_siret()}, **one)
    assert response.status_code == 429
    assert "réessayez dans une heure" in text(response)
    assert client.post(reverse("application"), START | {"siret": "12"}, **one).status_code == 200


def test_an_address_that_got_enough_letters_changes_no_answer(client):
    answers = [client.post(reverse("application"), START | {"siret": make_siret()}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {302}
    pages = {re.sub(r'value="[^"]*"', "", text(client.post(reverse("application_find"), {"email": email})))
             for email in (START["email"], "nobody@essai.example")}  # fmt: skip
    assert len(pages) == 1
    assert [to for _, to in mails()] == [START["email"]] * 3


def test_another_browser_needs_the_link(client, django_user_model):
    row = begin()
    for name in ("application_page", "application_organisation", "application_papers", "application_submit"):
        response = client.get(url(name, row))
        assert (response.status_code, response.url) == (302, reverse("application_find"))
    response = open_link(client, row)
    assert response.url == url("application_page", row)
    page = client.get(response.url)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"


def test_a_link_that_is_no_link_leads_to_asking_for_one(client):
    page = client.get(reverse("application_link", args=["nothing"]))
    assert page.status_code == 404
    assert "Ce lien n’est plus valable" in text(page)
    begin()
    for email in ("camille@ateliers.example", "nobody@essai.example"):
        assert "Si une candidature a été commencée" in text(client.post(reverse("application_find"), {"email": email}))


def test_a_whole_file_is_filled_in_and_sent_from_the_pages(client):
    row = start(client)
    organisation = {
        "organisation_name": "Les Ateliers", "siret": row.siret, "legal_status": "public",
        "address": "1 place de la Mairie", "charges_vat": "on",
    }  # fmt: skip
    assert client.post(url("application_organisation", row), organisation).status_code == 302
    people = {"contact_name": "Camille", "email": START["email"], "phone": "05 00 00 00 00"}
    page = text(client.post(url("application_people", row), people))
    assert "2 points sont à corriger" in page
    people |= {"representative_name": "Dominique", "mandated": "on"}
    assert client.post(url("application_people", row), people).status_code == 302
    lieu = {"name": "Le Lieu", "address": "1 rue", "commune": "Bègles", "phone": "0500000000", "services": ["1", "3"],
             "opening_hours": "mardi 9h-12h"}  # fmt: skip
    assert "Aucun lieu pour l’instant" in text(client.get(url("application_sites", row)))
    assert "Nous ne connaissons pas" in text(
        client.post(url("application_site_create", row), lieu | {"commune": "Trifouilly"})
    )
    assert client.post(url("application_site_create", row), lieu).status_code == 302
    assert "Mardi, 9 h – 12 h" in text(client.get(url("application_sites", row)))
    fill_questionnaire(client, row)
    bank = {"holder": "Les Ateliers", "iban": IBAN}
    assert "clé" in text(client.post(url("application_account", row), bank | {"iban": IBAN[:-1] + "8"}))
    assert client.post(url("application_account", row), bank).status_code == 302
    for kind in ("deliberation", "bank"):
        paper = {"kind": kind, "file": named(PDF)}
        assert client.post(url("application_papers", row), paper).status_code == 302
    page = text(client.get(url("application_page", row)))
    assert "Relire et envoyer" in page
    assert IBAN not in page
    submit = url("application_submit", row)
    page = text(client.get(submit))
    assert "sans distinction" in page
    assert "La tête de réseau de votre territoire" in page
    assert "Il manque encore" not in page
    assert "2 points sont à corriger" in text(client.post(submit))
    assert client.post(submit, {"agree_charter": "on", "agree_terms": "on"}).status_code == 302
    page = text(client.get(url("application_page", row)))
    assert "à l’étude" in page
    assert "C’est à <b>l’opérateur</b> de jouer" in page
    stored = held(row)
    assert (stored.state, stored.commune_id, stored.phone, stored.charges_vat) == (
        "submitted", "33039", "0500000000", True,
    )  # fmt: skip
    assert "ne se modifie plus" in text(client.get(url("application_organisation", row)))
    assert "ne se modifie plus" in text(client.post(url("application_organisation", row), organisation))


def fill_questionnaire(client, row):
    """Page after page, as a browser goes."""
    with acting(OPERATOR):
        content = referentials.in_force().content
    answers, address = all_answers(content), client.get(url("application_questions", row)).url
    while "questionnaire" in address:
        page = text(client.get(address))
        names = set(re.findall(r'name="(\w+)"', page)) & set(answers)
        response = client.post(address, {name: answers[name] for name in names})
        assert response.status_code == 302
        address = response.url
    assert address == url("application_page", row)


def named(content, name="piece.pdf"):
    file = io.BytesIO(content)
    file.name = name
    return file


def test_an_answer_that_leads_to_another_question_brings_the_page_back(client):
    row = start(client)
    address = url("application_section", row, "skills")
    assert "toujours en présence d’un professionnel" not in text(client.get(address))
    response = client.post(address, {"team": ["volunteers"]})
    assert response.url == address
    page = text(client.get(address))
    assert "toujours en présence d’un professionnel" in page
    assert "Votre réponse amène une autre question" in page
    assert client.get(url("application_section", row, "nothing")).status_code == 404


def test_a_place_is_changed_and_removed(client):
    row = fill(begin())
    open_link(client, row)
    with holding(row) as mine:
        found = mine.sites.get()
    address = url("application_site", row, found.pk)
    page = text(client.get(address))
    assert "Mardi, 9 h – 12 h" in page
    data = {"name": "Renommé", "address": "1", "commune": "Bègles", "phone": "0500000000", "services": ["1"]}
    assert client.post(address, data).status_code == 302
    assert held(row).site_name == "Renommé"
    assert client.post(url("application_site_remove", row, found.pk)).status_code == 302
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"MZ\x90\x00 not a document", "statuts.pdf", 422, "ni un PDF, ni une image"),
        (b"<html><script>alert(1)</script>", "statuts.pdf", 422, "ni un PDF, ni une image"),
        (b"%PDF-1.7\nnothing behind", "statuts.pdf", 422, "ne s’ouvre pas"),
        (b"\x89PNG\r\n\x1a\nbroken", "statuts.png", 422, "ne s’ouvre pas"),
        (b"\xff\xd8\xffbroken", "statuts.jpg", 422, "ne s’ouvre pas"),
        (b"%PDF-" + b"0" * uploads.PAPER_MAX, "statuts.pdf", 413, "trop lourd"),
    ],
)
def test_what_is_not_a_paper_is_answered_clearly(client, content, name, status, said):
    row = start(client)
    response = client.post(url("application_papers", row), {"kind": "statutes", "file": named(content, name)})
    assert response.status_code == status
    assert said in text(response)
    with acting(OPERATOR):
        assert not row.documents.exists()


def test_papers_of_one_address_are_weighed_by_the_hour(client, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(candidate, "BYTES_PER_HOUR", 2 * len(PDF))

    def send(row, **where):
        return client.post(url("application_papers", row), {"kind": "other", "file": named(PDF, "a.pdf")}, **where)

    one, other = start(client), start(client)
    assert [send(row).status_code for row in (one, other, one)] == [302, 302, 429]
    assert "réessayez dans une heure" in text(send(other))
    assert send(one, REMOTE_ADDR="203.0.113.9").status_code == 302
    with acting(OPERATOR):
        assert (one.documents.count(), other.documents.count()) == (2, 1)


def test_an_empty_file_is_said_by_the_form(client):
    row = start(client)
    page = text(client.post(url("application_papers", row), {"kind": "statutes", "file": named(b"", "vide.pdf")}))
    assert "à corriger" in page


class Endless(io.RawIOBase):
    """A form whose file is 200 MB long, made as it is read: nothing of it sits in memory."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._pieces = self._made(head, size, tail)
        self._buffer = b""

    def _made(self, head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        zeros = b"0" * 1_000_000
        for _ in range(size // len(zeros)):
            yield zeros
        yield tail

    def read(self, size: int = -1) -> bytes:
        while len(self._buffer) < size and (piece := next(self._pieces, b"")):
            self._buffer += piece
        read, self._buffer = self._buffer[:size], self._buffer[size:]
        return read


def test_two_hundred_megabytes_are_dropped_on_the_way_and_answered_clearly(client, monkeypatch):
    row = start(client)
    size = 200_000_000
    head = (
        b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nstatutes\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="statuts.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-"
    )
    tail = b'\r\n--b\r\nContent-Disposition: form-data; name="expires_on"\r\n\r\n\r\n--b--\r\n'
    written = []
    monkeypatch.setattr(uploads.Bounded, "receive_data_chunk", spy(uploads.Bounded.receive_data_chunk, written))
    response = client.generic(
        "POST",
        url("application_papers", row),
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(len(head) + size + len(tail)),
        **{"wsgi.input": Endless(head, size, tail)},
    )
    assert response.status_code == 413
    page = text(response)
    assert "trop lourd : 10 Mo au plus" in page
    assert 'value="statutes" selected' in page  # what else was chosen stays
    assert sum(written) <= 26_000_000


def spy(method, written):
    def receive(self, raw_data, start):
        kept = method(self, raw_data, start)
        written.append(len(raw_data))
        return kept

    return receive


def test_a_picture_is_a_paper_and_is_given_back_as_a_download(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    row = start(client)
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    given = {"kind": "insurance", "file": named(picture.getvalue(), "photo.pdf")}
    assert "Indiquez jusqu’à quand" in text(client.post(url("application_papers", row), given))
    yesterday = timezone.localdate() - timedelta(days=1)
    given = {"kind": "insurance", "file": named(picture.getvalue(), "photo.pdf"), "expires_on": yesterday.isoformat()}
    assert "n’est plus valable" in text(client.post(url("application_papers", row), given))
    later = timezone.localdate() + timedelta(days=30)
    given = {"kind": "insurance", "file": named(picture.getvalue(), "photo.pdf"), "expires_on": later.isoformat()}
    assert client.post(url("application_papers", row), given).status_code == 302
    with acting(OPERATOR):
        paper = row.documents.get()
    assert (paper.media_type, paper.size) == ("image/png", len(picture.getvalue()))
    answer = client.get(url("application_paper", row, paper.pk))
    assert b"".join(answer.streaming_content) == picture.getvalue()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    stored = next(path for path in tmp_path.rglob("*") if path.is_file()).read_bytes()
    assert picture.getvalue()[:16] not in stored  # encrypted
    again = {"kind": "insurance", "file": named(PDF), "expires_on": later.isoformat()}
    assert client.post(url("application_papers", row), again).status_code == 302
    with acting(OPERATOR):
        assert row.documents.filter(deleted_at=None).get().media_type == "application/pdf"  # it took the place
    assert client.post(url("application_paper_remove", row, row.documents.get(deleted_at=None).pk)).status_code == 302


def test_a_stranger_does_not_open_a_paper(client):
    row = fill(begin())
    with acting(OPERATOR):
        paper = row.documents.first()
    mine = start(client)
    assert client.get(url("application_paper", mine, paper.pk)).status_code == 404
    assert client.get(url("application_paper", row, paper.pk)).status_code == 302


def test_giving_up_asks_first(client):
    row = start(client)
    address = url("application_withdraw", row)
    assert "Abandonner cette candidature ?" in text(client.get(address))
    assert client.post(address).status_code == 302
    assert "Cette candidature est abandonnée" in text(client.get(url("application_page", row)))
    assert client.post(address).status_code == 409


def test_pages_cost_few_queries_however_many_places(client):
    row = fill(begin())
    open_link(client, row)
    names = ("application_page", "application_sites", "application_papers", "application_submit")
    pages = [url(name, row) for name in names]
    client.get(pages[0])
    before = [counted(client, page) for page in pages]
    with holding(row) as mine:
        for n in range(4):
            candidacy.save_site(application=mine, **place(name=f"Lieu {n}"))
    assert [counted(client, page) for page in pages] == before
    assert max(before) <= 20


def test_no_log_keeps_a_link():
    row = begin()
    path = reverse("application_link", args=[link.sign(row.pk)])
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (path,), None)
    assert HideCodes().filter(record)
    assert record.getMessage() == "Not Found: /candidature/lien/…/"
