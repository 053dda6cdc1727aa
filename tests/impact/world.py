"""A small world made by the services alone, with the clock they take, and beside it what a child would count by hand.

Two funders, three operations, two actors: passes used, voided, used again, lost, expired; one payout rejected and paid
again, one that came back, one waiting for its approval, and money promised that has not come.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from actors.models import Actor, BankAccount, Payout, Settlement, Site
from actors.settlement.approve import approve_settlement
from actors.settlement.fees import confirm_sweep, prepare_sweep
from actors.settlement.outcome import reject_payout, return_payout, settle_all, settle_payout
from actors.settlement.prepare import prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.accounts.models import Role
from aptic.documents.crypto import encrypt_text
from aptic.ledger.bank import booked_cents, confirm_bank_balance, enter_bank_balance
from aptic.ledger.guarantee import confirm_funding, enter_funding
from aptic.ledger.models import Purse
from aptic.tenancy.demonstration import mark_demonstration
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.models import Commune
from aptic.vocabulary.models import Service
from funders import services as funders
from funders.models import Campaign, Refund
from passes import blocking, distribution, expiry, issuance, redemption, replacing
from passes.codes import Code
from passes.incidents.deciding import approve_decision, prepare_decision
from passes.incidents.repaying import record_repayment
from passes.models import Batch, Booklet, Incident, Redemption
from passes.redemption import Attempt, Outcome, Till
from passes.void_requests import approve_void, request_void
from tests.factories import (
    OPERATOR,
    Member,
    make_campaign,
    make_distributor,
    make_funder,
    make_member,
    make_operator,
    make_siret,
)

IBAN = "FR7630006000011234567890189"
BEGLES, BORDEAUX = "33039", "33063"


@dataclass
class Counted:
    """What a child would count for one operation."""

    issued: int = 0
    handed_out: int = 0
    started: set[int] = field(default_factory=set)
    used: int = 0
    paid: int = 0
    expired: int = 0
    blocked: int = 0
    services: Counter = field(default_factory=Counter)
    communes: Counter = field(default_factory=Counter)


@dataclass
class Desk:
    """A counter of an actor: its site, the person who stands there."""

    site: Site
    till: Till


class World:
    """Every maker moves the clock it is given; `counted` is the plain model beside it."""

    def __init__(self, now: datetime | None = None) -> None:
        mark_demonstration()
        self.now = now or timezone.now()
        self.counted: dict[uuid.UUID, Counted] = {}
        self.first, self.second = make_operator(Role.FINANCE), make_operator(Role.FINANCE)
        self.services = list(Service.objects.order_by("id")[:2])
        self.people: dict[uuid.UUID, Member] = {}
        self.redeemed: list[tuple[uuid.UUID, Batch, int, Organisation]] = []

    def day(self, ago: int, hour: int = 10) -> datetime:
        """An instant so many days ago."""
        at = self.now - timedelta(days=ago)
        return at.replace(hour=hour, minute=0, second=0, microsecond=0) if ago else at

    # --- the cast ---

    def actor(self, name: str, *communes: str) -> list[Desk]:
        """A qualified actor with bank details and one counter per commune."""
        with acting(OPERATOR):
            organisation = Organisation.objects.create(name=name, is_actor=True, siret=make_siret())
            Actor.objects.create(organisation=organisation, qualified_at=self.day(300))
            BankAccount.objects.create(
                actor=organisation,
                holder=name,
                iban_sealed=encrypt_text(IBAN, context=str(organisation.pk).encode()).encode(),
                iban_last4=IBAN[-4:],
                bic="AGRIFRPP",
                proposed_by=self.first.user.pk,
                proposed_at=self.now,
                approved_by=self.second.user.pk,
                approved_at=self.now,
            )
            sites = [
                Site.objects.create(
                    actor=organisation,
                    name=f"{name} {commune}",
                    address="1 rue de l’Essai",
                    commune=Commune.objects.get(pk=commune),
                    phone="0500000000",
                )
                for commune in communes
            ]
        person = self.people[organisation.pk] = make_member(organisation, Hat.ACTOR, Role.MANAGER)
        return [Desk(site, Till(site_id=site.pk, actor_id=organisation.pk, person_id=person.user.pk)) for site in sites]

    def operation(self, funder: Member, *, begins: int, ends: int, booklet: int = 5, claim_days: int = 10) -> Campaign:
        """An operation from `begins` days ago to `ends` days ago (a negative number is ahead)."""
        campaign = make_campaign(
            funder,
            at=self.day(begins),
            starts_on=timezone.localdate(self.day(begins)),
            ends_on=timezone.localdate(self.day(0) - timedelta(days=ends)),
            passes_per_booklet=booklet,
            claim_days=claim_days,
        )
        self.counted[campaign.pk] = Counted()
        return campaign

    # --- the money that comes ---

    def promise(self, campaign: Campaign, cents: int, *, ago: int):
        """A payment order on the operation's first line."""
        with acting(self.first.principal):
            line = campaign.lines.select_related("account__purse").get()
            return funders.record_payment_order(
                line=line, number=f"M-{uuid.uuid4().hex[:6]}", amount_cents=cents, at=self.day(ago)
            )

    def receive(self, campaign: Campaign, cents: int, *, ago: int, promise=None):
        """Money on the bank account, for a promise or not."""
        with acting(self.first.principal):
            line = campaign.lines.select_related("account__purse").get()
            return funders.record_receipt(
                line=line,
                amount_cents=cents,
                bank_reference=f"VIR-{uuid.uuid4().hex[:6]}",
                received_on=timezone.localdate(self.day(ago)),
                payment_order=promise,
                at=self.day(ago),
            )

    def refund(self, campaign: Campaign, cents: int, *, ago: int) -> Refund:
        """Money of the operation's first line given back, prepared by one and confirmed by the other."""
        with acting(self.first.principal):
            line = campaign.lines.select_related("account__purse", "campaign", "funder").get()
            refund = funders.prepare_refund(
                line=line, amount_cents=cents, reason="Reste", holder="Paierie", iban=IBAN, at=self.day(ago)
            )
        with acting(self.second.principal):
            funders.confirm_refund(
                refund=refund,
                bank_reference=f"REMB-{uuid.uuid4().hex[:6]}",
                left_on=timezone.localdate(self.day(ago)),
                at=self.day(ago, 11),
            )
        return refund

    def state(self, *, ago: int) -> None:
        """What the bank says of every purse, entered by one and confirmed by the other."""
        for purse in self.purses():
            with acting(self.first.principal):
                stated = enter_bank_balance(
                    purse=purse,
                    as_of=self.day(ago, 20),
                    balance_cents=booked_cents(purse=purse, as_of=self.day(ago, 20)),
                    reference=f"R-{ago}",
                    at=self.day(ago, 21),
                )
            with acting(self.second.principal):
                confirm_bank_balance(bank_balance=stated, at=self.day(ago, 21))

    def purses(self) -> list[Purse]:
        """Those of the funders."""
        with acting(OPERATOR):
            return list(Purse.objects.filter(funder__isnull=False).order_by("id"))

    # --- the passes that go ---

    def issue(self, funder: Member, campaign: Campaign, booklets: int, *, ago: int) -> Batch:
        """An order, issued and active."""
        with acting(funder.principal):
            order = funders.place_order(
                campaign=campaign,
                line=campaign.lines.select_related("account").get(),
                booklets=booklets,
                at=self.day(ago),
            )
        with acting(OPERATOR):
            batch = issuance.open_batch(order=order, at=self.day(ago, 11))
        issuance.fill_batch(batch=batch, principal=OPERATOR)
        with acting(OPERATOR):
            issuance.activate(batch=batch, at=self.day(ago, 12))
            batch = Batch.objects.select_related("line__account__purse", "circulation", "order", "campaign").get(
                pk=batch.pk
            )
        self.counted[campaign.pk].issued += batch.passes
        return batch

    def deliver(self, funder: Member, batch: Batch, distributor: Member, given: int, *, ago: int) -> None:
        """All of a batch to a distributor, who gives the first `given` booklets."""
        with acting(funder.principal):
            distribution.send_booklets(
                batch=batch,
                distributor=distributor.organisation,
                first_booklet=batch.first_booklet,
                booklets=batch.booklets,
                at=self.day(ago),
            )
        with acting(distributor.principal):
            for booklet in Booklet.objects.filter(pk__range=(batch.first_booklet, batch.first_booklet + given - 1)):
                distribution.hand_out(booklet=booklet, at=self.day(ago, 11))
        self.counted[batch.campaign_id].handed_out += given * batch.passes_per_booklet

    def redeem(self, counter: Desk, batch: Batch, serials: list[int], *, ago: int, service: int = 0) -> list[uuid.UUID]:
        """Redeem passes (booklet * 16 + position, the batch's first booklet being 0) one after the other."""
        made = []
        for serial in serials:
            outcome = self._present(counter, batch, serial, ago=ago, service=service)
            assert outcome.error is None, outcome.error
            made.append(outcome.attempt.id)
            counted = self.counted[batch.campaign_id]
            counted.used += 1
            counted.started.add((batch.first_booklet << 4) + serial >> 4)
            counted.services[self.services[service].name] += 1
            counted.communes[counter.site.commune.name] += 1
            self.redeemed.append((outcome.attempt.id, batch, (batch.first_booklet << 4) + serial, counter.site.actor))
        return made

    def _present(
        self, counter: Desk, batch: Batch, serial: int, *, ago: int, service: int = 0, offline: bool = False
    ) -> Outcome:
        attempt = Attempt(
            id=uuid.uuid4(),
            code=Code(batch.code_key, (batch.first_booklet << 4) + serial),
            service_id=self.services[service].pk,
            occurred_at=self.day(ago, 15),
            offline=offline,
        )
        with acting(self.actor_principal(counter)):
            redemption.present([attempt.code], site_id=counter.site.pk)
            (outcome,) = redemption.redeem(counter.till, [attempt], at=self.day(ago, 15))
        return outcome

    def void(self, counter: Desk, redemption_id: uuid.UUID, *, ago: int, service: int = 0) -> None:
        """Undo within the window."""
        with acting(self.actor_principal(counter)):
            redemption.void(redemption_id, counter.till, at=self.day(ago, 15) + timedelta(minutes=3))
        self._forget(counter, redemption_id, service)

    def _forget(self, counter: Desk, redemption_id: uuid.UUID, service: int = 0) -> None:
        gone = next(one for one in self.redeemed if one[0] == redemption_id)
        self.redeemed.remove(gone)
        _, batch, serial, _ = gone
        counted = self.counted[batch.campaign_id]
        counted.used -= 1
        if not any(other[2] >> 4 == serial >> 4 for other in self.redeemed):
            counted.started.discard(serial >> 4)
        counted.services[self.services[service].name] -= 1
        counted.communes[counter.site.commune.name] -= 1

    def use_of(self, batch: Batch, serial: int) -> uuid.UUID:
        """The redemption of a pass that was used."""
        return next(one[0] for one in self.redeemed if one[2] == (batch.first_booklet << 4) + serial)

    # --- what goes wrong ---

    def undo_late(self, counter: Desk, redemption_id: uuid.UUID, decision: str = "", *, service: int = 0) -> Incident:
        """Asked at the counter after its quarter of an hour, undone by the operator today: by two people, with a
        `decision`, when it was paid. After the end of its batch the pass expires."""
        with acting(self.actor_principal(counter)):
            used = Redemption.objects.get(pk=redemption_id)
            request = request_void(redemption=used, reason="Erreur.", at=self.now)
        with acting(self.first.principal):
            done = approve_void(request=request, at=self.now)
        if decision:
            self._decide(done, decision)
        self._forget(counter, redemption_id, service)
        with acting(OPERATOR):
            batch = Batch.objects.get(pk=used.batch_id)
        if batch.expired_at:
            self.counted[batch.campaign_id].expired += 1
        return done

    def double_spend(self, counter: Desk, batch: Batch, serial: int, *, ago: int) -> None:
        """A pass that was used elsewhere, taken without a network: the guarantee pays it."""
        outcome = self._present(counter, batch, serial, ago=ago, offline=True)
        with acting(OPERATOR):
            incident = Incident.objects.get(pk=outcome.attempt.id)
        self._decide(incident, Incident.Decision.GUARANTEE)

    def _decide(self, incident: Incident, decision: str) -> None:
        with acting(self.first.principal):
            prepare_decision(incident=incident, decision=decision, at=self.now)
        with acting(self.second.principal):
            approve_decision(incident=incident, decision=decision, at=self.now)

    def repay(self, incident: Incident) -> None:
        """What an actor was paid by mistake comes back by bank."""
        with acting(self.first.principal):
            record_repayment(incident=incident, bank_reference="VIR ACTEUR", at=self.now)

    def fund_guarantee(self, cents: int, *, ago: int) -> None:
        """Money put into the operator's guarantee."""
        with acting(self.first.principal):
            received = timezone.localdate(self.day(ago))
            funding = enter_funding(amount_cents=cents, bank_reference="G-1", received_on=received, at=self.day(ago))
        with acting(self.second.principal):
            confirm_funding(funding=funding, at=self.day(ago, 11))

    def actor_principal(self, counter: Desk) -> Principal:
        """Who stands at a counter."""
        return Principal(
            hat=Hat.ACTOR,
            organisation_id=counter.till.actor_id,
            person_id=counter.till.person_id,
            role=Role.MANAGER,
            site_id=counter.site.pk,
        )

    def lose(self, batch: Batch, booklet: int) -> None:
        """A booklet declared lost."""
        with acting(OPERATOR):
            blocking.block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet + booklet))

    def replace(self, batch: Batch, booklet: int, *, ago: int) -> Batch:
        """What is left of a lost booklet goes on in another."""
        with acting(OPERATOR):
            (made,) = replacing.replace_booklets(
                batch=batch, first_booklet=batch.first_booklet + booklet, booklets=1, at=self.day(ago)
            )
            if Booklet.objects.get(pk=batch.first_booklet + booklet).handed_out_at:
                self.counted[batch.campaign_id].handed_out -= made.passes
            return Batch.objects.select_related("line__account__purse", "circulation", "campaign").get(pk=made.pk)

    def expire(self, batch: Batch, *, ago: int) -> None:
        """The end of a batch."""
        with acting(OPERATOR):
            cents = expiry.expire_batch(batch=batch, at=self.day(ago))
        self.counted[batch.campaign_id].expired += cents // batch.face_value_cents

    # --- the money that leaves ---

    def run(self, *, ago: int, send: bool = True) -> Settlement:
        """A run at noon of that day, prepared by one person, approved and sent by the other unless told otherwise."""
        with acting(self.first.principal):
            run = prepare_settlement(cutoff=self.day(ago, 12), at=self.day(ago, 13))
        if send:
            with acting(self.second.principal):
                approve_settlement(settlement=run, digest=run.digest, at=self.day(ago, 14))
                write_bank_file(settlement=run, at=self.day(ago, 14))
                mark_sent(settlement=run, at=self.day(ago, 15))
        return run

    def payout(self, run: Settlement, counter: Desk) -> Payout:
        """What one actor gets in a run."""
        with acting(OPERATOR):
            return Payout.objects.get(settlement=run, actor_id=counter.site.actor_id)

    def settle(self, run: Settlement, *, ago: int) -> None:
        """The bank executed what is under way."""
        with acting(self.first.principal):
            settle_all(settlement=run, bank_reference=f"EXE-{run.number}", at=self.day(ago))

    def settle_one(self, payout: Payout, *, ago: int) -> None:
        """One of them."""
        with acting(self.first.principal):
            settle_payout(payout=payout, bank_reference=f"EXE-{payout.end_to_end_id}", at=self.day(ago))

    def reject(self, payout: Payout, *, ago: int) -> None:
        """The bank refused it."""
        with acting(self.first.principal):
            reject_payout(payout=payout, reason="Compte clos", at=self.day(ago))

    def come_back(self, payout: Payout, *, ago: int) -> None:
        """The money came back after it was executed."""
        with acting(self.first.principal):
            return_payout(payout=payout, reason="Bénéficiaire inconnu", at=self.day(ago))

    def sweep(self, *, ago: int) -> None:
        """Fees leave for the operator's own bank, those of every purse, by two people."""
        for purse in self.purses():
            with acting(self.first.principal):
                sweep = prepare_sweep(purse=purse, at=self.day(ago))
            at = self.day(ago, 13)
            with acting(self.second.principal):
                confirm_sweep(sweep=sweep, bank_reference=f"FRAIS-{ago}", left_on=timezone.localdate(at), at=at)


def build(now: datetime | None = None) -> World:
    """Play the story; the world remembers what matters to tests by name."""
    w = World(now)
    w.north, w.south = make_funder("Département du Nord d’essai"), make_funder("Fondation du Sud")
    w.distributor = make_distributor("CCAS d’essai")
    w.club, w.library = w.actor("Club", BEGLES, BORDEAUX), w.actor("Médiathèque", BORDEAUX)

    # An operation that is over: 4 booklets of 5, one never handed out, one lost.
    w.old = w.operation(w.north, begins=200, ends=100)
    promise = w.promise(w.old, 25_000, ago=199)
    w.receive(w.old, 25_000, ago=190, promise=promise)
    w.old_batch = w.issue(w.north, w.old, 4, ago=189)
    w.deliver(w.north, w.old_batch, w.distributor, 3, ago=180)
    w.redeem(w.club[0], w.old_batch, [1, 2, 3], ago=170)
    (undone,) = w.redeem(w.club[1], w.old_batch, [4], ago=169, service=1)
    w.void(w.club[1], undone, ago=169, service=1)
    w.redeem(w.library[0], w.old_batch, [4, 17, 18], ago=168, service=1)
    w.lose(w.old_batch, 2)
    w.run_1 = w.run(ago=160)
    w.reject(w.payout(w.run_1, w.library[0]), ago=158)
    w.settle(w.run_1, ago=158)
    w.state(ago=150)
    w.redeem(w.library[0], w.old_batch, [19], ago=140)
    w.run_2 = w.run(ago=130)
    w.settle(w.run_2, ago=128)
    w.come_back(w.payout(w.run_2, w.library[0]), ago=120)
    w.run_again = w.run(ago=110)
    w.settle(w.run_again, ago=108)
    w.expire(w.old_batch, ago=50)

    # A running one, of another funder whose promise has not come in full: 6 booklets of 10.
    w.running = w.operation(w.south, begins=60, ends=-60, booklet=10)
    w.receive(w.running, 30_000, ago=60)
    w.waiting = w.promise(w.running, 40_000, ago=59)
    w.batch = w.issue(w.south, w.running, 6, ago=58)
    w.deliver(w.south, w.batch, w.distributor, 4, ago=55)
    w.redeem(w.club[0], w.batch, [1, 2, 17, 18, 19], ago=40)
    w.redeem(w.club[1], w.batch, [33, 34], ago=39, service=1)
    w.redeem(w.library[0], w.batch, [35], ago=39)
    # Two booklets are lost: one that a person had begun, who gets another, and one that was still in the stock.
    w.again = w.replace(w.batch, 0, ago=38)
    w.deliver(w.south, w.again, w.distributor, 1, ago=37)
    w.redeem(w.library[0], w.again, [1], ago=36)
    w.replace(w.batch, 5, ago=35)
    w.run_3 = w.run(ago=30)
    w.settle_one(w.payout(w.run_3, w.club[0]), ago=28)
    w.come_back(w.payout(w.run_3, w.club[0]), ago=26)
    w.state(ago=25)
    w.sweep(ago=24)
    w.given_back = w.refund(w.old, 4_000, ago=20)
    w.redeem(w.library[0], w.batch, [36, 37], ago=10)
    # The club's transfer came back and waits in this run; the library's of the third is still under way.
    w.run_4 = w.run(ago=5, send=False)
    w.redeem(w.club[0], w.batch, [20], ago=1)

    # And one that has only begun.
    w.fresh = w.operation(w.north, begins=5, ends=-100)
    w.receive(w.fresh, 20_000, ago=4)
    return w


def mishaps(w: World) -> World:
    """What goes wrong after the story of `build`: uses undone after the end of their batch, mistakes that actors were
    paid for, and a pass that the guarantee paid. Fifteen passes of an operation that is over come with them."""
    late = w.operation(w.north, begins=24, ends=5, claim_days=1)
    w.receive(late, 15_000, ago=24)
    w.late, w.late_batch = late, w.issue(w.north, late, 3, ago=23)
    w.deliver(w.north, w.late_batch, w.distributor, 3, ago=22)
    used = w.redeem(w.club[0], w.late_batch, [1, 2, 17], ago=5)
    w.expire(w.late_batch, ago=0)
    w.undo_late(w.club[0], used[0])
    w.undo_late(w.club[0], w.use_of(w.old_batch, 1), Incident.Decision.RETAINED)
    w.repay(w.undo_late(w.club[0], w.use_of(w.batch, 1), Incident.Decision.REPAID))
    w.undo_late(w.library[0], w.use_of(w.batch, 35), Incident.Decision.REPAID)  # not repaid yet
    w.fund_guarantee(5_000, ago=20)
    w.double_spend(w.club[0], w.batch, 36, ago=10)
    return w
