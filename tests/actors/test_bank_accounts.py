"""Where an actor is paid: one person writes it, another one approves it, nobody reads it in clear."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from actors import bank_accounts
from actors.errors import CoolingOff, InvalidHolder, NotInState, OnePersonOnly
from actors.models import BankAccount
from actors.sepa import open_iban
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents.crypto import CannotDecrypt
from aptic.errors import NotAllowed
from aptic.iban import InvalidBic, InvalidIban
from aptic.tenancy.principal import Hat, Principal, acting
from tests.actors.network import IBAN, make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.test_applications import mails

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def actor():
    return make_actor()


def propose(actor, person=None, **more):
    data = {"holder": "Association d’essai", "iban": IBAN, "bic": "AGRIFRPP", **more}
    with acting((person or actor.manager).principal):
        return bank_accounts.propose_bank_account(actor=actor.organisation, **data)


def approve(account, person=None, at=None):
    """Once its delay is over, unless `at` says when."""
    with acting((person or make_operator(Role.FINANCE)).principal):
        bank_accounts.approve_bank_account(account=account, at=at or account.not_before)
    return account


def test_the_iban_is_sealed_for_its_actor_and_shown_by_its_last_four(actor):
    account = propose(actor, iban="FR76 3000 6000 0112 3456 7890 189")
    assert (account.iban_last4, account.bic, open_iban(account)) == ("0189", "AGRIFRPP", IBAN)
    assert b"30006" not in bytes(account.iban_sealed)
    other = make_actor()
    account.actor_id = other.organisation.pk
    with pytest.raises(CannotDecrypt):
        open_iban(account)  # moved to another actor's row, it does not open


def test_a_first_account_waits_for_the_operator(actor):
    account = propose(actor)
    assert account.approved_at is None
    person = make_operator(Role.FINANCE)
    approve(account, person)
    assert account.approved_by == person.user.pk
    with acting(actor.manager.principal):
        assert bank_accounts.in_force(actor.organisation).get().pk == account.pk
        verbs = Event.objects.filter(verb__startswith="bank_account").values_list("verb", flat=True)
        assert sorted(verbs) == ["bank_account_approved", "bank_account_proposed"]


def test_a_change_keeps_the_former_account_until_its_approval(actor):
    first = approve(propose(actor))
    second = propose(actor, iban="FR14 2004 1010 0505 0001 3M02 606")
    with acting(OPERATOR):
        assert bank_accounts.in_force(actor.organisation).get() == first
    approve(second)
    with acting(OPERATOR):
        assert bank_accounts.in_force(actor.organisation).get() == second
        assert BankAccount.objects.get(pk=first.pk).replaced_at is not None


def test_a_change_is_told_to_the_actor_and_cools_off(actor, settings):
    approve(propose(actor))
    assert "bank_account_change" not in [template for template, _ in mails()]  # a first account changes nothing
    second = propose(actor, iban="FR14 2004 1010 0505 0001 3M02 606")
    assert mails()[-1] == ("bank_account_change", actor.manager.user.email)
    with pytest.raises(CoolingOff, match="à partir du"):
        approve(second, at=timezone.now() + timedelta(hours=47))
    with acting(OPERATOR):
        soon = {"approved_at": timezone.now(), "approved_by": make_operator().user.pk}
        refused(lambda: BankAccount.objects.filter(pk=second.pk).update(**soon), "bank_account_cooled_off|one_bank")
    approve(second, at=timezone.now() + timedelta(hours=49))


def test_nobody_approves_what_they_proposed(actor):
    person = make_operator(Role.FINANCE)
    account = propose(actor, person)
    with pytest.raises(OnePersonOnly):
        approve(account, person)
    approve(account)


def test_the_actor_approves_nothing(actor):
    first = approve(propose(actor))
    second, colleague = propose(actor, iban="FR14 2004 1010 0505 0001 3M02 606"), actor.member(Role.FINANCE)
    for person in (actor.manager, colleague, make_operator(Role.AGENT), make_funder()):
        with pytest.raises(NotAllowed):
            approve(second, person)
    with acting(OPERATOR):
        assert bank_accounts.in_force(actor.organisation).get() == first


def test_a_new_proposal_takes_the_place_of_the_one_that_waits(actor):
    first, second = propose(actor), propose(actor, iban="FR14 2004 1010 0505 0001 3M02 606")
    with pytest.raises(NotInState):
        approve(first)
    approve(second)
    with pytest.raises(NotInState):
        approve(second)


def test_a_proposal_is_withdrawn(actor):
    account = propose(actor)
    with acting(actor.manager.principal):
        bank_accounts.withdraw_bank_account(account=account)
        with pytest.raises(NotInState):
            bank_accounts.withdraw_bank_account(account=account)
    with pytest.raises(NotInState):
        approve(account)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"iban": "FR7630006000011234567890188"}, InvalidIban),
        ({"iban": "FR06 3000 6000 0112 3456 7890 188"}, InvalidIban),
        ({"bic": "NON"}, InvalidBic),
        ({"holder": "  "}, InvalidHolder),
        ({"holder": "x" * 71}, InvalidHolder),
    ],
)
def test_wrong_details_are_refused_and_the_former_proposal_stays(actor, wrong, refusal):
    waiting = propose(actor)
    with pytest.raises(refusal):
        propose(actor, **wrong)
    with acting(OPERATOR):
        assert bank_accounts.pending(actor.organisation).get() == waiting


def test_only_those_who_handle_its_money_propose(actor):
    others = (actor.member(Role.AGENT), actor.member(Role.SCANNER), make_actor().manager, make_funder())
    for person in others:
        with pytest.raises(NotAllowed):
            propose(actor, person)
    with acting(Principal(hat=Hat.OPERATOR)), pytest.raises(NotAllowed):  # a job is nobody
        bank_accounts.propose_bank_account(actor=actor.organisation, holder="x", iban=IBAN)


def refused(work, match):
    with pytest.raises((IntegrityError, ProgrammingError), match=match), transaction.atomic():
        work()


def test_the_database_holds_the_second_pair_of_eyes(actor):
    account, now = propose(actor), timezone.now()
    mine, stranger = actor.manager.user.pk, actor.member(Role.FINANCE).user.pk
    rows = BankAccount.objects.filter(pk=account.pk)
    with acting(actor.manager.principal):  # even with a program of its own, an actor approves nothing
        refused(lambda: rows.update(approved_by=stranger, approved_at=now), "row-level security")
        refused(lambda: rows.delete(), "permission denied")
        forged = BankAccount.objects.get(pk=account.pk)
        forged.pk, forged.approved_by, forged.approved_at = None, stranger, now
        forged._state.adding = True
        refused(lambda: forged.save(force_insert=True), "row-level security")
    with acting(OPERATOR):
        refused(lambda: rows.update(approved_by=mine, approved_at=now), "bank_account_two_people")
        refused(lambda: rows.update(approved_at=now), "bank_account_two_people")
        second = BankAccount.objects.get(pk=account.pk)
        second.pk, second._state.adding = None, True
        refused(lambda: second.save(force_insert=True), "one_bank_account_waiting")
    with acting(make_actor().manager.principal):
        assert not rows.exists()
    approve(account)
    with acting(OPERATOR):
        forged.approved_by = make_operator().user.pk
        refused(lambda: forged.save(force_insert=True), "one_bank_account_in_force")
