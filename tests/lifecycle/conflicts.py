"""What goes wrong, as steps of the state machine: counters off line, a till stopped meanwhile, mistakes found late."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from actors.models import Actor, Site
from aptic.accounts.models import Role
from aptic.ledger.guarantee import confirm_funding, enter_funding, guaranteed_cents
from aptic.tenancy.principal import Hat, Principal, acting
from passes import redemption
from passes.codes import Code
from passes.conflict_errors import GuaranteeTooSmall, NotDecidable, NotPaid, NotVoidable
from passes.held import approve_judgement, prepare_judgement
from passes.incidents.deciding import approve_decision, prepare_decision, send_back
from passes.incidents.repaying import record_repayment
from passes.models import Batch, Held, Incident, Redemption, Void
from passes.redemption import Attempt, Outcome, Till
from passes.void_requests import approve_void, request_void
from tests.lifecycle.model import VALUE, Model, ModelIncident

ACTOR = st.sampled_from([0, 1])
ANY = st.integers(0, 10_000)
D = Incident.Decision


class Conflicts:
    """Steps that `Lifecycle` takes besides its own; it gives them the scheme, the clock and the model."""

    model: Model
    scheme: Any
    sites: list[Site]
    service: Any
    batches: list[Batch]
    over: bool
    now: datetime

    def tick(self) -> datetime:
        """The next minute."""
        raise NotImplementedError

    def pick_serial(self, which: int) -> int:
        """A pass."""
        raise NotImplementedError

    def open_counters(self) -> None:
        """Nobody has been off line yet."""
        self.held: dict[uuid.UUID, tuple[int, int, bool]] = {}  # id → serial, actor, within its ceiling
        # When each till took a pass without a network, and when that was recorded.
        self.off_line: dict[int, list[tuple[datetime, datetime]]] = {0: [], 1: []}

    def till_principal(self, actor: int) -> Principal:
        """Who stands at the till of one of the two actors."""
        site = self.sites[actor]
        return Principal(hat=Hat.ACTOR, organisation_id=site.actor_id, site_id=site.pk)

    def present(self, attempt: Attempt, actor: int, at: datetime, **more: Any) -> Outcome:
        """One attempt at an actor's till."""
        site = self.sites[actor]
        with acting(self.till_principal(actor)):
            redemption.present([attempt.code], site_id=site.pk)
            return redemption.redeem(Till(site_id=site.pk, actor_id=site.actor_id), [attempt], at=at, **more)[0]

    # Off line -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.passes)
    @rule(which=ANY, actor=ACTOR, used=st.booleans())
    def come_back_on_line(self, which: int, actor: int, used: bool) -> None:
        """A counter hands in a pass that it took without a network: taken, or an incident."""
        serial = self.pick_serial(which)
        spent = [key for key, one in self.model.passes.items() if one.state == "redeemed"]
        if used and spent:
            serial = spent[which % len(spent)]
        self._off_line(uuid.uuid4(), serial, actor)

    def _off_line(self, key: uuid.UUID, serial: int, actor: int) -> None:
        at = self.tick()
        expected = self.model.refusal(serial, over=self.over)
        attempt = self._attempt(key, serial, at)
        within = self._carry(actor, attempt.occurred_at)
        outcome = self.present(attempt, actor, at, may_hold=True)
        self._follow(key, serial, actor, at, expected, outcome, within=within)

    def _carry(self, actor: int, at: datetime) -> bool:
        """One more pass without a network; is it among the first twenty (200 €) of 72 hours that its till carries?

        What was recorded when it was taken is carried no more.
        """
        self.off_line[actor].append((at, self.now))
        first = at - timedelta(hours=72)
        return sum(first < taken <= at < sent for taken, sent in self.off_line[actor]) <= 20

    def _attempt(self, key: uuid.UUID, serial: int, at: datetime) -> Attempt:
        return Attempt(key, Code(1, serial), self.service.pk, at - timedelta(seconds=30), offline=True)

    def _follow(
        self, key: uuid.UUID, serial: int, actor: int, at: datetime, expected: Any, outcome: Outcome, *, within: bool
    ) -> None:
        """Accepted, or refused and then an incident with the bearer that the model names."""
        assert getattr(outcome.error, "reason", None) == expected
        if expected is None:
            self.model.redeem(key, serial, actor, at)
            return
        in_time = outcome.attempt.occurred_at < self.batches[0].valid_until
        one = self.model.refuse_off_line(key, serial, actor, expected, in_time=in_time, within=within)
        with acting(self.scheme.first):
            assert Incident.objects.get(pk=key).bearer == one.bearer

    @precondition(lambda self: self._incidents("open"))
    @rule(which=ANY, by_guarantee=st.booleans(), decision=st.sampled_from([D.RETAINED, D.RETAINED, D.REPAID, D.KEPT]))
    def decide_incident(self, which: int, by_guarantee: bool, decision: Incident.Decision) -> None:
        """Two people: the guarantee pays if it can, the site bears, or the actor owes what it was paid by mistake."""
        waiting = self._incidents("open")
        mistakes = [pair for pair in waiting if pair[1].mistake]
        chosen = mistakes if mistakes and which % 2 else waiting
        key, one = chosen[which % len(chosen)]
        if not one.mistake:
            decision = D.GUARANTEE if by_guarantee and one.bearer == "guarantee" else D.SITE
        with acting(self.scheme.first):
            prepare_decision(incident=Incident.objects.get(pk=key), decision=decision, note="Vu ensemble.")
        refusal = self._why_not(one, decision)
        if refusal is None:
            self._approve(key, decision)
            self._carry_out(one, decision)
            return
        with pytest.raises(refusal), transaction.atomic():
            self._approve(key, decision)
        with acting(self.scheme.second):
            send_back(incident=Incident.objects.get(pk=key))

    def _approve(self, key: object, decision: Incident.Decision) -> None:
        with acting(self.scheme.second):
            approve_decision(incident=Incident.objects.get(pk=key), decision=decision, at=self.tick())

    def _why_not(self, one: ModelIncident, decision: Incident.Decision) -> type[Exception] | None:
        if decision == D.GUARANTEE:
            return GuaranteeTooSmall if self.model.guarantee < VALUE else None
        if one.mistake is None or decision == D.KEPT or one.mistake.paid:
            return None
        if decision == D.REPAID:  # the run was given up
            return NotPaid
        return NotDecidable if one.mistake.voided else None

    def _carry_out(self, one: ModelIncident, decision: Incident.Decision) -> None:
        one.state = "awaiting" if decision == D.REPAID else "closed"
        if decision == D.GUARANTEE:
            self.model.grant(one)
        elif one.mistake and decision != D.KEPT:
            if one.mistake.paid:
                self.model.undo_paid(one, retained=decision == D.RETAINED)
            else:
                self.model.void_of(one.mistake)

    @precondition(lambda self: self._incidents("awaiting"))
    @rule()
    def repay(self) -> None:
        """An actor pays back by bank."""
        key, one = self._incidents("awaiting")[0]
        with acting(self.scheme.first):
            record_repayment(incident=Incident.objects.get(pk=key), bank_reference="VIR", at=self.tick())
        one.state = "closed"
        self.model.repay()

    @precondition(lambda self: self.model.guarantee < VALUE)
    @rule(passes=st.integers(1, 3))
    def feed_guarantee(self, passes: int) -> None:
        """The operator puts money aside."""
        at, cents = self.tick(), passes * VALUE
        with acting(self.scheme.first):
            funding = enter_funding(amount_cents=cents, bank_reference=uuid.uuid4().hex,
                                    received_on=timezone.localdate(at), at=at)  # fmt: skip
        with acting(self.scheme.second):
            confirm_funding(funding=funding, at=at)
            self.model.guarantee += cents
            assert guaranteed_cents() == self.model.guarantee

    def _incidents(self, state: str) -> list[tuple[object, ModelIncident]]:
        return [(key, one) for key, one in self.model.incidents.items() if one.state == state]

    # A till that is stopped -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.passes)
    @rule(which=ANY, actor=ACTOR)
    def hand_in_after_a_stop(self, which: int, actor: int) -> None:
        """Suspended while it was off line, an actor hands in what it did before: kept, and nothing moves."""
        serial, key, at = self.pick_serial(which), uuid.uuid4(), self.tick()
        mine = Actor.objects.filter(pk=self.sites[actor].actor_id)
        with acting(self.scheme.first):
            mine.update(state="suspended", suspended_at=at)
        attempt = self._attempt(key, serial, at)
        within = self._carry(actor, attempt.occurred_at)
        outcome = self.present(attempt, actor, at, may_hold=True)
        with acting(self.scheme.first):
            assert Held.objects.get(pk=key).beyond_ceiling is not within
            mine.update(state="qualified", suspended_at=None)
        assert outcome.held
        self.held[key] = (serial, actor, within)

    @precondition(lambda self: self.held)
    @rule(which=ANY, release=st.booleans())
    def judge_held(self, which: int, release: bool) -> None:
        """Two people release it: redeemed under its own id, or an incident; or they refuse it."""
        key = list(self.held)[which % len(self.held)]
        serial, actor, within = self.held.pop(key)
        with acting(self.scheme.first):
            prepare_judgement(lines=[key], release=release, reason="" if release else "Sans trace.")
        expected, at = self.model.refusal(serial, over=self.over), self.tick()
        with acting(self.scheme.second):
            outcomes = approve_judgement(lines=[key], release=release, at=at)
            state = Held.objects.get(pk=key).state
        assert state == ("released" if release else "refused")
        for outcome in outcomes:
            self._follow(key, serial, actor, at, expected, outcome, within=within)

    # Too late to undo alone -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.redemptions)
    @rule(which=ANY)
    def undo_late(self, which: int) -> None:
        """Asked for at the counter and approved by the operator: undone, or an incident once it is paid."""
        everything = self.model.redemptions
        paid = [key for key, one in everything.items() if one.paid and not one.undone]
        keys = paid if paid and which % 4 else list(everything)
        key = keys[which % len(keys)]
        one, person = self.model.redemptions[key], uuid.uuid4()
        principal = self.till_principal(one.actor)
        agent = Principal(hat=Hat.ACTOR, organisation_id=principal.organisation_id, person_id=person, role=Role.AGENT)
        with acting(agent):
            row = Redemption.objects.select_related("void").get(pk=key)
            if one.voided or one.undone or key in self.model.incidents:
                with pytest.raises(NotVoidable):
                    request_void(redemption=row, reason="Erreur.")
                return
            request = request_void(redemption=row, reason="Erreur.", at=self.tick())
        with acting(self.scheme.second):
            done = approve_void(request=request, at=self.tick())
        assert isinstance(done, Incident if one.paid else Void)
        if one.paid:
            self.model.incidents[key] = ModelIncident(one.actor, one.serial, "site", mistake=one)
        else:
            self.model.void_of(one)
