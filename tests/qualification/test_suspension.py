"""Suspending and reinstating, one at a time; the races are in tests/races/test_suspension.py."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from actors.errors import ReasonMissing
from actors.models import Actor
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.outbox.handlers import send_email
from aptic.outbox.models import Message
from aptic.tenancy.principal import acting
from qualification import errors
from qualification.disqualification import disqualify_actor
from qualification.models import Cap
from qualification.suspension import reinstate_actor, suspend_actor
from tests.actors.network import make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.world import accept, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def actor():
    set_cap(1)
    return accept()


def test_a_suspension_is_dated_explained_and_keeps_the_place(actor):
    at = timezone.now()
    with acting(make_operator().principal):
        suspend_actor(actor=actor, reason=" Charte non respectée. ", at=at)
        row = Actor.objects.get(pk=actor.pk)
        assert (row.state, row.suspended_at, row.suspension_reason) == ("suspended", at, "Charte non respectée.")
        assert Cap.objects.get().qualified == 1
        with pytest.raises(errors.NotQualified):
            suspend_actor(actor=actor, reason="Encore.")
        reinstate_actor(actor=actor)
        row.refresh_from_db()
        assert (row.state, row.suspended_at, row.suspension_reason) == ("qualified", None, "")
        with pytest.raises(errors.NotQualified):
            reinstate_actor(actor=actor)
        verbs = Event.objects.filter(object_id=str(actor.pk)).values_list("verb", flat=True)
        assert {"actor_suspended", "actor_reinstated"} <= set(verbs)


def test_managers_read_why_and_that_it_is_over(mailoutbox):
    network = make_actor(cap=1)
    with acting(make_operator().principal):
        suspend_actor(actor=network.organisation, reason=" Charte non <respectée>. ")
        reinstate_actor(actor=network.organisation)
        for message in Message.objects.filter(kind="email", organisation_id=network.organisation.pk):
            send_email(message)
    suspended, reinstated = mailoutbox[-2:]
    assert suspended.to == reinstated.to == [network.manager.user.email]
    assert "suspendue" in suspended.subject
    assert "Pourquoi : Charte non <respectée>.\n" in suspended.body
    assert "vous reste dû" in suspended.body
    assert "encaissent de nouveau" in reinstated.body


def test_a_suspension_says_why(actor):
    with acting(make_operator().principal), pytest.raises(ReasonMissing):
        suspend_actor(actor=actor, reason="  ")


def test_only_those_who_decide_suspend(actor):
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal):
            with pytest.raises(NotAllowed):
                suspend_actor(actor=actor, reason="Non.")
            with pytest.raises(NotAllowed):
                reinstate_actor(actor=actor)


def test_state_and_date_agree(actor):
    with acting(OPERATOR):
        for wrong in ({"state": "suspended"}, {"suspended_at": timezone.now()}):
            with pytest.raises(IntegrityError, match="actor_suspended_iff_dated"), transaction.atomic():
                Actor.objects.filter(pk=actor.pk).update(**wrong)
    with acting(make_funder().principal):
        assert not Actor.objects.filter(pk=actor.pk).update(state="removed")


def test_leaving_the_network_is_decided_on_its_page(client, actor):
    operator = make_operator()
    operator.log_in(client)
    address = reverse("operator_actor_disqualify", args=[operator.organisation.pk, actor.pk])
    assert "pour de bon" in client.get(address).content.decode()
    assert "à corriger" in client.post(address, {"reason": " "}).content.decode()
    page = client.post(address, {"reason": "A cessé son activité."}, follow=True).content.decode()
    assert "A cessé son activité." in page
    assert "Sortir cet acteur" not in page
    assert client.post(address, {"reason": "Encore."}).status_code == 200
    with acting(OPERATOR):
        assert Cap.objects.get().qualified == 0
    finance = make_operator("finance")
    finance.log_in(client)
    address = reverse("operator_actor_disqualify", args=[finance.organisation.pk, actor.pk])
    assert client.get(address).status_code == 403
    with acting(finance.principal), pytest.raises(NotAllowed):
        disqualify_actor(actor=actor, reason="Non.")
