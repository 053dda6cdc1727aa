"""The page of a piece of work: for who started it and their organisation; nobody else finds it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.accounts.services import add_member
from aptic.jobs import registry, running, services
from aptic.jobs.models import Job
from aptic.jobs.registry import job
from aptic.tenancy.principal import Hat, Principal, acting
from tests.accounts.people import log_in, of
from tests.factories import OPERATOR, Member, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(services, "send", lambda *args: None)

    @job("tests.nothing")
    def nothing(run: object) -> dict[str, str]:
        return {"url": "/fini/", "label": "Voir le lot"}

    job("tests.money", roles=(Role.MANAGER, Role.FINANCE))(nothing)


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


@pytest.fixture
def work(funder: Member) -> Job:
    with acting(funder.principal):
        return services.start(kind="tests.nothing", params={}, title="Émettre 300 carnets")


def mend(work: Job, **values: object) -> None:
    with acting(OPERATOR):
        Job.objects.filter(pk=work.pk).update(**values)


def test_it_shows_progress_and_the_time_left(funder, work, django_assert_max_num_queries):
    running._take(work.pk)
    mend(work, done=30, total=120, message="Émission des pass", started_at=timezone.now() - timedelta(minutes=3))
    client = funder.log_in(Client())
    with django_assert_max_num_queries(20):
        page = client.get(f"/travaux/{work.pk}/").content.decode()
    for words in ("Émettre 300 carnets", "Émission des pass", "30 sur 120", "Encore 9 minutes", "Arrêter le travail"):
        assert words in page


def test_htmx_gets_the_bar_alone_and_a_refresh_at_the_end(funder, work):
    client = funder.log_in(Client())
    bar = client.get(f"/travaux/{work.pk}/", headers={"HX-Request": "true"})
    assert "<html" not in bar.content.decode()
    assert "HX-Refresh" not in bar
    running.run(work.pk)
    assert client.get(f"/travaux/{work.pk}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = client.get(f"/travaux/{work.pk}/").content.decode()
    assert "/fini/" in page
    assert "Voir le lot" in page


def test_no_cache_keeps_it(funder, work):
    assert "no-store" in funder.log_in(Client()).get(f"/travaux/{work.pk}/")["Cache-Control"]


def test_a_colleague_sees_it_and_a_stranger_does_not(funder, work):
    colleague = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    assert colleague.log_in(Client()).get(f"/travaux/{work.pk}/").status_code == 200
    assert make_operator().log_in(Client()).get(f"/travaux/{work.pk}/").status_code == 200
    for stranger in (make_funder(),):
        client = stranger.log_in(Client())
        assert client.get(f"/travaux/{work.pk}/").status_code == 404
        assert client.post(f"/travaux/{work.pk}/arreter/").status_code == 404
        assert client.post(f"/travaux/{work.pk}/relancer/").status_code == 404
    assert Client().get(f"/travaux/{work.pk}/").url.startswith("/compte/login/")


def test_a_manager_gives_the_second_factor_first(funder, work):
    client = Client()
    log_in(client, of(funder))
    assert client.get(f"/travaux/{work.pk}/").url.startswith("/espace/double-verification/")


def test_own_work_without_an_organisation_is_the_persons_alone(funder):
    with acting(Principal(person_id=funder.user.pk)):
        own = services.start(kind="tests.nothing", params={}, title="Mes données")
    assert funder.log_in(Client()).get(f"/travaux/{own.pk}/").status_code == 200
    other = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    assert other.log_in(Client()).get(f"/travaux/{own.pk}/").status_code == 404


def test_it_stops_and_starts_again_by_its_buttons(funder, work):
    client = funder.log_in(Client())
    assert client.get(f"/travaux/{work.pk}/arreter/").status_code == 405
    assert client.post(f"/travaux/{work.pk}/arreter/", follow=True).status_code == 200
    assert client.post(f"/travaux/{work.pk}/arreter/").status_code == 409
    mend(work, state=Job.State.FAILED, error="Une raison.")
    failed = client.get(f"/travaux/{work.pk}/").content.decode()
    assert "Une raison." in failed
    assert "Relancer le travail" in failed
    assert "l’opérateur le voit sur sa page « Machines »" in failed.replace("\xa0", " ")
    operator = make_operator()
    machines = reverse("operator_machinery", args=[operator.organisation.pk])
    assert work.title in operator.log_in(Client()).get(machines).content.decode()
    client.post(f"/travaux/{work.pk}/relancer/")
    assert running.run(work.pk)


@pytest.mark.parametrize(
    ("kind", "role", "may"),
    [
        ("tests.nothing", Role.AGENT, True),
        ("tests.nothing", Role.SCANNER, False),
        ("tests.money", Role.FINANCE, True),
        ("tests.money", Role.AGENT, False),
        ("tests.money", Role.SCANNER, False),
        ("tests.forgotten", Role.MANAGER, True),  # a kind that this version does not know
        ("tests.forgotten", Role.AGENT, False),
    ],
)
def test_a_colleague_stops_and_restarts_only_what_they_could_have_asked_for(funder, work, kind, role, may):
    mend(work, kind=kind)
    client = make_member(funder.organisation, Hat.FUNDER, role).log_in(Client())
    assert ("Arrêter le travail" in client.get(f"/travaux/{work.pk}/").content.decode()) is may
    assert client.post(f"/travaux/{work.pk}/arreter/").status_code == (302 if may else 403)
    mend(work, state=Job.State.FAILED, error="Une raison.", finished_at=timezone.now())
    page = client.get(f"/travaux/{work.pk}/").content.decode()
    assert ("Relancer le travail" in page) is may
    assert ("demandez à la personne qui l’a lancé" in page) is not may
    assert client.post(f"/travaux/{work.pk}/relancer/").status_code == (302 if may else 403)


def test_who_started_it_keeps_it_in_hand_whatever_their_role(funder):
    scanner = make_member(funder.organisation, Hat.FUNDER, Role.SCANNER)
    with acting(scanner.principal):
        own = services.start(kind="tests.money", params={}, title="Le sien")
    assert scanner.log_in(Client()).post(f"/travaux/{own.pk}/arreter/").status_code == 302


def test_of_two_memberships_the_one_that_may_decides(funder, work):
    both = make_member(funder.organisation, Hat.FUNDER, Role.SCANNER)
    operator = make_operator()
    with acting(OPERATOR):
        add_member(organisation=operator.organisation, user=both.user, role=Role.MANAGER)
    assert both.log_in(Client()).post(f"/travaux/{work.pk}/arreter/").status_code == 302
