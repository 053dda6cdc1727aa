"""« Déqualification »: no pass is taken after it, its places are free, its managers read why, it may come back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from actors.errors import ReasonMissing
from actors.models import Actor
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from qualification import errors
from qualification.disqualification import disqualify_actor
from qualification.models import Cap
from qualification.suspension import reinstate_actor, suspend_actor
from tests.actors.network import make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.passes.world import code_of, make_batch, make_till
from tests.qualification.candidates import sent
from tests.qualification.test_applications import mails
from tests.qualification.test_pages import text, url
from tests.qualification.world import METROPOLE, accept, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def remove(actor, reason="Encaissements sans accompagnement."):
    with acting(make_operator().principal):
        disqualify_actor(actor=actor, reason=reason)


def test_a_removal_frees_the_places_says_why_and_is_told():
    network = make_actor(cap=1)
    actor = network.organisation
    remove(actor, " Encaissements sans accompagnement. ")
    with acting(OPERATOR):
        row = Actor.objects.get(pk=actor.pk)
        assert (row.state, row.removal_reason) == ("removed", "Encaissements sans accompagnement.")
        assert row.removed_at - timezone.now() < timedelta(minutes=1)
        assert Cap.objects.get(pk=METROPOLE).qualified == 0
        verbs = set(Event.objects.filter(organisation_id=actor.pk).values_list("verb", flat=True))
        assert {"actor_disqualified", "place_released"} <= verbs
    assert mails()[-1] == ("actor_removed", network.manager.user.email)
    accept()  # somebody else takes the place


def test_every_till_refuses_from_then_on():
    till, batch = make_till(), make_batch()
    assert till.redeem(code_of(batch)).status_code == 201
    remove(till.site.actor)
    answer = till.redeem(code_of(batch, position=2))
    assert (answer.status_code, answer.json()["code"]) == (422, "site_not_qualified")


def test_a_suspended_actor_can_be_removed_and_a_removed_one_is_neither_suspended_nor_reinstated():
    set_cap(1)
    actor = accept()
    with acting(make_operator().principal):
        suspend_actor(actor=actor, reason="Signalement.")
        disqualify_actor(actor=actor, reason="Confirmé.")
        for work in (
            lambda: reinstate_actor(actor=actor),
            lambda: suspend_actor(actor=actor, reason="Encore."),
            lambda: disqualify_actor(actor=actor, reason="Encore."),
        ):
            with pytest.raises(errors.NotQualified):
                work()


def test_a_removal_has_a_reason_and_a_decider():
    set_cap(1)
    actor = accept()
    with pytest.raises(ReasonMissing):
        remove(actor, "  ")
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal), pytest.raises(NotAllowed):
            disqualify_actor(actor=actor, reason="Non.")
    with acting(OPERATOR):
        for wrong in (
            {"state": "removed"},
            {"state": "removed", "removed_at": timezone.now()},
            {"removal_reason": "x"},
        ):
            with pytest.raises(IntegrityError, match="actor_removed_for_a_reason"), transaction.atomic():
                Actor.objects.filter(pk=actor.pk).update(**wrong)


def test_who_was_removed_may_apply_again_and_come_back():
    set_cap(1)
    first = accept(sent())
    remove(first)
    again = accept(sent(siret=first.siret))
    assert again.pk == first.pk
    with acting(OPERATOR):
        row = Actor.objects.get(pk=again.pk)
        assert (row.state, row.removed_at, row.removal_reason) == ("qualified", None, "")
        assert Cap.objects.get(pk=METROPOLE).qualified == 1


def test_the_operator_removes_from_the_actors_page_and_the_actor_reads_why(client):
    network, operator = make_actor(), make_operator()
    operator.log_in(client)
    address = url("operator_actor_disqualify", operator, network.organisation.pk)
    assert "Déqualifier" in text(client.get(address))
    assert "à corriger" in text(client.post(address, {"reason": ""}))
    assert client.post(address, {"reason": "Charte non respectée."}).status_code == 302
    page = text(client.get(url("operator_actor", operator, network.organisation.pk)))
    assert page.count("<b>Sorti du réseau") == 1
    assert "Motif : Charte non respectée." in page
    assert "Déqualifier cet acteur" not in page
    assert "n’est plus dans cet état" in text(client.post(address, {"reason": "Encore."}))
    network.manager.log_in(client)
    assert "n’est plus qualifiée depuis le" in text(client.get(url("actor_sites", network.manager)))
    finance = make_operator("finance")
    finance.log_in(client)
    assert client.get(url("operator_actor_disqualify", finance, network.organisation.pk)).status_code == 403
