"""Caps: how many actors a territory feeds, held by the database whoever writes."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from aptic.territories.errors import UnknownTerritory
from qualification import errors, services
from qualification.models import Cap, Qualification
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.world import METROPOLE, accept, accept_elsewhere, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def test_a_cap_is_set_changed_and_recorded():
    set_cap(3)
    set_cap(2, exceptions=1, exception_reason="Île sans pont.")
    with acting(OPERATOR):
        cap = Cap.objects.get()
        assert (cap.territory, cap.cap, cap.exceptions, cap.qualified) == (METROPOLE, 2, 1, 0)
        assert Event.objects.filter(verb="cap_set").count() == 2
    with acting(make_funder().principal):
        assert Cap.objects.get().cap == 2  # everybody may read how full a territory is


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"cap": -1}, errors.InvalidCap),
        ({"cap": 10_001}, errors.InvalidCap),
        ({"cap": 1, "exceptions": -1, "exception_reason": "x"}, errors.InvalidCap),
        ({"cap": 1, "exceptions": 1}, errors.InvalidCap),
        ({"cap": 1, "exceptions": 1, "exception_reason": "  "}, errors.InvalidCap),
        ({"cap": 1, "territory": "commune:33063"}, errors.InvalidCap),
        ({"cap": 1, "territory": "france"}, errors.InvalidCap),
        ({"cap": 1, "territory": "epci:999999999"}, UnknownTerritory),
    ],
)
def test_a_cap_that_means_nothing_is_refused(given, refusal):
    with pytest.raises(refusal):
        set_cap(**given)
    with acting(OPERATOR):
        assert not Cap.objects.exists()


def test_a_cap_does_not_take_places_away():
    set_cap(2)
    accept()
    accept()
    with pytest.raises(errors.CapBelowQualified):
        set_cap(1)
    set_cap(0, exceptions=2, exception_reason="Hérités de l’ancien dispositif.")


def test_only_the_operator_sets_caps():
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal), pytest.raises(NotAllowed):
            services.set_cap(territory=METROPOLE, cap=1)


def test_a_place_given_back_can_be_taken_again():
    set_cap(1)
    actor = accept()
    with acting(OPERATOR):
        Qualification.objects.filter(actor_id=actor.pk).update(until=timezone.now())
        assert Cap.objects.get().qualified == 0
    accept()


def refused(sql: str, *params: object, match: str) -> None:
    """The statement is refused to whoever acts, for the reason named."""
    with (
        pytest.raises((IntegrityError, ProgrammingError), match=match),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)


def test_the_application_role_cannot_move_the_counter():
    set_cap(1)
    actor = accept()
    with acting(OPERATOR):
        refused("UPDATE qualification_cap SET qualified = 0", match="permission denied")
        refused("DELETE FROM qualification_cap", match="permission denied")
        refused("TRUNCATE qualification_cap CASCADE", match="permission denied")
        refused(
            "INSERT INTO qualification_cap (territory, cap, exceptions, exception_reason, qualified, updated_at)"
            " VALUES ('epci:1', 1, 0, '', -1, now())",
            match="permission denied",
        )
        refused("UPDATE qualification_cap SET cap = 0", match="cap_respected")
        refused("UPDATE qualification_cap SET exceptions = 1", match="cap_exception_justified")
        other = accept_elsewhere().pk
        insert = (
            "INSERT INTO qualification_qualification (id, actor_id, territory, since)"
            " VALUES (gen_random_uuid(), %s, %s, now())"
        )
        refused(insert, other, METROPOLE, match="cap_respected")
        refused(insert, actor.pk, METROPOLE, match="one_place_per_territory|cap_respected")
        refused(
            "UPDATE qualification_qualification SET territory = %s WHERE actor_id = %s",
            METROPOLE,
            other,
            match="stays in its territory",
        )
    with acting(make_funder().principal):
        refused(insert, other, METROPOLE, match="row-level security")
