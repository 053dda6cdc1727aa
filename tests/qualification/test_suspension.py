"""Suspending and reinstating, one at a time; the races are in tests/races/test_suspension.py."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from actors.errors import ReasonMissing
from actors.models import Actor
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from qualification import errors
from qualification.models import Cap
from qualification.suspension import reinstate_actor, suspend_actor
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
