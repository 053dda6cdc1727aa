"""Issue, hand out, redeem, void, block, replace, expire, refund, settle, reject, sweep, and what goes wrong meanwhile
(`conflicts.py`), in any order: the ledger follows the plain model, and the proof of design §6 holds after each."""

import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from actors.models import FeeSweep, Payout, Settlement
from actors.settlement.approve import approve_settlement
from actors.settlement.errors import AlreadyDone, NothingToPay
from actors.settlement.fees import confirm_sweep, prepare_sweep
from actors.settlement.outcome import reject_payout, return_payout, settle_payout
from actors.settlement.prepare import cancel_settlement, prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.ledger.balances import balances
from aptic.ledger.bank import confirm_bank_balance, enter_bank_balance
from aptic.ledger.errors import InsufficientFunds
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Account, Purse
from aptic.ledger.proof import compare
from aptic.tenancy.demonstration import mark_demonstration
from aptic.tenancy.principal import Principal, acting
from funders.errors import RefundTooLarge
from funders.services import (
    add_funding_line,
    confirm_refund,
    place_order,
    prepare_refund,
    record_payment_order,
    record_receipt,
)
from passes import distribution, issuance, redemption
from passes.blocking import block_booklet
from passes.codes import Code
from passes.errors import HandOutRefused, NotReplaceable, VoidRefused
from passes.expiry import expire_batch
from passes.models import Batch, Booklet, Pass
from passes.redemption import Attempt, Till
from passes.replacing import replace_booklets
from tests.actors.money import IBAN, Scheme
from tests.factories import make_campaign, make_distributor, make_funder
from tests.lifecycle.conflicts import Conflicts
from tests.lifecycle.model import SIZE, VALUE, Model, ModelPass, ModelPayout
from tests.passes.world import first_service, make_till

LINE = st.sampled_from([0, 1])
ACTOR = st.sampled_from([0, 1])
ANY = st.integers(0, 10_000)  # picks one of what exists, modulo


class Lifecycle(Conflicts, RuleBasedStateMachine):
    """The services against the model. A minute passes before each step, so that cutoffs never meet."""

    def __init__(self) -> None:
        super().__init__()
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()

    def teardown(self) -> None:
        """Forget everything: the next example starts from an empty scheme."""
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)

    @initialize()
    def open_scheme(self) -> None:
        """A funder with two sources of money, a distributor, two actors with a till and a bank account."""
        self.now = timezone.now()
        self.model = Model(settings.FEE_BASIS_POINTS, settings.VAT_BASIS_POINTS)
        self.scheme = Scheme()
        self.funder = make_funder()
        self.distributor = make_distributor()
        self.campaign = make_campaign(self.funder, passes_per_booklet=SIZE, face_value_cents=VALUE)
        with acting(self.funder.principal):
            second = add_funding_line(campaign=self.campaign, source="Région d’essai")
            first = self.campaign.lines.exclude(pk=second.pk).get()
        self.lines = [first, second]
        self.service = first_service()
        self.sites = [make_till().site, make_till().site]
        with acting(self.scheme.first):
            for site in self.sites:
                self.scheme.give_bank(site.actor)
        self.open_counters()
        self.batches: list[Batch] = []
        self.runs: list[tuple[Settlement, list[ModelPayout]]] = []
        self.promises: list[Any] = []
        self.sweep: FeeSweep | None = None  # prepared, not confirmed
        # Enough to be busy from the first step: one batch on money received, another on money promised.
        self.receive(0, 2 * SIZE)
        self.issue(0, 2)
        self.promise(1, 2)
        self.issue(1, 1)
        for index in (0, SIZE):
            self.hand_out(index)

    @property
    def operator(self) -> Principal:
        """Somebody of the operator who may touch money."""
        return self.scheme.first

    @property
    def over(self) -> bool:
        """True after the last day of the operation."""
        return bool(self.batches) and self.now >= self.batches[0].valid_until

    @property
    def is_short_of_money(self) -> bool:
        """Passes wait for money, or actors do: otherwise there are better things to try."""
        return max(self.model.free.values()) < 2 * SIZE * VALUE or self.model.cash < sum(
            line.cents for line in self.model.owed if line.is_due
        )

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    # Money comes in -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.is_short_of_money)
    @rule(line=LINE, passes=st.integers(1, 12))
    def receive(self, line: int, passes: int) -> None:
        """A transfer that nobody had promised."""
        at = self.tick()
        with acting(self.operator):
            record_receipt(line=self.lines[line], amount_cents=passes * VALUE, bank_reference=uuid.uuid4().hex,
                           received_on=timezone.localdate(at), at=at)  # fmt: skip
        self.model.cash += passes * VALUE
        self.model.free[line] += passes * VALUE

    @precondition(lambda self: self.is_short_of_money)
    @rule(line=LINE, booklets=st.integers(1, 3))
    def promise(self, line: int, booklets: int) -> None:
        """A payment order: free to issue on, not yet cash."""
        cents = booklets * SIZE * VALUE
        with acting(self.operator):
            order = record_payment_order(
                line=self.lines[line], number=uuid.uuid4().hex, amount_cents=cents, at=self.tick()
            )
        self.promises.append((line, order))
        self.model.promised[line] += cents
        self.model.free[line] += cents

    @precondition(lambda self: self.promises)
    @rule(which=ANY)
    def collect(self, which: int) -> None:
        """A promise is kept."""
        line, order = self.promises.pop(which % len(self.promises))
        at = self.tick()
        with acting(self.operator):
            record_receipt(line=self.lines[line], amount_cents=order.amount_cents, bank_reference=uuid.uuid4().hex,
                           received_on=timezone.localdate(at), payment_order=order, at=at)  # fmt: skip
        self.model.promised[line] -= order.amount_cents
        self.model.cash += order.amount_cents

    @precondition(lambda self: max(map(self.model.refundable, self.model.free)) > 0)
    @rule(line=LINE, beyond=st.booleans())
    def refund(self, line: int, beyond: bool) -> None:
        """Unused money goes back to the funder, and not a cent that anybody else is owed."""
        most = self.model.refundable(line)
        cents = most + 1 if beyond or not most else most if self.over else min(most, VALUE)
        terms = {"reason": "Reste", "holder": "Paierie", "iban": IBAN}
        with acting(self.scheme.first):
            if cents > most:
                with pytest.raises(RefundTooLarge), transaction.atomic():
                    prepare_refund(line=self.lines[line], amount_cents=cents, **terms)
                return
            prepared = prepare_refund(line=self.lines[line], amount_cents=cents, at=self.tick(), **terms)
        at = self.tick()
        with acting(self.scheme.second):
            confirm_refund(refund=prepared, bank_reference=uuid.uuid4().hex, left_on=timezone.localdate(at), at=at)
        self.model.cash -= cents
        self.model.free[line] -= cents

    # Passes -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.over and sum(one.replaces_id is None for one in self.batches) < 5)
    @rule(line=LINE, booklets=st.integers(1, 2))
    def issue(self, line: int, booklets: int) -> None:
        """Issued never exceeds funded, line by line."""
        cents, at = booklets * SIZE * VALUE, self.tick()
        with acting(self.funder.principal):
            order = place_order(campaign=self.campaign, line=self.lines[line], booklets=booklets, at=at)
        with acting(self.operator):
            if cents > self.model.free[line]:
                with pytest.raises(InsufficientFunds), transaction.atomic():
                    issuance.open_batch(order=order, at=at)
                return
            batch = issuance.open_batch(order=order, at=at)
            issuance.fill_batch(batch=batch, principal=self.operator)
            issuance.activate(batch=batch, at=at)
        with acting(self.funder.principal):
            distribution.send_booklets(batch=batch, distributor=self.distributor.organisation,
                                       first_booklet=batch.first_booklet, booklets=booklets, at=at)  # fmt: skip
        self.model.free[line] -= cents
        self.model.line_of[batch.pk] = line
        for booklet in range(batch.first_booklet, batch.first_booklet + booklets):
            for position in range(1, SIZE + 1):
                self.model.passes[booklet << 4 | position] = ModelPass(batch.pk, booklet)
        self.batches.append(batch)

    @precondition(lambda self: self.model.passes)
    @rule(which=ANY)
    def hand_out(self, which: int) -> None:
        """A booklet is given to somebody, once, and only while something of it can be used."""
        waiting = [one.booklet for one in self.model.passes.values() if one.booklet not in self.model.handed]
        booklets = waiting if waiting and which % 4 else [one.booklet for one in self.model.passes.values()]
        booklet, at = booklets[which % len(booklets)], self.tick()
        usable = any(one.booklet == booklet and one.state == "open" for one in self.model.passes.values())
        with acting(self.distributor.principal):
            row = Booklet.objects.get(pk=booklet)
            if self.over or not usable or booklet in self.model.handed:
                with pytest.raises(HandOutRefused), transaction.atomic():
                    distribution.hand_out(booklet=row, at=at)
                return
            distribution.hand_out(booklet=row, at=at)
        self.model.handed.add(booklet)

    @precondition(lambda self: self.model.passes)
    @rule(visits=st.lists(st.tuples(ANY, ACTOR, st.booleans()), min_size=1, max_size=6))
    def redeem(self, visits: list[tuple[int, int, bool]]) -> None:
        """A busy hour at both counters."""
        for which, actor, again in visits:
            self._redeem(self.pick_serial(which), actor, again=again)

    def _redeem(self, serial: int, actor: int, *, again: bool) -> None:
        """Accepted or refused as the model says; the same id again gets the same answer and moves nothing."""
        key, at = uuid.uuid4(), self.tick()
        expected = self.model.refusal(serial, over=self.over)
        outcome = self._present(key, serial, actor, at)
        assert getattr(outcome.error, "reason", None) == expected
        if expected is None:
            self.model.redeem(key, serial, actor, at)
        if again:
            second = self._present(key, serial, actor, at)
            assert second.repeated
            assert (second.value_cents, getattr(second.error, "reason", None)) == (VALUE, expected)

    def _present(self, key: uuid.UUID, serial: int, actor: int, at: datetime) -> redemption.Outcome:
        return self.present(Attempt(key, Code(1, serial), self.service.pk, at), actor, at)

    @precondition(lambda self: self.model.redemptions)
    @rule(which=ANY)
    def void(self, which: int) -> None:
        """Undone within a quarter of an hour, unless a payout has claimed it."""
        keys = list(self.model.redemptions)
        key = keys[-1 - which % min(len(keys), 4)]  # one of the last, which may still be undone
        one, at = self.model.redemptions[key], self.tick()
        site = self.sites[one.actor]
        expected = self.model.why_not_void(key, at)
        with acting(self.till_principal(one.actor)):
            till = Till(site_id=site.pk, actor_id=site.actor_id)
            if expected is None:
                _, repeated = redemption.void(key, till, at=at)
                assert repeated == (one.voided or one.undone)
                self.model.void(key)
            else:
                with pytest.raises(VoidRefused) as refused, transaction.atomic():
                    redemption.void(key, till, at=at)
                assert refused.value.code == expected

    @precondition(lambda self: self.model.passes)
    @rule(which=ANY)
    def block(self, which: int) -> None:
        """A booklet is lost; what it paid stays paid."""
        booklet = self.pick_serial(which) >> 4
        mine = [one for one in self.model.passes.values() if one.booklet == booklet and one.state == "open"]
        with acting(self.funder.principal):
            assert block_booklet(booklet=Booklet.objects.get(pk=booklet)) == len(mine)
        for one in mine:
            one.state = "blocked"

    @precondition(lambda self: len(self.batches) < 10)
    @rule(which=ANY)
    def replace(self, which: int) -> None:
        """What is left of a lost booklet goes on in another, which the distributor gets; after the end nothing does."""
        booklet, at = self.pick_serial(which) >> 4, self.tick()
        (batch,) = [one for one in self.batches if one.first_booklet <= booklet <= one.last_booklet]
        run = {"first_booklet": booklet, "booklets": 1, "at": at}
        with acting(self.funder.principal):
            if self.over or not self.model.left_in(booklet):
                with pytest.raises(NotReplaceable), transaction.atomic():
                    replace_booklets(batch=batch, **run)
                return
            (made,) = replace_booklets(batch=batch, **run)
            run["first_booklet"] = made.first_booklet
            distribution.send_booklets(batch=made, distributor=self.distributor.organisation, **run)
        self.model.replace(booklet, made.pk, made.first_booklet)
        self.batches.append(made)

    @rule(minutes=st.sampled_from([10, 20, 24 * 60, 10 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.batches)
    @rule(which=ANY, to_the_end=st.booleans())
    def expire(self, which: int, to_the_end: bool) -> None:
        """Nothing expires before its time, and everything once."""
        batch = self.batches[which % len(self.batches)]
        deadline = batch.claim_until + timedelta(hours=72)
        if to_the_end and len(self.model.redemptions) > SIZE:  # an example that ends too early shows nothing
            self.now = max(self.now, deadline)
        at = self.tick()
        with acting(self.operator):
            cents = expire_batch(batch=batch, at=at)
        assert cents == (self.model.expire(batch.pk) if at > deadline else 0)

    # Money goes out -----------------------------------------------------------------------------------------------

    @precondition(lambda self: any(line.is_due for line in self.model.owed))
    @rule(hold=st.booleans())
    def settle(self, hold: bool) -> None:
        """A run pays the oldest lines while the cash lasts; unless held, it goes to the bank at once."""
        at = self.tick()
        expected = self.model.prepare()
        with acting(self.scheme.first):
            try:
                run = prepare_settlement(cutoff=at, at=at)
            except NothingToPay:
                assert expected == []
                return
        with acting(self.operator):
            made = {
                one.actor_id: (one.gross_cents, one.fees_cents, one.net_cents)
                for one in Payout.objects.filter(settlement=run)
            }
        assert made == {self.sites[one.actor].actor_id: (one.gross, one.fee + one.vat, one.net) for one in expected}
        if expected:
            self.runs.append((run, expected))
            if not hold:
                self._to_the_bank(*self.runs[-1])

    def _to_the_bank(self, run: Settlement, payouts: list[ModelPayout]) -> None:
        with acting(self.scheme.second):
            approve_settlement(settlement=run, digest=run.digest)
            write_bank_file(settlement=run)
            mark_sent(settlement=run, at=self.tick())
        self.model.send(payouts)

    @precondition(lambda self: self._held())
    @rule(give_up=st.booleans())
    def decide(self, give_up: bool) -> None:
        """A run that waits is sent or given up."""
        run, payouts = self._held()[0]
        if give_up:
            with acting(self.operator):
                cancel_settlement(settlement=run)
            self.model.release(payouts)
        else:
            self._to_the_bank(run, payouts)
        with acting(self.operator), pytest.raises(AlreadyDone), transaction.atomic():
            cancel_settlement(settlement=run)

    def _held(self) -> list[tuple[Settlement, list[ModelPayout]]]:
        return [one for one in self.runs if one[1][0].state == "prepared"]

    @precondition(lambda self: self._in_state("sent"))
    @rule(which=ANY, comes_back=st.booleans())
    def hear_from_the_bank(self, which: int, comes_back: bool) -> None:
        """Executed, or refused: then it is owed again."""
        run, one = self._pick(which, "sent")
        with acting(self.operator):
            payout = Payout.objects.get(settlement=run, actor_id=self.sites[one.actor].actor_id)
            if comes_back:
                reject_payout(payout=payout, reason="AC04 compte clos", at=self.tick())
                self.model.send_back(one)
            else:
                settle_payout(payout=payout, at=self.tick())
                self.model.settle(one)

    @precondition(lambda self: self._in_state("settled"))
    @rule(which=ANY)
    def come_back_later(self, which: int) -> None:
        """A transfer that was executed comes back."""
        run, one = self._pick(which, "settled")
        with acting(self.operator):
            payout = Payout.objects.get(settlement=run, actor_id=self.sites[one.actor].actor_id)
            return_payout(payout=payout, reason="AC06 compte bloqué", at=self.tick())
        self.model.send_back(one)

    @precondition(lambda self: self.sweep or self.model.fees)
    @rule()
    def take_the_fees(self) -> None:
        """One person prepares what is due; at another step somebody else confirms it, and what came since waits."""
        at = self.tick()
        if self.sweep is None:
            with acting(self.scheme.first):
                self.sweep = prepare_sweep(purse=Purse.objects.get(funder=self.funder.organisation), at=at)
            assert self.sweep.total_cents == self.model.fees
            return
        with acting(self.scheme.second):
            confirm_sweep(sweep=self.sweep, bank_reference=uuid.uuid4().hex, left_on=timezone.localdate(at), at=at)
        self.model.cash -= self.sweep.total_cents
        self.model.fees -= self.sweep.total_cents
        self.sweep = None

    @precondition(lambda self: self.model.cash)
    @rule()
    def state_the_balance(self) -> None:
        """Two people copy what the bank's paper says: the proof counts from there, no longer from the origin."""
        at = self.tick()
        with acting(self.scheme.first):
            purse = Purse.objects.get(funder=self.funder.organisation)
            stated = enter_bank_balance(
                purse=purse, as_of=at, balance_cents=self.model.cash, reference=f"{at:%H%M}", at=at
            )
        with acting(self.scheme.second):
            confirm_bank_balance(bank_balance=stated, at=at)

    def _in_state(self, state: str) -> list[tuple[Settlement, ModelPayout]]:
        return [(run, one) for run, payouts in self.runs for one in payouts if one.state == state]

    def _pick(self, which: int, state: str) -> tuple[Settlement, ModelPayout]:
        found = self._in_state(state)
        return found[which % len(found)]

    def pick_serial(self, which: int) -> int:
        """A pass; three times out of four, one that may still be used."""
        everything = self.model.passes
        usable = [
            serial for serial, one in everything.items() if one.state == "open" and one.booklet in self.model.handed
        ]
        serials = usable if usable and which % 4 else list(everything)
        return serials[which % len(serials)]

    # What holds after every step --------------------------------------------------------------------------------

    @invariant()
    def the_ledger_follows_the_model(self) -> None:
        """Every balance is what the model says."""
        if not hasattr(self, "lines"):
            return
        model, booked = self.model, self._balances()
        assert booked[K.SAFEGUARDED] == model.cash
        assert booked[K.FEES_DUE] + booked[K.VAT_DUE] == model.fees
        assert booked[K.IN_TRANSFER] == model.in_transfer
        assert booked[K.CLAIM] == model.claims
        for index, line in enumerate(self.lines):
            assert booked[K.CREDIT, line.pk] == model.free[index]
            assert booked[K.RECEIVABLE, line.pk] == model.promised[index]
        for batch in self.batches:
            assert booked[K.CIRCULATION, batch.uuid] == model.circulation(batch.pk)
        for index, site in enumerate(self.sites):
            assert booked[K.PAYABLE, site.actor_id] == model.payable(index)

    def _balances(self) -> Counter[Any]:
        """Cents by kind, and by kind and what the account is about."""
        found: Counter[Any] = Counter()
        with acting(self.operator):
            accounts = list(Account.objects.filter(funder=self.funder.organisation))
            booked = balances(accounts)
        for one in accounts:
            found[one.kind] += booked[one.pk]
            found[one.kind, one.about] += booked[one.pk]
        return found

    @invariant()
    def the_proof_holds(self) -> None:
        """Each account equals an independent count of what it stands for."""
        if not hasattr(self, "lines"):
            return
        with acting(self.operator):
            _, differences = compare()
            assert differences == [], [str(one) for one in differences]
            states = Counter(Pass.objects.values_list("state", flat=True))
        assert states == Counter(one.state for one in self.model.passes.values())


def test_every_life_of_a_euro_agrees_with_the_model(fresh_database: Any, settings: Any) -> None:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    mark_demonstration()  # only there may the clock run ahead
    terms = hypothesis(max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Lifecycle, settings=terms)
