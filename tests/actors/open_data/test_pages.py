"""The operator's pages of open data: sending a file, reading what came of it, finding whom to invite."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from actors.directory_models import KnownPlace, PlaceImport
from actors.models import Site
from actors.views import places
from aptic.jobs import running
from aptic.tenancy.principal import Hat, acting
from tests.actors.open_data.files import as_csv, entry, send
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.test_directory_page import make_site, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(settings: Any, tmp_path: Any, client: Client) -> Member:
    settings.MEDIA_ROOT = tmp_path
    member = make_operator()
    member.log_in(client)
    return member


def address(operator: Member, rest: str = "") -> str:
    return f"/operateur/{operator.organisation.pk}/lieux-connus/{rest}"


def upload(client: Client, operator: Member, content: bytes, name: str = "lieux.csv") -> Any:
    data = {"source": "Hub", "file": SimpleUploadedFile(name, content)}
    return client.post(address(operator, "importer/"), data)


def test_a_file_is_sent_read_and_its_result_shown(client: Client, operator: Member) -> None:
    answer = upload(client, operator, as_csv([entry(1), entry(2, telephone="12")]))
    with acting(OPERATOR):
        file = PlaceImport.objects.get()
    assert answer["Location"] == address(operator, f"importer/{file.pk}/")
    waiting = client.get(answer["Location"])
    assert "en attente" in words(waiting)
    assert f'hx-get="/travaux/{file.job_id}/"' in waiting.content.decode()
    running.run(file.job_id)
    assert client.get(f"/travaux/{file.job_id}/").context["job"].result["url"] == answer["Location"]
    page = client.get(answer["Location"])
    assert all(said in words(page) for said in ("telephone", "format international", "Le fichier annoté"))
    with acting(OPERATOR):
        file.refresh_from_db()
    got = client.get(f"/documents/{file.annotated_id}/")
    assert "format international" in b"".join(got.streaming_content).decode()
    assert "Médiathèque n° 1" in words(client.get(address(operator)))


def test_a_pdf_named_csv_is_told_apart(client: Client, operator: Member) -> None:
    answer = upload(client, operator, b"%PDF-1.7 rien")
    with acting(OPERATOR):
        running.run(PlaceImport.objects.get().job_id)
    assert "Ce fichier est un PDF, quel que soit son nom." in words(client.get(answer["Location"]))


def test_a_file_as_large_as_the_page_promises_is_taken(client: Client, operator: Member) -> None:
    assert settings.UPLOAD_MAX < places.MOST_BYTES, "the national map is larger than any other file"
    assert upload(client, operator, b"x" * places.MOST_BYTES).status_code == 302
    with acting(OPERATOR):
        assert PlaceImport.objects.get().document.size == places.MOST_BYTES


def test_a_file_too_large_is_refused_with_a_way_out(client: Client, operator: Member) -> None:
    answer = upload(client, operator, b"x" * (places.MOST_BYTES + 1))
    read = words(answer).replace("\xa0", " ")
    assert answer.status_code == 413
    assert "trop lourd : 50 Mo au plus. Découpez-le par département" in read
    assert 'value="Hub"' in answer.content.decode(), "what else was typed stays"
    assert "obligatoire" not in read
    assert "obligatoire" in words(client.post(address(operator, "importer/"), {"source": "x"}))
    with acting(OPERATOR):
        assert not PlaceImport.objects.exists()


def test_what_a_source_no_longer_says_and_what_is_old_are_reported(client: Client, operator: Member) -> None:
    send(operator, as_csv([entry(1), entry(2, nom="Disparu"), entry(3, nom="Mal écrit")]), source="Hub")
    last = send(operator, as_csv([entry(1, date_maj="2020-01-01"), entry(3, telephone="12")]), source="Hub")
    read = words(client.get(address(operator, f"importer/{last.pk}/")))
    assert "Ce que la source ne dit plus" in read
    assert "Disparu" in read
    assert "Mal écrit" not in read, "what must be corrected is still said"
    assert "1 entrée de ce fichier date de plus d’un an" in read.replace("\xa0", " ")
    old = words(client.get(address(operator), {"anciens": "1"}))
    assert "Médiathèque n° 1" in old
    assert "Disparu" not in old


def test_sites_of_the_network_that_say_nothing_new_are_reported(client: Client, operator: Member) -> None:
    site = make_site("Muet")
    assert "rien mis à jour" not in words(client.get(address(operator)))
    with acting(OPERATOR):
        Site.objects.filter(pk=site.pk).update(described_at=timezone.now() - timedelta(days=400))
    assert "1 lieu du réseau n’a rien mis à jour depuis un an" in words(client.get(address(operator))).replace(
        "\xa0", " "
    )


def test_the_list_filters_and_costs_the_same(client: Client, operator: Member, django_assert_num_queries: Any) -> None:
    send(operator, as_csv([entry(1, nom="Alpha")]))
    page = address(operator)
    client.get(page)
    with django_assert_num_queries(16):
        client.get(page)
    send(operator, as_csv([entry(number, nom=f"Bêta {number}") for number in range(2, 20)]))
    with django_assert_num_queries(16):
        client.get(page)
    assert "Alpha" not in words(client.get(page, {"q": "beta 3"}))
    assert "Bêta 3" in words(client.get(page, {"q": "beta 3", "departement": "33"}))
    assert "Aucun lieu" in words(client.get(page, {"departement": "24"}))


def test_the_directory_shows_none_of_them(client: Client, operator: Member) -> None:
    send(operator, as_csv([entry(1, nom="Hors du réseau")]))
    with acting(OPERATOR):
        assert KnownPlace.objects.count() == 1
    assert "Hors du réseau" not in words(client.get("/lieux/", {"q": "Bègles"}))


def test_another_space_has_no_such_page(operator: Member) -> None:
    actor = make_member(make_site("x").actor, Hat.ACTOR)
    client = actor.log_in(Client())
    for rest in ("", "importer/"):
        assert client.get(address(operator, rest)).status_code == 404
