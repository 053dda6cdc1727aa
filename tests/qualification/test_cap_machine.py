"""Accept, suspend, leave, promote, raise, lower and new caps on nested territories, in any order: a plain model beside
the database, and no territory ever above its cap but for the exceptions that are written down."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from actors.models import Site
from actors.sites import close_site
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from qualification import caps, errors, services, waiting
from qualification.models import Cap, Qualification
from qualification.suspension import reinstate_actor, suspend_actor
from tests.factories import make_operator
from tests.qualification.world import BORDEAUX, LIBOURNAIS, LIBOURNE, METROPOLE, apply

pytestmark = pytest.mark.pg15
GIRONDE, REGION, BEGLES = "departement:33", "region:75", "33039"
TERRITORIES = ("commune:33063", METROPOLE, LIBOURNAIS, GIRONDE, REGION)
REASON = st.sampled_from(["", "Oui."])
TERRITORY, ANY = st.sampled_from(TERRITORIES), st.integers(0, 1000)


class NestedCaps(RuleBasedStateMachine):
    """`room[territory]` is [cap, exceptions, extinction]; `actors[pk]` the territories where it has a place."""

    def __init__(self) -> None:
        super().__init__()
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()

    def teardown(self) -> None:
        """Forget everything."""
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)

    @initialize()
    def start(self) -> None:
        """An operator and no cap."""
        self.person = make_operator().principal
        self.room: dict[str, list[int]] = {}
        self.actors: dict[Any, set[str]] = {}
        self.stands: dict[Any, set[str]] = {}
        self.rows: dict[Any, Any] = {}
        self.waiting: list[Any] = []
        self.suspended: set[Any] = set()

    def count(self, territory: str) -> int:
        """Actors with a place there."""
        return sum(territory in places for places in self.actors.values())

    def shrink(self, territory: str) -> None:
        """Somebody left: what stays « par extinction » goes down, never up."""
        room = self.room[territory]
        room[2] = min(room[2], max(0, self.count(territory) - room[0] - room[1]))

    @rule(
        territory=TERRITORY, cap=st.integers(0, 4), exceptions=st.integers(0, 1), reason=st.sampled_from(["", "Oui."])
    )
    def set_cap(self, territory: str, cap: int, exceptions: int, reason: str) -> None:
        """Make, raise or lower one."""
        given = {"cap": cap, "exceptions": exceptions, "exception_reason": "Île." if exceptions else ""}
        new = territory not in self.room
        there = {pk for pk, keys in self.stands.items() if territory in keys} if new else set()
        present = len(there) if new else self.count(territory)
        with acting(self.person):
            if present > cap + exceptions and not reason:
                with pytest.raises(errors.CapBelowQualified):
                    caps.set_cap(territory=territory, **given, reason=reason)
                return
            caps.set_cap(territory=territory, **given, reason=reason)
        for pk in there:
            self.actors[pk].add(territory)
        self.room[territory] = [cap, exceptions, max(0, present - cap - exceptions)]

    def full(self, keys: list[str]) -> bool:
        """Is any level full?"""
        return any(self.count(key) >= self.room[key][0] + self.room[key][1] for key in keys if key in self.room)

    def entered(self, application: Any, keys: list[str]) -> None:
        """It took a place at each capped level."""
        actor = application.organisation
        self.rows[actor.pk] = actor
        self.actors[actor.pk] = {key for key in keys if key in self.room}
        self.stands[actor.pk] = set(keys)

    @rule(code=st.sampled_from([BORDEAUX, LIBOURNE, BEGLES]))
    def accept(self, code: str) -> None:
        """An application, accepted if every level has room, else made to wait."""
        keys = Commune.objects.get(pk=code).keys()
        application = apply(commune=code)
        with acting(self.person):
            if not any(key in self.room for key in keys):
                with pytest.raises(errors.CapMissing):
                    services.accept(application=application)
            elif self.full(keys):
                with pytest.raises(errors.CapReached):
                    services.accept(application=application)
                self.waiting.append(services.put_on_waiting_list(application=application, reason="Complet."))
            else:
                self.entered(services.accept(application=application), keys)

    @precondition(lambda self: self.waiting)
    @rule(pick=ANY)
    def promote(self, pick: int) -> None:
        """One who waits enters, if every level has room now."""
        application = self.waiting[pick % len(self.waiting)]
        keys = application.commune.keys()
        level = next(key for key in keys if key in self.room)
        with acting(self.person):
            if self.full(keys):
                with pytest.raises(errors.CapReached):
                    waiting.promote(application=application, territory=level, reason="Essai.")
                return
            done = waiting.promote(application=application, territory=level, reason="Une place.")
        self.waiting.remove(application)
        self.entered(done, keys)

    @precondition(lambda self: self.actors)
    @rule(pick=ANY)
    def suspend_or_reinstate(self, pick: int) -> None:
        """It keeps every place."""
        pk = list(self.actors)[pick % len(self.actors)]  # in the order of entering: ids are drawn anew at each replay
        with acting(self.person):
            if pk in self.suspended:
                reinstate_actor(actor=self.rows[pk])
                self.suspended.discard(pk)
            else:
                suspend_actor(actor=self.rows[pk], reason="Contrôle.")
                self.suspended.add(pk)

    @precondition(lambda self: any(self.actors.values()))
    @rule(pick=ANY, everywhere=st.booleans())
    def leave(self, pick: int, everywhere: bool) -> None:
        """It gives back one place or all."""
        holders = [pk for pk, places in self.actors.items() if places]
        pk = holders[pick % len(holders)]
        gone = set(self.actors[pk]) if everywhere else {min(self.actors[pk])}
        with acting(self.person):
            given = {"actor": self.rows[pk], "reason": "Départ.", "territories": None if everywhere else gone}
            if not everywhere and gone & self.stands[pk]:  # its only site stands there
                with pytest.raises(errors.PlaceInUse):
                    caps.release_places(**given)
                close_site(site=Site.objects.get(actor=self.rows[pk]), reason="Fermé.")
                self.stands[pk] = set()
            assert caps.release_places(**given) == len(gone)
        self.actors[pk] -= gone
        for territory in gone:
            self.shrink(territory)

    @invariant()
    def the_database_agrees_and_no_cap_is_passed(self) -> None:
        """Every counter, every extinction; nobody above a cap without an exception."""
        if not hasattr(self, "room"):
            return
        with acting(self.person):
            rows = {cap.territory: cap for cap in Cap.objects.all()}
            held = Qualification.objects.filter(until=None).values_list("territory", flat=True)
            held = list(held)
        assert rows.keys() == self.room.keys()
        for territory, (cap, exceptions, extinction) in self.room.items():
            row = rows[territory]
            counted = self.count(territory)
            assert (row.cap, row.exceptions, row.extinction, row.qualified) == (cap, exceptions, extinction, counted)
            assert held.count(territory) == counted <= cap + exceptions + extinction
            assert not extinction or row.reason


def test_no_interleaving_passes_a_nested_cap_without_an_exception(fresh_database: Any) -> None:
    terms = hypothesis(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run(NestedCaps, settings=terms)
