"""Local parcours: added by the operator under the nine, offered or not; the rest of the table stays read-only."""

import pytest
from django.db import DatabaseError, connection, transaction

from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from aptic.vocabulary.models import Service
from aptic.vocabulary.services import InvalidParcours, add_parcours, offer_parcours
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.test_pages import text, url

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
SAID = {"name": "Créer une adresse électronique", "description": "Ouvrir une boîte et envoyer un premier message."}


def test_the_operator_adds_parcours_under_the_standard():
    with acting(make_operator().principal):
        first = add_parcours(parent=Service.objects.get(pk=2), **SAID)
        second = add_parcours(parent=Service.objects.get(pk=2), name="Imprimer", description="Imprimer un document.")
        assert (first.pk, first.slug, first.kind, first.parent_id) == (
            1000, "creer-une-adresse-electronique", "parcours", 2,
        )  # fmt: skip
        assert (second.pk, second.position) == (1001, first.position + 1)
        for wrong in ({"name": "Imprimer"}, {"parent": Service.objects.get(pk=104), "name": "Autre"}, {"name": " "}):
            with pytest.raises(InvalidParcours):
                add_parcours(**{"parent": Service.objects.get(pk=1), **SAID, **wrong})
        offer_parcours(parcours=first, offered=False)
        first.refresh_from_db()
        assert not first.active
        with pytest.raises(InvalidParcours):
            offer_parcours(parcours=Service.objects.get(pk=1), offered=False)
        assert Event.objects.filter(verb__in=["parcours_added", "parcours_retired"]).count() == 3


def test_nobody_else_adds_any_not_even_in_sql():
    with acting(make_funder().principal):
        with pytest.raises(NotAllowed):
            add_parcours(parent=Service.objects.get(pk=2), **SAID)
        for sql in (
            "SELECT vocabulary_add_parcours(2, 'x', 'x', 'x')",
            "SELECT vocabulary_offer_parcours(1000, false)",
        ):
            with pytest.raises(DatabaseError, match="only the operator"), transaction.atomic():
                connection.cursor().execute(sql)


def test_parcours_are_added_and_retired_from_the_page(client):
    operator = make_operator()
    operator.log_in(client)
    address = url("operator_services", operator)
    assert "Devenir autonome dans les démarches administratives" in text(client.get(address))
    assert "à corriger" in text(client.post(address, {"parent": "2", "name": ""}))
    assert client.post(address, {"parent": "2", **SAID}).status_code == 302
    assert "existe déjà" in text(client.post(address, {"parent": "2", **SAID}))
    with acting(OPERATOR):
        made = Service.objects.get(kind="parcours")
    offer = url("operator_parcours_offer", operator, made.pk)
    for wish, pressed in (("0", "Ne plus proposer"), ("1", "Proposer de nouveau")):
        page = text(client.get(address))
        assert f'name="propose" value="{wish}">{pressed}' in page
        for _ in range(2):  # two clicks wish the same thing
            assert client.post(offer, {"propose": wish}).status_code == 302
        assert ("plus proposé" in text(client.get(address))) == (wish == "0")
    assert client.post(url("operator_parcours_offer", operator, 1)).status_code == 404
    finance = make_operator("finance")
    finance.log_in(client)
    assert "Ajouter ce parcours" not in text(client.get(url("operator_services", finance)))
    client.post(url("operator_services", finance), {"parent": "2", "name": "Autre", "description": "Autre."})
    assert Service.objects.filter(kind="parcours").count() == 1
