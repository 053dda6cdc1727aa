"""Reports about sites: anybody writes one, the right people answer, and nothing of the visitor is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from actors import site_changes as changes
from actors.directory_models import SiteChange
from actors.errors import NotInState, ReasonMissing
from actors.models import Site
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.test_directory_page import make_site, words

pytestmark = pytest.mark.django_db
VISITOR = Principal()


@pytest.fixture
def site() -> Site:
    return make_site("Le Port d’attache", "33039")


@pytest.fixture
def manager(site: Site) -> Member:
    return make_member(site.actor, Hat.ACTOR, Role.MANAGER)


def report(site: Site, kind: str = "hours", message: str = "Fermé le lundi") -> SiteChange:
    with acting(VISITOR):
        return changes.report_change(site=site, kind=kind, message=message)


def states() -> list[str]:
    with acting(OPERATOR):
        return list(SiteChange.objects.order_by("created_at").values_list("state", flat=True))


# --- the visitor -----------------------------------------------------------------------------------------------------


def test_a_visitor_reports_and_is_thanked(client: Client, site: Site, django_assert_max_num_queries: Any) -> None:
    address = f"/lieux/{site.pk}/"
    assert f"{address}signaler/" in client.get(address).content.decode()
    assert "Nous ne gardons rien de vous" in words(client.get(f"{address}signaler/"))
    with django_assert_max_num_queries(8):
        answer = client.post(f"{address}signaler/", {"kind": "hours", "message": " Fermé le lundi "})
    assert answer.status_code == 302
    assert answer["Location"] == f"{address}?merci"
    assert "Merci." in words(client.get(answer["Location"]))
    with acting(OPERATOR):
        change = SiteChange.objects.get()
    assert (change.kind, change.message, change.state, change.actor_id) == (
        "hours", "Fermé le lundi", "open", site.actor_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Ce champ est obligatoire"),
        ({"kind": "inconnu"}, "Sélectionnez un choix valide"),
        ({"kind": "other"}, "Dites en quelques mots"),
        ({"kind": "hours", "message": "x" * 601}, "600 caractères"),
    ],
)
def test_what_says_nothing_is_asked_again(client: Client, site: Site, data: dict[str, str], said: str) -> None:
    answer = client.post(f"/lieux/{site.pk}/signaler/", data)
    assert answer.status_code == 200
    assert said in words(answer).replace("\xa0", " ")
    assert states() == []


def test_one_address_reports_ten_times_an_hour(client: Client, site: Site) -> None:
    def send(address: str) -> int:
        data = {"kind": "hours"}
        return client.post(f"/lieux/{site.pk}/signaler/", data, REMOTE_ADDR=address).status_code

    assert {send("192.0.2.7") for _ in range(10)} == {302}
    assert send("192.0.2.7") == 429
    assert send("192.0.2.8") == 302
    assert len(states()) == 11


def test_an_unknown_site_has_nothing_to_report(client: Client) -> None:
    address = "/lieux/00000000-0000-4000-8000-000000000000/signaler/"
    assert client.get(address).status_code == client.post(address, {"kind": "hours"}).status_code == 404


# --- who answers -----------------------------------------------------------------------------------------------------


def test_the_actor_answers_and_it_is_audited(site: Site, manager: Member) -> None:
    right, wrong = report(site), report(site, "closed")
    with acting(manager.principal):
        changes.accept_change(change=right)
        with pytest.raises(ReasonMissing):
            changes.close_change(change=wrong, answer="  ")
        changes.close_change(change=wrong, answer="Nous étions en congés.")
        with pytest.raises(NotInState):
            changes.accept_change(change=wrong)
    assert states() == ["accepted", "closed"]
    with acting(OPERATOR):
        verbs = Event.objects.filter(object_type="actors.sitechange").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == ["site_change_accepted", "site_change_closed"]


def test_a_complaint_is_the_operator_s(site: Site, manager: Member) -> None:
    complaint = report(site, "refused")
    with acting(manager.principal):
        assert not SiteChange.objects.exists(), "the second wall hides it"
        assert not SiteChange.objects.visible_to(manager.principal).exists()
        with pytest.raises(NotAllowed):
            changes.close_change(change=complaint, answer="Mensonge")
    operator = make_operator()
    with acting(operator.principal):
        changes.accept_change(change=complaint, answer="Nous appelons le lieu.")
    assert states() == ["accepted"]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.SCANNER])
def test_only_those_who_edit_sites_answer(site: Site, role: str) -> None:
    change = report(site)
    with acting(make_member(site.actor, Hat.ACTOR, role).principal), pytest.raises(NotAllowed):
        changes.accept_change(change=change)


def test_the_queues_show_their_own_and_cost_the_same(
    client: Client, site: Site, manager: Member, django_assert_num_queries: Any
) -> None:
    other = make_site("Ailleurs")
    for one in (site, other):
        report(one)
    report(site, "refused", "On m’a dit non")
    manager.log_in(client)
    address = f"/acteur/{site.actor_id}/signalements/"
    page = client.get(address)
    assert "Le Port d’attache" in words(page)
    assert "Ailleurs" not in words(page)
    assert "On m’a dit non" not in words(page)
    queries = 13
    with django_assert_num_queries(queries):
        client.get(address)
    for _ in range(5):
        report(site)
    with django_assert_num_queries(queries):
        client.get(address)
    operator = make_operator()
    read = words(operator.log_in(Client()).get(f"/operateur/{operator.organisation.pk}/signalements/"))
    assert all(said in read for said in ("Le Port d’attache", "Ailleurs", "On m’a dit non"))


def test_a_report_is_answered_on_its_page(client: Client, site: Site, manager: Member) -> None:
    change = report(site)
    manager.log_in(client)
    address = f"/acteur/{site.actor_id}/signalements/{change.pk}/"
    assert "Fermé le lundi" in words(client.get(address))
    assert "Indiquez le motif" in words(client.post(address, {"close": "1", "answer": ""}))
    assert client.post(address, {"close": "1", "answer": "Erreur"}).status_code == 302
    assert states() == ["closed"]
    read = words(client.get(f"/acteur/{site.actor_id}/signalements/", {"etat": "traites"}))
    assert "Écarté" in read
    assert "Erreur" in read
    accepted = report(site)
    answer = client.post(f"/acteur/{site.actor_id}/signalements/{accepted.pk}/", {"accept": "1", "answer": ""})
    assert answer["Location"] == f"/acteur/{site.actor_id}/lieux/{site.pk}/"


# --- what PostgreSQL holds, broken on purpose ------------------------------------------------------------------------


def test_a_report_names_the_site_s_own_actor(site: Site) -> None:
    stranger = make_site("Autre").actor
    with acting(VISITOR), pytest.raises(IntegrityError, match="change_of_site"):
        SiteChange(site=site, actor=stranger, kind="hours", created_at=timezone.now()).save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({"state": "accepted"}, "site_change_decided_iff_dated"),
        ({"answer": "Non"}, "site_change_decided_iff_dated"),
        (
            {"state": "closed", "decided_at": timezone.now(), "decided_by": "00000000-0000-4000-8000-000000000001"},
            "site_change_closed_for_a_reason",
        ),
    ],
)
def test_a_decision_is_whole(site: Site, values: dict[str, Any], broken: str) -> None:
    change = report(site)
    with acting(OPERATOR), pytest.raises(IntegrityError, match=broken):
        SiteChange.objects.filter(pk=change.pk).update(**values)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE actors_sitechange SET message = 'tout va bien'",
        "DELETE FROM actors_sitechange",
        "TRUNCATE actors_sitechange",
    ],
)
def test_what_was_said_is_neither_edited_nor_deleted(site: Site, sql: str) -> None:
    report(site)
    with acting(OPERATOR), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_visitor_writes_open_reports_only_and_reads_none(site: Site) -> None:
    report(site)
    now = timezone.now()
    with acting(VISITOR):
        assert not SiteChange.objects.exists()
        decided = SiteChange(
            site=site, actor_id=site.actor_id, kind="hours", created_at=now - timedelta(1), state="accepted",
            decided_at=now, decided_by=site.pk,
        )  # fmt: skip
        with pytest.raises(ProgrammingError):
            decided.save(force_insert=True)
