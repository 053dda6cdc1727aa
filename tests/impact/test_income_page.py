"""`/acteur/…/revenus/`: an actor's mix, its risk and its publics, for its managers and finance alone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from actors.income import declare_income, last_of
from actors.income_rules import Kind
from actors.models import Site
from aptic.accounts.models import Role
from aptic.french import euros
from aptic.tenancy.principal import Hat, acting
from impact.income import income_of, passes_by_year, publics_of
from impact.models import Observation
from passes.models import Redemption, Void
from tests.actors.network import make_actor
from tests.factories import OPERATOR, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15
PARIS = ZoneInfo("Europe/Paris")


def address(organisation):
    return reverse("actor_income", args=[organisation.pk])


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def counted(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


# --- figures, against an independent count ---------------------------------------------------------------------------


@pytest.fixture
def library(world):
    return world.people[world.library[0].site.actor_id]


def test_a_year_of_passes_is_what_was_redeemed_in_it_and_not_undone(world):
    for member in (world.people[desk[0].site.actor_id] for desk in (world.club, world.library)):
        with acting(OPERATOR):
            undone = set(Void.objects.values_list("redemption_id", flat=True))
            live = [
                one
                for one in Redemption.objects.filter(actor=member.organisation, turn__isnull=False).select_related(
                    "funder"
                )
                if one.pk not in undone
            ]
        expected: dict[int, dict[str, int]] = {}
        for one in live:
            of_year = expected.setdefault(one.accounted_at.astimezone(PARIS).year, {})
            of_year[one.funder.name] = of_year.get(one.funder.name, 0) + one.value_cents
        last = world.now.astimezone(PARIS).year
        with acting(member.principal):
            found = passes_by_year(member.organisation.pk, first=last - 1, last=last)
        assert {year: dict(funders) for year, funders in found.items()} == expected
        assert expected
        for funders in found.values():
            assert [cents for _, cents in funders] == sorted((cents for _, cents in funders), reverse=True)


def test_the_page_says_the_mix_the_risk_and_leads_to_the_passes(world, library):
    year = world.day(10).astimezone(PARIS).year  # of the library's last passes
    with time_machine.travel(datetime(year + 1, 2, 1, 10, tzinfo=PARIS), tick=True):
        with acting(library.principal):
            if last_of(year) is None:
                declare_income(year=year, amounts={Kind.TRAINING: 30_00, Kind.ROOMS: 20_00})
            mix = income_of(library.principal).latest
        answer = library.log_in(Client()).get(address(library.organisation))
    page, html = plain(answer), answer.content.decode()
    assert mix.passes_cents > 0
    assert mix.total_cents == mix.passes_cents + 50_00
    for words in (euros(mix.passes_cents), "Formations et prestations", euros(30_00), mix.dependence.words):
        assert words.replace("\xa0", " ") in page
    assert "ni l’opérateur, ni vos commanditaires" in page
    assert "Aujourd’hui, avec vos pass des douze derniers mois" in page
    trace = reverse("actor_trace", args=[library.organisation.pk, "actor", str(library.organisation.pk)])
    assert f'<a class="money" href="{trace}" title="Suivre cet euro">{euros(mix.passes_cents)}' in html
    assert "Club" not in page


# --- before and after a declaration ----------------------------------------------------------------------------------


@pytest.fixture
def actor(db):
    return make_actor()


def open_year():
    return timezone.localdate().year - 1


def test_nothing_declared_says_what_will_come_and_how(actor):
    client = actor.manager.log_in(Client())
    page = client.get(address(actor.organisation))
    assert "Rien n’est encore déclaré" in plain(page)
    assert reverse("actor_income_declare", args=[actor.organisation.pk]) in page.content.decode()
    assert "aucun de vos lieux ne cible un public" in plain(page)


def test_years_stand_beside_each_other_with_every_version(actor):
    year = open_year()
    finance = actor.member(Role.FINANCE, name="Alix Finance")
    with acting(actor.manager.principal):
        before = datetime(year, 6, 1, tzinfo=PARIS)
        declare_income(year=year - 1, amounts={Kind.OTHER: 9_000_00}, at=before)
        declare_income(year=year, amounts={Kind.OTHER: 7_000_00})
    with acting(finance.principal):
        declare_income(year=year, amounts={Kind.OTHER: 6_000_00, Kind.HOSTING: 500_00}, after=1)
    page = plain(finance.log_in(Client()).get(address(actor.organisation)))
    assert "D’une année à l’autre" in page
    assert page.count("en vigueur") == 2
    assert "Alix Finance" in page
    assert "La part des pass n’a presque pas bougé" in page
    assert "« Subventions, dons et autres » fait 92 % de l’année" in page
    assert "Corriger la dernière année" in page


def test_a_year_still_to_declare_is_asked_for(actor):
    year = open_year()
    with acting(actor.manager.principal):
        declare_income(year=year - 1, amounts={}, at=datetime(year, 6, 1, tzinfo=PARIS))
        found = income_of(actor.manager.principal)
    assert (found.is_due, found.open_year, found.latest.year) == (True, year, year - 1)
    page = plain(actor.manager.log_in(Client()).get(address(actor.organisation)))
    assert f"L’année {year} n’est pas encore déclarée" in page
    assert f"Aucun revenu en {year - 1}" in page


def test_it_costs_the_same_whatever_there_is(actor):
    client, path, year = actor.manager.log_in(Client()), address(actor.organisation), open_year()
    with acting(actor.manager.principal):
        declare_income(year=year, amounts={Kind.ROOMS: 1})
    client.get(path)
    cost = counted(client, path)
    with acting(actor.manager.principal):
        declare_income(year=year - 1, amounts={Kind.ROOMS: 2}, at=datetime(year, 6, 1, tzinfo=PARIS))
        for version in range(1, 5):
            declare_income(year=year, amounts={Kind.ROOMS: version * 10}, after=version)
    assert counted(client, path) == cost == 17


# --- publics ---------------------------------------------------------------------------------------------------------


def test_few_answers_are_not_said_and_enough_are(world):
    """Everybody answered the first question, three people the second."""
    club = world.people[world.club[0].site.actor_id]
    with acting(OPERATOR):
        undone = set(Void.objects.values_list("redemption_id", flat=True))
        rows = Redemption.objects.filter(actor=club.organisation, turn__isnull=False).order_by("accounted_at")
        seen = [one for one in rows if one.pk not in undone]
        for rank, one in enumerate(seen):
            Observation.objects.create(
                redemption=one, actor_id=one.actor_id, funder_id=one.funder_id, site_id=one.site_id,
                batch_id=one.batch_id, observed_at=world.now, first_here="yes", never_helped="no" if rank < 3 else "",
            )  # fmt: skip
    with acting(club.principal):
        questions = {one.title: one for one in publics_of(club.principal).questions}
    assert questions["Première fois dans ce lieu"].rows == (("Oui", len(seen)),)
    assert len(seen) >= 5
    assert questions["Toute première aide avec le numérique"].too_few
    page = plain(club.log_in(Client()).get(address(club.organisation)))
    assert f"Oui : 100 % ({len(seen)})" in page
    assert "Trop peu de réponses" in page
    other = world.people[world.library[0].site.actor_id]
    with acting(other.principal):
        assert publics_of(other.principal).questions == ()


def test_what_open_sites_say_is_counted(actor):
    with acting(actor.manager.principal):
        Site.objects.filter(pk=actor.site.pk).update(publics=["seniors"], special_care=["illiteracy"])
    page = plain(actor.manager.log_in(Client()).get(address(actor.organisation)))
    assert "Seniors (1 lieu sur 1)" in page.replace("\xa0", " ")
    assert "Illettrisme (1 lieu sur 1)" in page.replace("\xa0", " ")


# --- alone -----------------------------------------------------------------------------------------------------------


def test_nobody_else_opens_it(actor):
    path = address(actor.organisation)
    for role in (Role.AGENT, Role.SCANNER):
        assert actor.member(role).log_in(Client()).get(path).status_code == 403
    for member in (make_operator(), make_funder(), make_actor().manager):
        assert member.log_in(Client()).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    member = make_member(actor.organisation, Hat.ACTOR, Role.FINANCE)
    answer = member.log_in(Client()).get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
