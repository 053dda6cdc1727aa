"""Caps: how many actors a territory feeds, held by the database whoever writes."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from actors.errors import AnotherTerritory, ReasonMissing
from actors.models import Actor, Site
from actors.sites import close_site, open_site, reopen_site
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, acting
from aptic.territories.errors import UnknownTerritory
from aptic.territories.models import Commune
from qualification import caps, errors
from qualification.disqualification import disqualify_actor
from qualification.models import Cap, CapChange, Qualification
from qualification.suspension import suspend_actor
from tests.factories import OPERATOR, make_funder, make_member, make_operator
from tests.qualification.world import LIBOURNAIS, LIBOURNE, METROPOLE, accept, accept_elsewhere, set_cap

BORDEAUX_ALONE, GIRONDE, REGION = "commune:33063", "departement:33", "region:75"
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
        ({"cap": 1, "territory": "france"}, errors.InvalidCap),
        ({"cap": 1, "territory": "epci:999999999"}, UnknownTerritory),
    ],
)
def test_a_cap_that_means_nothing_is_refused(given, refusal):
    with pytest.raises(refusal):
        set_cap(**given)
    with acting(OPERATOR):
        assert not Cap.objects.exists()


def test_a_cap_under_those_who_are_there_keeps_them_by_extinction():
    set_cap(2)
    first, second = accept(), accept()
    with pytest.raises(errors.CapBelowQualified):
        set_cap(1)
    set_cap(0, reason="Moins de pass attendus.")
    with acting(make_operator().principal):
        cap = Cap.objects.get()
        assert (cap.cap, cap.qualified, cap.extinction, cap.free) == (0, 2, 2, 0)
        assert caps.release_places(actor=first, reason="Départ.") == 1
        cap.refresh_from_db()
        assert (cap.qualified, cap.extinction) == (1, 1)
    with pytest.raises(errors.CapReached):
        accept()  # what stays « par extinction » never gives its place to anybody
    set_cap(3, reason="Nouvelles commandes.")
    with acting(make_operator().principal):
        cap.refresh_from_db()
        assert (cap.qualified, cap.extinction, cap.free) == (1, 0, 2)
        caps.release_places(actor=second, reason="Départ.")
        changes = list(CapChange.objects.order_by("id").values_list("cap", "qualified", "extinction", "reason"))
        assert changes == [(2, 0, 0, ""), (0, 2, 2, "Moins de pass attendus."), (3, 1, 0, "Nouvelles commandes.")]


def test_an_actor_takes_one_place_in_each_capped_territory_of_its_site():
    for territory in (BORDEAUX_ALONE, METROPOLE, GIRONDE, REGION):
        set_cap(1, territory)
    actor = accept()
    with acting(OPERATOR):
        held = Qualification.objects.filter(actor_id=actor.pk).values_list("territory", flat=True)
        assert sorted(held) == sorted((BORDEAUX_ALONE, METROPOLE, GIRONDE, REGION))
    set_cap(5, LIBOURNAIS)
    with pytest.raises(errors.CapReached, match="Gironde") as refusal:
        accept(commune=LIBOURNE)
    assert refusal.value.details == {"territories": [GIRONDE, REGION]}
    with acting(OPERATOR):
        assert Cap.objects.get(pk=LIBOURNAIS).qualified == 0  # nothing is half taken
        libourne = Commune.objects.get(pk=LIBOURNE)
        open_site(actor=actor, name="Second", address="1", commune=libourne, phone="0500000000")
        # In the territories of both sites it counts once.
        counts = dict(Cap.objects.values_list("territory", "qualified"))
    assert counts == {BORDEAUX_ALONE: 1, METROPOLE: 1, GIRONDE: 1, REGION: 1, LIBOURNAIS: 1}


def test_a_new_cap_counts_those_who_are_there():
    set_cap(3)
    accept()
    accept()
    with pytest.raises(errors.CapBelowQualified):
        set_cap(1, GIRONDE)
    set_cap(1, GIRONDE, reason="Un seul tant que les commandes n’ont pas repris.")
    with acting(OPERATOR):
        cap = Cap.objects.get(pk=GIRONDE)
        assert (cap.cap, cap.qualified, cap.extinction) == (1, 2, 1)
        assert Qualification.objects.filter(territory_id=GIRONDE, until=None).count() == 2
    with pytest.raises(errors.CapReached, match="Gironde"):
        accept()


def test_a_suspension_keeps_every_place_and_leaving_frees_them():
    set_cap(1)
    set_cap(1, GIRONDE)
    actor = accept()
    with acting(make_operator().principal):
        suspend_actor(actor=actor, reason="Contrôle.")
        assert set(Cap.objects.values_list("qualified", flat=True)) == {1}
        with pytest.raises(errors.CapReasonMissing):
            caps.release_places(actor=actor, reason=" ")
        with pytest.raises(ReasonMissing):
            disqualify_actor(actor=actor, reason=" ")
        disqualify_actor(actor=actor, reason="Charte rompue.")
        row = Actor.objects.get(pk=actor.pk)
        assert (row.state, row.suspended_at, row.removal_reason) == ("removed", None, "Charte rompue.")
        with pytest.raises(errors.NotQualified):
            disqualify_actor(actor=actor, reason="Encore.")
        assert set(Cap.objects.values_list("qualified", flat=True)) == {0}
        assert Event.objects.filter(verb="place_released", organisation_id=actor.pk).count() == 2


def test_a_site_reopens_only_where_its_actor_still_has_its_place():
    set_cap(1)
    actor = accept()
    member = make_member(actor, Hat.ACTOR, Role.MANAGER)
    with acting(OPERATOR):
        site = Site.objects.get(actor=actor)
    with acting(member.principal):
        close_site(site=site, reason="Travaux.")
        reopen_site(site=site)
        close_site(site=site, reason="Travaux.")
    with acting(make_operator().principal):
        assert caps.idle_places(actor.actor) == [METROPOLE]
        caps.release_places(actor=actor, reason="Fermé pour de bon.", territories=[METROPOLE])
    with acting(member.principal), pytest.raises(AnotherTerritory):
        reopen_site(site=site)


def test_the_rule_of_caps_is_a_new_version_each_time():
    given = {"target_cents": 20_000_00, "at_least": 2, "at_most": 9, "inhabitants_per_actor": 50_000}
    with acting(make_operator().principal):
        assert caps.policy_in_force().version == 1
        with pytest.raises(errors.CapReasonMissing):
            caps.set_policy(**given, reason="")
        with pytest.raises(errors.InvalidCap):
            caps.set_policy(**{**given, "at_least": 10}, reason="Essai.")
        caps.set_policy(**given, reason="Plus serré.")
        assert (caps.policy_in_force().version, caps.policy_in_force().at_most) == (2, 9)
        refused("UPDATE qualification_cappolicy SET at_most = 1", match="permission denied")
        refused("INSERT INTO qualification_cappolicy SELECT 3, 0, 1, 1, 1, 'x', now(), NULL", match="cap_policy_sound")


def test_only_the_operator_sets_caps():
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal), pytest.raises(NotAllowed):
            caps.set_cap(territory=METROPOLE, cap=1)


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
        refused("UPDATE qualification_cap SET cap = 0", match="cap_extinction_justified")
        refused("UPDATE qualification_cap SET extinction = 1", match="permission denied")
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
