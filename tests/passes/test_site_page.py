"""/lieux/<id>/: everything a site says of itself, in plain French, and whether it is open."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from actors.models import Actor, Site
from aptic.tenancy.principal import acting
from qualification.models import Round
from tests.factories import OPERATOR
from tests.passes.test_directory_page import make_site, words

pytestmark = pytest.mark.django_db


def look(client: Client, site: Site) -> Any:
    page = client.get(f"/lieux/{site.pk}/")
    assert page.status_code == 200
    return page


def test_it_says_all_that_one_needs_to_go(client: Client) -> None:
    site = make_site(
        "Le Port d’attache",
        "33039",
        address_extra="2e étage",
        opening_hours="Mo-Fr 09:00-12:00,14:00-18:30",
        hours="fermé en août",
        services=[1, 4],
        access_modes=["walk_in", "no_public"],
        support_modes=["one_to_one", "remote"],
        publics=["seniors"],
        special_care=["sight"],
        itinerance=["mobile"],
        accessibility_url="https://acceslibre.beta.gouv.fr/app/x/",
        regulated_tariff=True,
        fees=["paid"],
        host_kind="library",
        host_name="Médiathèque Jacques-Ellul",
        summary="On vous attend.",
        booking_url="https://rdv.example/",
    )
    with time_machine.travel(datetime(2026, 11, 30, 11, 30, tzinfo=UTC), tick=False):
        read = words(look(client, site)).replace("\xa0", " ")
    for said in (
        "2 place, 33130 Bègles", "2e étage", "Fermé, ouvre à 14 h", "Du lundi au vendredi", "fermé en août",
        "Aide aux démarches administratives", "Se présenter, Ce lieu n’accueille pas de public", "Seniors",
        "Accompagnement individuel, À distance", "Déficience visuelle", "Il se déplace", "fiche Acceslibre",
        "rien ne reste à votre charge", "Médiathèque Jacques-Ellul", "On vous attend.", "Prendre rendez-vous",
        "Voir ce qu’il me reste", "Association Le Port d’attache", "05 56 00 00 00",
    ):  # fmt: skip
        assert said in read, said
    assert "Payant" not in read, "a regulated tariff leaves nothing to pay"


def test_it_names_the_communes_of_its_round(client: Client) -> None:
    van = make_site("Camion", "33063", itinerance=["mobile"])
    with acting(OPERATOR):
        for code in ("33243", "33039"):
            Round.objects.create(site=van, actor=van.actor, commune_id=code, declared_at=timezone.now())
    read = words(look(client, van))
    assert "Il va aussi dans ces communes : Bègles, Libourne." in read
    assert "Il se déplace : appelez" not in read


def test_the_map_has_its_drawing_and_what_a_script_needs(client: Client) -> None:
    page = look(client, make_site("Ici", "33039")).content.decode()
    assert 'class="on-sun">1<' in page
    assert "/territories/departements" in page
    assert "/territories/epci/33" in page
    assert "style=" not in page


def test_a_site_that_takes_no_pass_says_so_first_and_is_not_listed(client: Client) -> None:
    shut = make_site("Fermé", open=False, closed_reason="secret", closed_at=timezone.now())
    suspended = make_site("Suspendu")
    with acting(OPERATOR):
        Actor.objects.filter(pk=suspended.actor_id).update(state="suspended", suspended_at=timezone.now())
    for site in (shut, suspended):
        page = look(client, site)
        assert "Ce lieu ne prend pas de pass en ce moment" in words(page)
        assert page["X-Robots-Tag"] == "noindex"
        assert "secret" not in page.content.decode(), "why is between the actor and the operator"


def test_an_unknown_site_is_not_found(client: Client) -> None:
    assert client.get("/lieux/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_a_page_costs_the_same_few_queries(client: Client, django_assert_num_queries: Any) -> None:
    bare, full = make_site("Nu"), make_site("Complet", services=[1, 2, 3, 4], opening_hours="24/7")
    look(client, full)
    for site in (bare, full):
        with django_assert_num_queries(6):
            look(client, site)
