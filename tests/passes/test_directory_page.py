"""/lieux/: every open site, by place and by service, as a list and on a map of our own."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from actors.models import Actor, Site
from actors.open_now import ZONES
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from aptic.vocabulary.models import Service
from tests.factories import OPERATOR, make_siret

pytestmark = pytest.mark.django_db


def make_site(name: str, commune: str = "33063", *, actor: Organisation | None = None, **more: Any) -> Site:
    with acting(OPERATOR):
        if actor is None:
            actor = Organisation.objects.create(name=f"Association {name}", is_actor=True, siret=make_siret())
            Actor.objects.create(organisation=actor, qualified_at=timezone.now())
        place = Commune.objects.get(pk=commune)
        return Site.objects.create(actor=actor, name=name, address="2 place", commune=place, phone="0556000000", **more)


def look(client: Client, **query: str) -> Any:
    page = client.get("/lieux/", query)
    assert page.status_code == 200
    return page


def names(page: Any) -> list[str]:
    return [card.name for card in page.context["cards"]]


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_an_empty_directory_says_so(client: Client) -> None:
    assert "Aucun lieu ne répond" in words(look(client))


def test_it_lists_open_sites_of_qualified_actors_with_what_one_needs_to_go(client: Client) -> None:
    make_site("Bibliothèque", "33039", hours="Le mardi")
    make_site("Fermé", open=False, closed_reason="travaux", closed_at=timezone.now())
    suspended = make_site("Suspendu")
    with acting(OPERATOR):
        Actor.objects.filter(pk=suspended.actor_id).update(state="suspended", suspended_at=timezone.now())
    page = look(client)
    assert names(page) == ["Bibliothèque"]
    for said in ("2 place, 33130 Bègles", "Le mardi", "05 56 00 00 00", "1 lieu"):
        assert said in words(page)
    assert 'href="tel:+33556000000"' in page.content.decode()


@pytest.mark.parametrize("typed", ["Bègles", "begles", "33130", "Bègles (33130)"])
def test_the_nearest_come_first(client: Client, typed: str) -> None:
    make_site("À Libourne", "33243")
    make_site("À Bègles", "33039")
    make_site("À Bordeaux", "33063")
    page = look(client, q=typed)
    assert names(page) == ["À Bègles", "À Bordeaux", "À Libourne"]
    assert "autour de" in words(page)
    assert page.context["cards"][0].km < page.context["cards"][1].km < page.context["cards"][2].km


@pytest.mark.parametrize("typed", ["Gironde", "33"])
def test_a_departement_is_a_place_too(client: Client, typed: str) -> None:
    make_site("Chez nous")
    page = look(client, q=typed)
    assert names(page) == ["Chez nous"]
    assert "en Gironde (33)" in words(page)
    assert names(look(client, q="Dordogne")) == []  # where a site helps is PostgreSQL's to say: no test moves it there


def test_by_service(client: Client) -> None:
    first, other = Service.objects.active().standard().order_by("position")[:2]
    make_site("Le bon", services=[first.pk, other.pk])
    make_site("Un autre", services=[other.pk])
    assert names(look(client, service=first.slug)) == ["Le bon"]
    assert len(names(look(client, service="inconnu"))) == 2


def test_by_way_in(client: Client) -> None:
    make_site("On y entre", access_modes=["walk_in", "call"])
    make_site("On appelle", access_modes=["call"])
    assert names(look(client, acces="walk_in")) == ["On y entre"]
    assert "accès : se présenter" in words(look(client, acces="walk_in"))
    assert len(names(look(client, acces="inconnu"))) == 2


def test_open_now_goes_by_the_place_s_own_clocks(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_site("Le matin", opening_hours="Mo 09:00-12:00")
    make_site("Le soir", opening_hours="Mo 18:00-20:00")
    make_site("Sans horaires")
    with time_machine.travel(datetime(2026, 11, 30, 8, 30, tzinfo=UTC), tick=False):
        page = look(client, ouvert="1")
        assert names(page) == ["Le matin"]
        assert "Ouvert maintenant, jusqu’à 12 h" in words(page)
        assert len(names(look(client))) == 3
    monkeypatch.setitem(ZONES, "330", ZoneInfo("Indian/Reunion"))  # overseas, a code's first three digits
    with time_machine.travel(datetime(2026, 11, 30, 14, 30, tzinfo=UTC), tick=False):
        assert names(look(client, ouvert="1")) == ["Le soir"]


def test_an_unknown_place_shows_all_and_an_ambiguous_one_asks(client: Client) -> None:
    make_site("Seul")
    page = look(client, q="Nulle-Part-sur-Rien")
    assert names(page) == ["Seul"]
    assert "Nous ne connaissons pas ce lieu." in words(page)
    assert "Laquelle est la vôtre ?" in words(look(client, q="Saint"))


def test_typed_markup_stays_text(client: Client) -> None:
    make_site("Seul")
    assert "<script>x" not in look(client, q="<script>x").content.decode()


def test_pages_follow_each_other_with_their_numbers(client: Client, django_assert_num_queries: Any) -> None:
    actor = make_site("Lieu 01").actor
    for number in range(2, 31):
        make_site(f"Lieu {number:02}", actor=actor)
    look(client)
    with django_assert_num_queries(11):
        first = look(client)
    for number in range(31, 41):
        make_site(f"Lieu {number:02}", actor=actor, opening_hours="24/7", access_modes=["walk_in"])
    with django_assert_num_queries(12):  # one more: the hours that are asked about
        assert len(names(look(client, ouvert="1", acces="walk_in"))) == 10
    with acting(OPERATOR):
        Site.objects.filter(opening_hours="24/7").delete()
    second, last = look(client, page="2"), look(client, page="3")
    assert [card.number for card in second.context["cards"]][:2] == [13, 14]
    assert len(names(first)) + len(names(second)) + len(names(last)) == 30
    assert not set(names(first)) & set(names(second))
    for odd in ("0", "-1", "999", "x"):
        assert names(look(client, page=odd))


def test_the_map_shows_the_pins_of_the_page_and_names_communes(client: Client) -> None:
    make_site("À Libourne", "33243")
    make_site("À Bègles", "33039")
    page = look(client)
    svg = page.context["map"].svg
    assert re.findall(r'class="on-sun">([^<]+)<', svg) == ["1", "2"]
    assert "Carte des lieux 1 à 2" in svg
    assert len(re.findall(r'text-anchor="middle" fill="#47526b">', svg)) >= 5
    assert len(re.findall(r"M\d+ \d+h0", svg)) == Commune.objects.filter(departement="33").count()
    assert "style=" not in svg
    assert "<script" not in svg
    near = look(client, q="33130").context["map"]
    assert near.narrow.startswith('<svg class="plot"')


def test_pins_on_one_spot_share_one(client: Client) -> None:
    for number in range(4):
        make_site(f"Lieu {number}")
    svg = look(client).context["map"].svg
    assert re.findall(r'class="on-sun">([^<]+)<', svg) == ["1…4"]


def test_a_site_without_a_point_is_listed_all_the_same(client: Client) -> None:
    nowhere = make_site("Sans point")
    with acting(OPERATOR):
        Site.objects.filter(pk=nowhere.pk).update(latitude=None, longitude=None)
    assert names(look(client)) == ["Sans point"]
    assert names(look(client, q="Bègles")) == ["Sans point"]
