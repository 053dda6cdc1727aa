"""Taking in a file: right rows are kept, wrong ones explained, our own sites put right; again, it changes nothing."""

import csv
import io
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from actors.directory_models import KnownPlace, PlaceImport, PlaceImportFault
from actors.models import Site
from actors.open_data import export, importing
from aptic.audit.models import Event
from aptic.documents import services as documents
from aptic.errors import NotAllowed
from aptic.jobs import running
from aptic.jobs.models import Job
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.vocabulary.models import Service
from aptic.vocabulary.services import add_parcours
from tests.actors.open_data.files import as_csv, as_json, entry, job_of, send
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.test_directory_page import make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(settings: Any, tmp_path: Any) -> Member:
    settings.MEDIA_ROOT = tmp_path
    return make_operator()


def counts(file: PlaceImport) -> dict[str, int]:
    return {name: getattr(file, name) for name in ("rows", "added", "updated", "unchanged", "older", "refused")}


def places() -> list[str]:
    with acting(OPERATOR):
        return list(KnownPlace.objects.order_by("source_id").values_list("name", flat=True))


def test_a_file_is_kept_and_the_same_again_changes_nothing(operator: Member) -> None:
    rows = [entry(number) for number in range(1, 4)]
    first = send(operator, as_csv(rows))
    assert counts(first) == {"rows": 3, "added": 3, "updated": 0, "unchanged": 0, "older": 0, "refused": 0}
    assert first.finished_at
    assert job_of(first).state == Job.State.DONE
    with acting(OPERATOR):
        before = list(KnownPlace.objects.order_by("pk").values_list("pk", "digest"))
    assert counts(send(operator, as_json(rows)))["unchanged"] == 3, "whatever its writing"
    with acting(OPERATOR):
        assert list(KnownPlace.objects.order_by("pk").values_list("pk", "digest")) == before
    rows[0]["nom"] = "Renommée"
    changed = send(operator, as_csv(rows, delimiter=";", encoding="cp1252"))
    assert (changed.updated, changed.unchanged) == (1, 2)
    assert places() == ["Renommée", "Médiathèque n° 2", "Médiathèque n° 3"]


def test_a_wrong_row_is_explained_and_the_annotated_file_can_be_sent_again(operator: Member) -> None:
    rows = [entry(1), entry(2, nom="=cmd()", date_maj="hier"), entry(3, telephone="12"), entry(1)]
    file = send(operator, as_csv(rows))
    assert (file.added, file.refused) == (1, 3)
    with acting(OPERATOR):
        faults = list(PlaceImportFault.objects.order_by("line", "pk").values_list("line", "column"))
        annotated = documents.read(PlaceImport.objects.select_related("annotated").get(pk=file.pk).annotated)
    assert faults == [(3, "nom"), (4, "telephone"), (5, "id")]
    again = list(csv.DictReader(io.StringIO(annotated.decode("utf-8-sig")), delimiter=";"))
    assert [bool(row["erreurs"]) for row in again] == [False, True, True, True]
    assert again[1]["nom"] == "'=cmd()", "no spreadsheet runs it"
    assert "formule" in again[1]["erreurs"]
    assert counts(send(operator, annotated))["refused"] == 3, "uncorrected, it is refused for the same reasons"
    again[1] |= {"nom": "Corrigé", "date_maj": "2026-11-03"}
    again[2]["telephone"] = "0556000000"
    again[3]["id"] = "lieu-4"
    text = io.StringIO()
    writer = csv.DictWriter(text, again[0], delimiter=";")
    writer.writeheader()
    writer.writerows(again)
    assert counts(send(operator, text.getvalue().encode()))["refused"] == 0
    assert places() == ["Médiathèque n° 1", "Corrigé", "Médiathèque n° 3", "Médiathèque n° 1"]


@pytest.mark.parametrize("content", [b"%PDF-1.7 pas un CSV", b"nom;adresse\nx;y\n", b""])
def test_what_is_no_file_of_places_fails_with_a_sentence(operator: Member, content: bytes) -> None:
    file = send(operator, content)
    job = job_of(file)
    assert job.state == Job.State.FAILED
    assert job.error
    assert "inattendue" not in job.error
    assert places() == []


def test_our_own_sites_are_put_right_and_never_made_older(operator: Member) -> None:
    site = make_site("Port d’attache", "33039", services=[101], opening_hours="Mo 09:00-12:00")
    untouched = export.row_of(site_row(site), export._service_words())
    assert counts(send(operator, as_csv([untouched])))["unchanged"] == 1, "our own export says nothing new"
    newer = {**untouched, "horaires": "Tu 14:00-18:00", "telephone": "+33556111111", "complement_adresse": ""}
    assert send(operator, as_csv([newer])).updated == 1
    with acting(OPERATOR):
        site.refresh_from_db()
        verbs = list(Event.objects.filter(object_id=str(site.pk)).values_list("verb", flat=True))
    assert (site.opening_hours, site.phone, site.services) == ("Tu 14:00-18:00", "0556111111", [101])
    assert verbs == ["site_edited"], "as by hand: audited"
    older = {**newer, "horaires": "We 14:00-18:00", "date_maj": "2020-01-01"}
    assert send(operator, as_csv([older])).older == 1
    moved = {**newer, "code_insee": "33063", "code_postal": "33000", "commune": "Bordeaux", "horaires": "24/7"}
    assert send(operator, as_csv([moved])).refused == 1
    with acting(OPERATOR):
        site.refresh_from_db()
    assert (site.opening_hours, site.commune_id) == ("Tu 14:00-18:00", "33039")
    assert places() == [], "a site of the network is known as such only"


def test_a_file_of_the_standard_takes_no_local_parcours_away(operator: Member) -> None:
    with acting(operator.principal):
        first = add_parcours(parent=Service.objects.get(pk=1), name="Déclarer ses revenus", description="En ligne.")
        second = add_parcours(parent=Service.objects.get(pk=2), name="Trier ses courriels", description="En ligne.")
    site = make_site("Port d’attache", "33039", services=[1, 2, first.pk, second.pk])
    said = export.row_of(site_row(site), export._service_words())
    assert counts(send(operator, as_csv([said])))["unchanged"] == 1
    fewer = {**said, "services": f"{Service.objects.get(pk=1).name}|{Service.objects.get(pk=3).name}"}
    assert send(operator, as_csv([fewer])).updated == 1
    with acting(OPERATOR):
        site.refresh_from_db()
    assert set(site.services) == {1, 3, first.pk}, "that of a service it no longer says is gone with it"


def site_row(site: Site) -> Site:
    with acting(OPERATOR):
        return Site.objects.select_related("commune", "actor").get(pk=site.pk)


def test_a_crash_resumes_after_the_last_chunk(operator: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    real, calls = importing.take_chunk, []

    def dies(file: PlaceImport, chunk: Any) -> None:
        real(file, chunk)
        calls.append(len(chunk))
        if len(calls) == 2:
            raise KeyboardInterrupt  # the worker is killed before the step commits

    monkeypatch.setattr(importing, "take_chunk", dies)
    with pytest.raises(KeyboardInterrupt):
        send(operator, as_csv([entry(number) for number in range(1, 6)]))
    with acting(OPERATOR):
        file = PlaceImport.objects.get()
        assert (file.rows, file.added) == (2, 2)
        Job.objects.update(state="queued", lease=None, lease_until=None)
    assert running.run(file.job_id)
    with acting(OPERATOR):
        file.refresh_from_db()
    assert counts(file) == {"rows": 5, "added": 5, "updated": 0, "unchanged": 0, "older": 0, "refused": 0}


def test_a_chunk_costs_the_same_queries_whatever_its_rows(operator: Member, django_assert_num_queries: Any) -> None:
    with acting(operator.principal):
        file = importing.start_import(source="x", filename="x.csv", content=b"x")
    for many in (1, 40):
        chunk = [(line, entry(many * 100 + line)) for line in range(many)]
        with acting(operator.principal), django_assert_num_queries(6):
            importing.take_chunk(file, chunk)


def test_two_sources_do_not_mix(operator: Member) -> None:
    send(operator, as_csv([entry(1)]), source="Hub A")
    assert send(operator, as_csv([entry(1, nom="Autre")]), source="Hub B").added == 1
    assert sorted(places()) == ["Autre", "Médiathèque n° 1"]


def test_only_the_operator_s_deciders_import(operator: Member) -> None:
    actor = make_site("x").actor
    for principal in (make_member(actor, Hat.ACTOR, "manager").principal, make_operator("finance").principal):
        with acting(principal), pytest.raises(NotAllowed):
            importing.start_import(source="x", filename="x.csv", content=b"x")


def test_nobody_else_reads_what_is_known(operator: Member) -> None:
    send(operator, as_csv([entry(1), entry(2, nom="")]))
    for principal in (Principal(), Principal(hat=Hat.ACTOR, organisation_id=make_site("x").actor_id)):
        with acting(principal):
            for model in (KnownPlace, PlaceImport, PlaceImportFault):
                assert not model.objects.exists()
                assert not model.objects.visible_to(principal).exists()


def test_a_count_that_does_not_add_up_is_refused(operator: Member) -> None:
    file = send(operator, as_csv([entry(1)]))
    with acting(OPERATOR), pytest.raises(IntegrityError, match="place_import_adds_up"):
        PlaceImport.objects.filter(pk=file.pk).update(rows=7)


def test_an_entry_is_one_per_source_and_id(operator: Member) -> None:
    send(operator, as_csv([entry(1)]))
    with acting(OPERATOR), pytest.raises(IntegrityError, match="one_known_place_per_entry"):
        one = KnownPlace.objects.get()
        one.pk = None
        one._state.adding = True
        one.pk = KnownPlace().pk
        one.said_on = timezone.localdate()
        one.save(force_insert=True)
