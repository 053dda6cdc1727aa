"""A local parcours at the counter: what a funder chose pays for it, whenever it was added, on line and off line."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from actors.open_data import export
from actors.sites import checked_services
from aptic.tenancy.principal import acting
from aptic.vocabulary.models import Service
from aptic.vocabulary.services import add_parcours, offer_parcours
from passes import catalogue, knowledge
from tests.factories import OPERATOR, make_operator
from tests.passes.test_directory_page import look, make_site, names
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture(autouse=True)
def _as_when_the_server_started() -> Iterator[None]:
    catalogue.forget()
    yield
    catalogue.forget()  # what a test adds is undone with it


def add(name: str = "Remplir un dossier en ligne", *, under: Service | None = None) -> Service:
    with acting(make_operator().principal):
        return add_parcours(parent=under or first_service(), name=name, description="Pas à pas, avec quelqu’un.")


def known_services(till: TestTill) -> tuple[list[int], list[int]]:
    """What a device without a network may choose, the site's own first, and what its only batch pays."""
    with acting(OPERATOR):
        told = knowledge.knowledge(till.site, bytes(till.device.digest), at=timezone.now())
    return [one["id"] for one in told["services"]], told["batches"][0]["services"]


def test_a_service_pays_for_the_parcours_that_is_added_later() -> None:
    batch, till = make_batch(services=[first_service().pk]), make_till()
    assert till.redeem(code_of(batch), service="remplir-un-dossier-en-ligne").status_code == 400
    parcours = add()
    paid = till.redeem(code_of(batch), service=parcours.slug)
    assert (paid.status_code, paid.json()["service"]) == (201, parcours.slug)
    assert parcours.pk in known_services(till)[1]


def test_a_parcours_pays_for_nothing_else() -> None:
    parcours, other = add(), add("Trier ses courriels", under=Service.objects.get(pk=2))
    batch, till = make_batch(services=[parcours.pk]), make_till()
    for refused in (first_service(), other):
        answer = till.redeem(code_of(batch), service=refused.slug)
        assert (answer.status_code, answer.json()["code"]) == (422, "service_not_covered")
    assert till.redeem(code_of(batch), service=parcours.slug).status_code == 201


def test_a_site_that_offers_it_offers_its_service() -> None:
    parcours = add()
    assert checked_services([parcours.pk, 2]) == [*sorted([first_service().pk, 2]), parcours.pk]
    till = make_till()
    make_batch(services=[first_service().pk])
    with acting(OPERATOR):
        type(till.site).objects.filter(pk=till.site.pk).update(services=checked_services([parcours.pk]))
        till.site.refresh_from_db()
        assert export.row_of(till.site, export._service_words())["services"] == first_service().name
    assert set(known_services(till)[0][:2]) == {first_service().pk, parcours.pk}


def test_one_that_is_no_longer_proposed_keeps_its_name_and_turns_nobody_away() -> None:
    parcours = add()
    batch, till = make_batch(services=[first_service().pk]), make_till()
    with acting(make_operator().principal):
        offer_parcours(parcours=parcours, offered=False)
    assert till.redeem(code_of(batch), service=parcours.slug).status_code == 201
    assert parcours.pk not in known_services(till)[0]
    assert list(Service.objects.for_places()) == list(Service.objects.standard().order_by("position", "id"))


def test_the_directory_finds_it_by_name(client: Client) -> None:
    parcours = add()
    make_site("Le bon", services=checked_services([parcours.pk]))
    make_site("Un autre", services=[first_service().pk])
    assert names(look(client, service=parcours.slug)) == ["Le bon"]
    assert set(names(look(client, service=first_service().slug))) == {"Le bon", "Un autre"}
    listed = [one.listed for one in Service.objects.for_places()]
    assert listed[listed.index(first_service().name) + 1] == f"– {parcours.name}"
