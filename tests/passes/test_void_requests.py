"""Undoing late: asked for by one person, approved by another; after a payout, an incident that gives the money back."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from actors.models import Claim, Payout, Waiting
from actors.settlement.prepare import cancel_settlement
from actors.statements import lines as statement_lines
from aptic.errors import NotAllowed
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Transfer
from aptic.tenancy.principal import Hat, Principal, acting
from passes import conflict_errors as errors
from passes.expiry import expire_batch
from passes.incidents.deciding import approve_decision, send_back
from passes.incidents.repaying import record_repayment
from passes.models import Batch, Incident, Pass, Redemption, Void, VoidRequest
from passes.void_requests import approve_void, may_request_void, refuse_void, request_void
from tests.actors.money import Scheme, cents
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.conflicts import decide, differences, incident, prepare
from tests.passes.world import TestTill, code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
D, S = Incident.Decision, VoidRequest.State


@pytest.fixture
def scheme(settings) -> Scheme:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    return Scheme()


@pytest.fixture
def batch() -> Any:
    return make_batch()


@pytest.fixture
def agent(till) -> Member:
    return make_member(till.site.actor, Hat.ACTOR, "agent", name="Agathe Agent")


@pytest.fixture
def manager(till) -> Member:
    return make_member(till.site.actor, Hat.ACTOR, "manager", name="Mona Responsable")


def redeemed(till: TestTill, code: str) -> Redemption:
    key = till.redeem(code).json()["id"]
    with acting(OPERATOR):
        return Redemption.objects.get(pk=key)


def ask(member: Member, redemption: Redemption, reason: str = "Mauvais pass scanné.", **more: Any) -> VoidRequest:
    with acting(member.principal):
        return request_void(redemption=redemption, reason=reason, **more)


def end(batch: Batch) -> None:
    """Its last day and its claim deadline lie far enough back for it to expire."""
    now = timezone.now()
    first, last, deadline = (now - timedelta(days=days) for days in (9, 5, 4))
    Batch.objects.filter(pk=batch.pk).update(valid_from=first, valid_until=last, claim_until=deadline)


def pay(scheme: Scheme, till: TestTill) -> Payout:
    """A run that pays everything owed; its only payout."""
    with acting(OPERATOR):
        if not till.site.actor.bank_accounts.exists():
            scheme.give_bank(till.site.actor)
    run = scheme.send(scheme.prepare())
    with acting(OPERATOR):
        return Payout.objects.get(settlement=run)


def test_asked_by_one_and_approved_by_another(batch, till, agent, manager):
    mine = redeemed(till, code_of(batch))
    request = ask(agent, mine)
    with acting(manager.principal):
        assert not may_request_void(mine)
        voided = approve_void(request=request)
        assert isinstance(voided, Void)
        assert voided.person_id == manager.principal.person_id
        with pytest.raises(errors.NotDecidable):
            approve_void(request=request)
    assert one_pass(batch).state == Pass.State.OPEN
    assert in_circulation(batch) == batch.amount_cents
    assert till.get(f"redemptions/{mine.pk}/").json()["voided_at"]
    assert till.redeem(code_of(batch)).status_code == 201
    assert differences() == []


def test_nobody_approves_their_own_and_only_those_who_may(batch, till, agent, manager):
    request = ask(manager, redeemed(till, code_of(batch)))
    stranger = make_member(make_till().site.actor, Hat.ACTOR, "manager")
    with acting(manager.principal), pytest.raises(errors.AnotherPersonDecides):
        approve_void(request=request)
    for member in (agent, stranger):
        with acting(member.principal), pytest.raises(NotAllowed):
            approve_void(request=request)
        with acting(member.principal), pytest.raises(NotAllowed):
            refuse_void(request=request, answer="Non.")
    with acting(make_operator("agent").principal):
        assert isinstance(approve_void(request=request), Void)


def test_what_may_be_asked(batch, till, agent):
    mine = redeemed(till, code_of(batch))
    with acting(agent.principal):
        assert may_request_void(mine)
        with pytest.raises(errors.WhyMissing):
            request_void(redemption=mine, reason="  ")
    ask(agent, mine)
    with pytest.raises(errors.NotVoidable):
        ask(agent, mine)
    with pytest.raises(NotAllowed):
        ask(make_member(make_till().site.actor, Hat.ACTOR, "manager"), mine)
    with pytest.raises(NotAllowed):
        ask(make_member(till.site.actor, Hat.ACTOR, "finance"), mine)
    undone = redeemed(till, code_of(batch, position=2))
    till.post(f"redemptions/{undone.pk}/void/")
    with acting(OPERATOR):
        undone = Redemption.objects.get(pk=undone.pk)
    with pytest.raises(errors.NotVoidable):
        ask(agent, undone)


def at_the_tablet(till: TestTill, redemption: Redemption) -> VoidRequest:
    with acting(Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, site_id=till.site.pk)):
        return request_void(redemption=redemption, reason="Deux fois le même.", device_id=till.device.pk)


def test_what_a_device_asks_the_operator_alone_answers(batch, till, manager):
    """Whoever held the tablet may be the manager, who would then ask and approve alone."""
    request = at_the_tablet(till, redeemed(till, code_of(batch)))
    with acting(manager.principal):
        with pytest.raises(errors.OperatorDecides):
            approve_void(request=request)
        with pytest.raises(errors.OperatorDecides):
            refuse_void(request=request, answer="Non.")
        assert not Void.objects.exists()
    with acting(make_operator("agent").principal):
        assert isinstance(approve_void(request=request), Void)
    with acting(manager.principal):
        request.refresh_from_db()
        assert request.state == S.APPROVED


def test_refused_it_says_why_and_may_be_asked_again(batch, till, agent, manager):
    mine = redeemed(till, code_of(batch))
    request = ask(agent, mine)
    with acting(manager.principal):
        with pytest.raises(errors.WhyMissing):
            refuse_void(request=request, answer=" ")
        refuse_void(request=request, answer="L’aide a bien été donnée.")
        request.refresh_from_db()
        assert (request.state, request.answer) == (S.REFUSED, "L’aide a bien été donnée.")
        assert not Void.objects.exists()
    assert ask(agent, mine).pk != request.pk


def test_undone_after_the_end_of_its_batch_the_value_goes_back_to_the_line(batch, till, agent, manager):
    request = ask(agent, redeemed(till, code_of(batch)))
    with acting(OPERATOR):
        end(batch)
        assert expire_batch(batch=batch) == batch.amount_cents - 1000
        batch.line.account.refresh_from_db()
        free = batch.line.account.guarded_cents
    with acting(manager.principal), pytest.raises(errors.BatchOver), transaction.atomic():
        approve_void(request=request)
    with acting(make_operator().principal):
        assert isinstance(approve_void(request=request), Void)
        batch.line.account.refresh_from_db()
    assert one_pass(batch).state == Pass.State.EXPIRED
    assert batch.line.account.guarded_cents == free + 1000
    assert differences() == []


# --- once it is paid -----------------------------------------------------------------------------------------------


def paid_by_mistake(scheme, batch, till, agent, manager) -> Incident:
    mine = redeemed(till, code_of(batch))
    request = ask(agent, mine)
    pay(scheme, till)
    with acting(manager.principal):
        opened = approve_void(request=request)
        assert isinstance(opened, Incident)
        request.refresh_from_db()
        assert request.state == S.INCIDENT
        assert not may_request_void(mine)
    assert (opened.kind, opened.bearer, opened.state) == ("mistake", "site", "open")
    assert differences() == []
    return incident(opened.pk)


def test_retained_on_the_next_payout(scheme, batch, till, agent, manager):
    opened = paid_by_mistake(scheme, batch, till, agent, manager)
    assert decide(scheme, opened, D.RETAINED).state == "closed"
    assert one_pass(batch).state == Pass.State.OPEN
    assert in_circulation(batch) == batch.amount_cents
    assert cents(opened.purse, K.PAYABLE, opened.actor_id) == -1000
    assert cents(opened.purse, K.CLAIM, opened.pk) == 0
    assert differences() == []
    # A debt alone is carried forward; then it is taken from what the next passes bring.
    redeemed(till, code_of(batch, position=2))
    redeemed(till, code_of(batch, position=3))
    redeemed(till, code_of(batch))  # the pass is good for somebody else: its second turn
    payout = pay(scheme, till)
    assert (payout.gross_cents, payout.lines_count) == (2000, 4)
    with acting(manager.principal):
        texts = [one.about.text for one in statement_lines(payout=payout, principal=manager.principal)]
    assert texts[0] == "Encaissement par erreur, déjà payé : retenu"
    assert differences() == []


def test_a_debt_alone_is_carried_forward(scheme, batch, till, agent, manager):
    decide(scheme, paid_by_mistake(scheme, batch, till, agent, manager), D.RETAINED)
    other = make_till()
    redeemed(other, code_of(batch, position=2))
    pay(scheme, other)
    with acting(OPERATOR):
        assert Waiting.objects.get(actor=till.site.actor).amount_cents == -1000
        assert Claim.objects.filter(transfer__kind=T.RECOVERED).count() == 0


def test_repaid_by_bank(scheme, batch, till, agent, manager):
    opened = paid_by_mistake(scheme, batch, till, agent, manager)
    safe = cents(opened.purse, K.SAFEGUARDED)
    assert decide(scheme, opened, D.REPAID).state == "awaiting"
    assert cents(opened.purse, K.CLAIM, opened.pk) == 1000
    assert in_circulation(batch) == batch.amount_cents
    assert differences() == []
    with acting(scheme.first):
        with pytest.raises(errors.ReferenceMissing):
            record_repayment(incident=opened, bank_reference=" ")
        record_repayment(incident=opened, bank_reference="VIR ACTEUR 7")
        with pytest.raises(errors.NotDecidable):
            record_repayment(incident=opened, bank_reference="VIR ACTEUR 8")
    assert (incident(opened.pk).state, incident(opened.pk).bank_reference) == ("closed", "VIR ACTEUR 7")
    assert cents(opened.purse, K.CLAIM, opened.pk) == 0
    assert cents(opened.purse, K.SAFEGUARDED) == safe + 1000
    assert cents(opened.purse, K.PAYABLE, opened.actor_id) == 0
    assert differences() == []


def test_kept_nothing_moves_and_it_is_not_asked_again(scheme, batch, till, agent, manager):
    opened = paid_by_mistake(scheme, batch, till, agent, manager)
    with pytest.raises(errors.WhyMissing):
        prepare(scheme.first, opened, D.KEPT)
    decide(scheme, opened, D.KEPT, "L’aide a eu lieu.")
    assert one_pass(batch).state == Pass.State.REDEEMED
    with acting(OPERATOR):
        assert not Void.objects.exists()
        assert not may_request_void(opened.redemption)
    assert differences() == []


def test_paid_and_over_the_value_goes_back_to_the_line(scheme, batch, till, agent, manager):
    opened = paid_by_mistake(scheme, batch, till, agent, manager)
    with acting(OPERATOR):
        end(batch)
        expire_batch(batch=batch)
    decide(scheme, opened, D.RETAINED)
    assert one_pass(batch).state == Pass.State.EXPIRED
    assert in_circulation(batch) == 0
    assert differences() == []


def test_when_the_run_is_given_up_meanwhile_the_line_is_simply_undone(scheme, batch, till, agent, manager):
    mine = redeemed(till, code_of(batch))
    request = ask(agent, mine)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    run = scheme.prepare()
    with acting(manager.principal):
        opened = incident(approve_void(request=request).pk)
    with acting(scheme.first):
        cancel_settlement(settlement=run)
    prepare(scheme.first, opened, D.REPAID)
    with acting(scheme.second), pytest.raises(errors.NotPaid), transaction.atomic():
        approve_decision(incident=opened, decision=D.REPAID)
    with acting(scheme.second):
        send_back(incident=opened)
    decide(scheme, opened, D.RETAINED)
    assert cents(opened.purse, K.PAYABLE, opened.actor_id) == 0
    assert one_pass(batch).state == Pass.State.OPEN
    assert differences() == []


def test_when_the_run_is_given_up_afterwards_debt_and_line_meet_in_the_next(scheme, batch, till, agent, manager):
    mine = redeemed(till, code_of(batch))
    request = ask(agent, mine)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    run = scheme.prepare()
    with acting(manager.principal):
        opened = incident(approve_void(request=request).pk)
    decide(scheme, opened, D.RETAINED)
    with acting(scheme.first):
        cancel_settlement(settlement=run)
    assert cents(opened.purse, K.PAYABLE, opened.actor_id) == 0
    assert differences() == []
    redeemed(till, code_of(batch, position=2))
    payout = pay(scheme, till)
    # The use that was undone was never paid: the fee is that of the other one alone.
    assert (payout.gross_cents, payout.fee_cents, payout.fee_vat_cents) == (1000, 40, 8)
    assert differences() == []


# --- broken on purpose ---------------------------------------------------------------------------------------------


def test_the_database_refuses_one_person_who_asks_and_approves(batch, till, agent):
    request = ask(agent, redeemed(till, code_of(batch)))
    now, alone = timezone.now(), request.asked_by
    with acting(OPERATOR):
        for values, constraint in (
            ({"state": S.APPROVED, "decided_by": alone, "decided_at": now}, "void_request_two_people"),
            ({"state": S.APPROVED}, "void_request_answered"),
            ({"state": S.REFUSED, "decided_by": uuid.uuid4(), "decided_at": now}, "void_refusal_explained"),
        ):
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                VoidRequest.objects.update(**values)
        with pytest.raises(IntegrityError, match="void_request_says_who_and_why"), transaction.atomic():
            VoidRequest.objects.bulk_create([_copy(request, asked_by=None)])
        with pytest.raises(IntegrityError, match="one_waiting_void_request"), transaction.atomic():
            VoidRequest.objects.bulk_create([_copy(request)])
        with pytest.raises(IntegrityError, match="not of its redemption"), transaction.atomic():
            VoidRequest.objects.update(state=S.APPROVED, decided_by=uuid.uuid4(), decided_at=now)
            VoidRequest.objects.bulk_create([_copy(request, value_cents=5)])
        VoidRequest.objects.update(state=S.APPROVED, decided_by=uuid.uuid4(), decided_at=now)
        with pytest.raises(IntegrityError, match="decided stays decided"), transaction.atomic():
            VoidRequest.objects.update(answer="Autre chose")


def test_the_database_refuses_a_manager_who_answers_what_a_device_asked(batch, till, manager):
    request = at_the_tablet(till, redeemed(till, code_of(batch)))
    answered = "UPDATE passes_voidrequest SET state = %s, answer = 'x', decided_by = %s, decided_at = now()"
    with acting(manager.principal), connection.cursor() as cursor:
        for state in (S.APPROVED, S.REFUSED, S.INCIDENT):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                cursor.execute(answered, [state, manager.user.pk])
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("UPDATE passes_voidrequest SET asked_by = %s", [uuid.uuid4()])  # nor is it made a person's
        forged = _copy(request, state=S.APPROVED, decided_by=manager.user.pk, decided_at=timezone.now())
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            VoidRequest.objects.bulk_create([forged])
        request.refresh_from_db()
        assert request.state == S.WAITING


def _copy(request: VoidRequest, **values: Any) -> VoidRequest:
    names = ("redemption_id", "actor_id", "site_id", "value_cents", "reason", "asked_by", "device_id", "asked_at")
    return VoidRequest(**{**{name: getattr(request, name) for name in names}, **values})


def test_a_claimed_line_is_never_voided_as_if_it_were_not(scheme, batch, till, agent, manager):
    paid_by_mistake(scheme, batch, till, agent, manager)
    with acting(OPERATOR):
        assert not Transfer.objects.filter(kind=T.VOID).exists()
        assert not Void.objects.exists()
