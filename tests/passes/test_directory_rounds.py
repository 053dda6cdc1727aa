"""/lieux/: a site is found where its round goes, in another département too."""

from typing import Any

from django.test import Client
from django.utils import timezone

from aptic.tenancy.principal import acting
from aptic.territories import loading
from qualification.models import Round
from tests.factories import OPERATOR
from tests.passes.test_directory_page import look, make_site, names, words

BERGERAC, BORDEAUX = "24037", "33063"


def test_a_site_is_found_where_its_round_goes(fresh_database: Any, client: Client) -> None:
    loading.load("owner", ["24", "33"])
    van = make_site("Camion", BERGERAC)
    make_site("À Bergerac", BERGERAC)
    make_site("À Bègles", "33039")
    assert names(look(client, q="Gironde")) == ["À Bègles"]
    with acting(OPERATOR):
        going = Round.objects.create(site=van, actor=van.actor, commune_id=BORDEAUX, declared_at=timezone.now())
    assert names(look(client, q="Gironde")) == ["À Bègles", "Camion"]
    assert set(names(look(client, q="Dordogne"))) == {"À Bergerac", "Camion"}
    page = look(client, q="Bordeaux")
    assert names(page) == ["Camion", "À Bègles", "À Bergerac"]  # nobody is nearer than one who comes
    assert "En tournée : Bordeaux" in words(page)
    assert page.context["cards"][0].km is None
    assert all(card.km is not None for card in look(client, q="Bergerac").context["cards"][:2])
    assert names(look(client, q="Pessac"))[0] == "À Bègles"
    with acting(OPERATOR):
        going.delete()
    assert names(look(client, q="Gironde")) == ["À Bègles"]
