"""Real connections at the same instant: a place is given once, a decision is taken once, the counter is true."""

from collections import Counter
from typing import Any

import psycopg
import pytest

from actors.models import Site
from actors.places import cap_territory
from actors.sites import open_site
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from qualification import errors, services
from qualification.models import Application, Cap, Qualification
from tests.factories import OPERATOR, make_operator
from tests.qualification.world import BORDEAUX, LIBOURNE, METROPOLE, accept, accept_elsewhere, apply, set_cap

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
    assert refusal.text == errors.CapReached.message
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
                return services.set_cap(territory=METROPOLE, cap=2)
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
            ("UPDATE qualification_cap SET cap = 0 WHERE territory = %(here)s", "cap_respected"),
            (
                "INSERT INTO qualification_qualification (id, actor_id, territory, since)"
                " VALUES (gen_random_uuid(), %(other)s, %(here)s, now())",
                "cap_respected",
            ),
        ):
            with pytest.raises(psycopg.errors.CheckViolation, match=match):
                owner.execute(sql, {"here": METROPOLE, "other": other})
