"""Real connections at the same instant: a place is given once, a decision is taken once, the counter is true."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from actors.models import Site
from actors.places import cap_territory
from actors.sites import close_site, open_site
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from qualification import caps, errors, services
from qualification.models import Application, Cap, Qualification
from tests.factories import OPERATOR, make_operator
from tests.qualification.world import (
    BORDEAUX,
    LIBOURNAIS,
    LIBOURNE,
    METROPOLE,
    accept,
    accept_elsewhere,
    apply,
    set_cap,
)

GIRONDE = "departement:33"
pytestmark = pytest.mark.pg15


def kinds(answers: list[Any]) -> Counter:
    """How many of each outcome, by type."""
    return Counter(type(answer) for answer in answers)


def check_counter(territory: str, cap: int) -> None:
    """The counter is what the rows say, and within the cap."""
    with acting(OPERATOR):
        row = Cap.objects.get(pk=territory)
        assert row.qualified == Qualification.objects.filter(territory=row, until=None).count() <= cap


def test_two_acceptances_for_the_last_place(fresh_database: Any, together: Any) -> None:
    set_cap(1)
    rivals, people = [apply(), apply()], [make_operator(), make_operator()]

    def work(i: int) -> Any:
        with acting(people[i].principal):
            return services.accept(application=rivals[i])

    answers = together(2, work)
    assert kinds(answers) == {Application: 1, errors.CapReached: 1}
    refusal = next(answer for answer in answers if isinstance(answer, errors.CapReached))
    assert refusal.text.endswith("il n’y reste aucune place : Bordeaux Métropole.")
    check_counter(METROPOLE, 1)
    with acting(OPERATOR):
        assert Counter(Application.objects.values_list("state", flat=True)) == {"accepted": 1, "submitted": 1}
        assert Organisation.objects.filter(is_actor=True).count() == Site.objects.count() == 1


def test_many_acceptances_fill_the_places_and_no_more(fresh_database: Any, together: Any) -> None:
    set_cap(2, exceptions=1, exception_reason="Zone rurale étendue.")
    rivals, person = [apply() for _ in range(9)], make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            return services.accept(application=rivals[i])

    assert kinds(together(9, work)) == {Application: 3, errors.CapReached: 6}
    check_counter(METROPOLE, 3)


def test_one_application_is_decided_once(fresh_database: Any, together: Any) -> None:
    set_cap(5)
    application, person = apply(), make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            if i % 2:
                return services.refuse(application=application, reason="Non.")
            return services.accept(application=application)

    answers = together(6, work)
    assert kinds(answers) == {Application: 1, errors.AlreadyDecided: 5}
    with acting(OPERATOR):
        assert Qualification.objects.count() == (1 if Application.objects.get().state == "accepted" else 0)


def test_a_cap_lowered_while_places_are_given(fresh_database: Any, together: Any) -> None:
    set_cap(6)
    rivals, person = [apply() for _ in range(5)], make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            if i == 5:
                return caps.set_cap(territory=METROPOLE, cap=2)
            return services.accept(application=rivals[i])

    answers = together(6, work)
    with acting(OPERATOR):
        cap = Cap.objects.get().cap
    assert (cap == 2) == isinstance(answers[5], Cap)
    check_counter(METROPOLE, cap)


def test_a_site_in_another_territory_takes_its_place_there_too(fresh_database: Any, together: Any) -> None:
    """An acceptance in Libourne and a second counter opened there by the operator want the same last place."""
    set_cap(2)
    with acting(OPERATOR):
        libourne = Commune.objects.get(pk=LIBOURNE)
    territory = cap_territory(libourne.keys())
    set_cap(1, territory)
    actor, rival, person = accept(commune=BORDEAUX), apply(commune=LIBOURNE), make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            if i:
                return services.accept(application=rival)
            return open_site(
                actor=actor, name="Second lieu", address="2 rue de l’Essai", commune=libourne, phone="0500000000"
            )

    answers = kinds(together(2, work))
    assert answers[errors.CapReached] == 1
    check_counter(territory, 1)


def test_two_applications_of_one_siret_at_once(fresh_database: Any, together: Any) -> None:
    siret = apply().siret
    with acting(make_operator().principal):
        services.refuse(application=Application.objects.get(), reason="Non.")
    assert kinds(together(4, lambda i: apply(siret=siret))) == {Application: 1, errors.AlreadyApplied: 3}


def test_the_owner_cannot_exceed_a_cap_either(fresh_database: Any) -> None:
    """A CHECK and a trigger hold whoever writes: the same statements, as the role that owns the tables."""
    set_cap(1)
    accept()
    other = accept_elsewhere().pk
    with fresh_database.connect("owner") as owner:
        for sql, match in (
            ("UPDATE qualification_cap SET qualified = 2 WHERE territory = %(here)s", "cap_respected"),
            ("UPDATE qualification_cap SET cap = 0 WHERE territory = %(here)s", "cap_extinction_justified"),
            (
                "INSERT INTO qualification_qualification (id, actor_id, territory, since)"
                " VALUES (gen_random_uuid(), %(other)s, %(here)s, now())",
                "cap_respected",
            ),
        ):
            with pytest.raises(psycopg.errors.CheckViolation, match=match):
                owner.execute(sql, {"here": METROPOLE, "other": other})


def test_the_last_places_of_two_nested_levels(fresh_database: Any, together: Any) -> None:
    """One place left in the EPCI, two in the département: rivals of two EPCI, and nobody half accepted."""
    set_cap(1)
    set_cap(9, LIBOURNAIS)
    set_cap(2, GIRONDE)
    rivals = [apply(commune=BORDEAUX if i % 2 else LIBOURNE) for i in range(8)]
    person = make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            return services.accept(application=rivals[i])

    assert kinds(together(8, work)) == {Application: 2, errors.CapReached: 6}
    check_counter(METROPOLE, 1)
    check_counter(LIBOURNAIS, 9)
    check_counter(GIRONDE, 2)
    with acting(OPERATOR):
        places = dict(Cap.objects.values_list("territory", "qualified"))
        assert places[METROPOLE] + places[LIBOURNAIS] == places[GIRONDE] == 2


def test_taking_and_giving_back_in_opposite_orders_waits_and_never_deadlocks(
    fresh_database: Any, together: Any
) -> None:
    """Each thread takes or gives back places of four nested caps, named in its own order, many times over."""
    levels = ["commune:33063", METROPOLE, GIRONDE, "region:75"]
    for territory in levels:
        set_cap(50, territory)
    actors, person = [accept() for _ in range(6)], make_operator()
    with acting(person.principal):  # nothing stands on a place that is given back
        for site in Site.objects.all():
            close_site(site=site, reason="Travaux.")

    def work(i: int) -> Any:
        keys = levels[i % 4 :] + levels[: i % 4]
        for _ in range(8):
            with acting(person.principal):
                caps.release_places(actor=actors[i], reason="Essai.", territories=keys[: 1 + i % 4])
            with acting(person.principal):
                caps.take_places(actor=actors[i], sites=[keys[::-1]], at=timezone.now())
        return "done"

    assert together(6, work) == ["done"] * 6
    for territory in levels:
        check_counter(territory, 50)
    with acting(OPERATOR):
        assert set(Cap.objects.values_list("qualified", flat=True)) == {6}


def test_a_cap_made_while_places_are_taken_counts_them_all(fresh_database: Any, together: Any) -> None:
    set_cap(9)
    rivals, person = [apply() for _ in range(5)], make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            if i == 5:
                return caps.set_cap(territory=GIRONDE, cap=3, reason="Les commandes d’un an.")
            return services.accept(application=rivals[i])

    answers = kinds(together(6, work))
    assert answers[Cap] == 1
    with acting(OPERATOR):
        row = Cap.objects.get(pk=GIRONDE)
        assert row.qualified == Cap.objects.get(pk=METROPOLE).qualified == answers[Application]
        assert row.qualified <= row.cap + row.extinction
