"""No redemption commits after its site's suspension has: each order of the two, held in place, then a crowd."""

import threading
import time
from collections import Counter
from typing import Any

import pytest
from django.db import transaction

from actors.models import Actor
from actors.sites import close_site, open_site, reopen_site
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from passes.models import Redemption
from qualification.disqualification import disqualify_actor
from qualification.suspension import reinstate_actor, suspend_actor
from tests.factories import OPERATOR, make_operator
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15
PATIENCE = 20  # seconds


def wait_for_waiter(database: Any) -> None:
    """Return once some connection of the database waits for an advisory lock."""
    deadline = time.monotonic() + PATIENCE
    with database.admin() as admin:
        while not admin.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()[0]:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)


def accepted() -> int:
    with acting(OPERATOR):
        return Redemption.objects.accepted().count()


def suspend(actor: Organisation) -> None:
    with acting(make_operator().principal):
        suspend_actor(actor=actor, reason="Signalement en cours d’examen.")


def test_a_suspension_waits_for_the_redemption_under_way(fresh_database: Any, together: Any) -> None:
    till, batch, person = make_till(), make_batch(), make_operator()
    begun, order = threading.Event(), []

    def work(i: int) -> int:
        if i == 0:
            with transaction.atomic():  # a redemption that has not committed yet
                status = till.redeem(code_of(batch)).status_code
                begun.set()
                wait_for_waiter(fresh_database)
                order.append("redeemed")
            return status
        assert begun.wait(PATIENCE)
        with acting(person.principal):
            suspend_actor(actor=till.site.actor, reason="Signalement.")
            order.append("suspended")
        return 0

    assert together(2, work) == [201, 0]
    assert order == ["redeemed", "suspended"]


@pytest.mark.parametrize("verb", [suspend_actor, disqualify_actor])
def test_a_redemption_that_comes_during_a_suspension_is_refused(fresh_database: Any, together: Any, verb: Any) -> None:
    till, batch, person = make_till(), make_batch(), make_operator()
    begun = threading.Event()

    def work(i: int) -> Any:
        if i == 0:
            with acting(person.principal):
                verb(actor=till.site.actor, reason="Signalement.")
                begun.set()
                wait_for_waiter(fresh_database)  # the till stands at the lock, before reading anything
            return None
        assert begun.wait(PATIENCE)
        return till.redeem(code_of(batch)).json()["code"]

    assert together(2, work) == [None, "site_not_qualified"]
    assert accepted() == 0


def test_a_crowd_at_the_tills_stops_with_the_suspension(fresh_database: Any, together: Any) -> None:
    till, batch = make_till(), make_batch(booklets=6)
    codes = [code_of(batch, n // 10, n % 10 + 1) for n in range(60)]
    person = make_operator()

    def work(i: int) -> Any:
        if i == 0:
            with acting(person.principal):
                suspend_actor(actor=till.site.actor, reason="Signalement.")
            return accepted()  # the suspension has committed: from here on, not one more
        return [till.redeem(code).status_code for code in codes[(i - 1) * 10 : i * 10]]

    at_suspension, *statuses = together(7, work)
    answers = Counter(status for part in statuses for status in part)
    assert set(answers) <= {201, 422}
    assert accepted() == at_suspension == answers[201]


def test_every_site_of_the_actor_stops_and_the_others_go_on(fresh_database: Any) -> None:
    first, batch = make_till(), make_batch()
    second, other = make_till(actor=first.site.actor, commune="33039"), make_till()
    suspend(first.site.actor)
    refusals = [till.redeem(code_of(batch)).json()["code"] for till in (first, second)]
    assert refusals == ["site_not_qualified"] * 2
    assert other.redeem(code_of(batch)).status_code == 201
    with acting(make_operator().principal):
        reinstate_actor(actor=first.site.actor)
    assert second.redeem(code_of(batch, position=2)).status_code == 201


def test_closing_a_site_waits_and_refuses_in_the_same_way(fresh_database: Any, together: Any) -> None:
    till, batch, person = make_till(), make_batch(), make_operator()
    begun = threading.Event()

    def work(i: int) -> Any:
        if i == 0:
            with acting(person.principal):
                close_site(site=till.site, reason="Dégât des eaux.")
                begun.set()
                wait_for_waiter(fresh_database)
            return None
        assert begun.wait(PATIENCE)
        return till.redeem(code_of(batch)).status_code

    assert together(2, work) == [None, 422]
    with acting(person.principal):
        reopen_site(site=till.site)
    assert till.redeem(code_of(batch)).status_code == 201


def test_a_site_opened_during_a_suspension_waits_for_it(fresh_database: Any, together: Any) -> None:
    """Otherwise its till would redeem under a lock that the suspension does not know."""
    from tests.qualification.world import accept, set_cap

    set_cap(1)
    actor, person = accept(), make_operator()
    begun = threading.Event()

    def work(i: int) -> Any:
        if i == 0:
            with acting(person.principal):
                suspend_actor(actor=actor, reason="Signalement.")
                begun.set()
                wait_for_waiter(fresh_database)
            return None
        assert begun.wait(PATIENCE)
        with acting(OPERATOR):
            commune = Commune.objects.get(pk="33063")
            return open_site(actor=actor, name="Nouveau", address="3 rue", commune=commune, phone="0500000000")

    assert [type(answer).__name__ for answer in together(2, work)] == ["NoneType", "Site"]
    with acting(OPERATOR):
        assert Actor.objects.get(pk=actor.pk).state == "suspended"


def test_two_suspensions_at_once_suspend_once(fresh_database: Any, together: Any) -> None:
    till = make_till()
    make_till(actor=till.site.actor)
    person = make_operator()

    def work(i: int) -> Any:
        with acting(person.principal):
            return suspend_actor(actor=till.site.actor, reason="Signalement.")

    answers = Counter(type(answer).__name__ for answer in together(4, work))
    assert answers == {"NoneType": 1, "NotQualified": 3}
