"""Real connections at the same instant: an account is approved once, by somebody else, and one is in force."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.utils import timezone

from actors import bank_accounts
from actors.errors import NotInState
from actors.models import BankAccount, Payout
from aptic.accounts.models import Role
from aptic.tenancy.principal import acting
from tests.actors.money import Scheme
from tests.actors.network import IBAN, make_actor
from tests.factories import OPERATOR, make_operator

pytestmark = pytest.mark.pg15
OTHER = "FR1420041010050500013M02606"


def propose(actor: Any, iban: str = IBAN) -> BankAccount:
    with acting(actor.manager.principal):
        return bank_accounts.propose_bank_account(actor=actor.organisation, holder="Essai", iban=iban)


def kinds(answers: list[Any]) -> Counter:
    return Counter(type(answer) for answer in answers)


def test_two_people_approve_one_account_at_once(fresh_database: Any, together: Any) -> None:
    actor = make_actor()
    account, people = propose(actor), [make_operator(Role.FINANCE) for _ in range(4)]

    def work(i: int) -> Any:
        with acting(people[i].principal):
            return bank_accounts.approve_bank_account(account=BankAccount.objects.get(pk=account.pk))

    assert kinds(together(4, work)) == {type(None): 1, NotInState: 3}
    with acting(OPERATOR):
        assert bank_accounts.in_force(actor.organisation).count() == 1


def test_an_approval_against_a_new_proposal(fresh_database: Any, together: Any) -> None:
    """Either the first account was approved before it was withdrawn, or the second one waits alone."""
    actor, person = make_actor(), make_operator(Role.FINANCE)
    account = propose(actor)

    def work(i: int) -> Any:
        if i:
            return propose(actor, OTHER)
        with acting(person.principal):
            return bank_accounts.approve_bank_account(account=account)

    approved, second = together(2, work)
    assert approved is None or isinstance(approved, NotInState)
    with acting(OPERATOR):
        assert bank_accounts.pending(actor.organisation).get() == second
        assert bank_accounts.in_force(actor.organisation).count() == (1 if approved is None else 0)


def test_of_proposals_at_once_one_waits(fresh_database: Any, together: Any) -> None:
    """Two managers, or a form sent twice: each takes the place of the one before, and nobody meets an error."""
    actor = make_actor()
    made = together(6, lambda _: propose(actor))
    assert kinds(made) == {BankAccount: 6}, made
    with acting(OPERATOR):
        assert bank_accounts.pending(actor.organisation).get() in made


def test_of_two_that_wait_at_the_upgrade_the_older_gives_way(fresh_database: Any) -> None:
    first = propose(make_actor())
    call_command("migrate", "actors", "0016", database="owner", verbosity=0, interactive=False)
    with acting(OPERATOR):
        second = BankAccount.objects.get(pk=first.pk)
        second.pk, second._state.adding, second.proposed_at = None, True, timezone.now()
        second.save(force_insert=True)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with acting(OPERATOR):
        assert bank_accounts.pending(first.actor).get() == second
        assert BankAccount.objects.get(pk=first.pk).replaced_at is not None


def test_a_settlement_pays_the_account_in_force_when_it_is_prepared(fresh_database: Any, together: Any) -> None:
    scheme, actor = Scheme(), make_actor()
    purse, person = scheme.funder(cash=100_000), make_operator(Role.FINANCE)
    first = propose(actor)
    with acting(person.principal):
        bank_accounts.approve_bank_account(account=first)
    scheme.redeem(purse, actor.organisation)
    second = propose(actor, OTHER)

    def work(i: int) -> Any:
        if i:
            return scheme.prepare()
        with acting(person.principal):
            return bank_accounts.approve_bank_account(account=second, at=second.not_before)

    approved, run = together(2, work)
    assert approved is None, approved
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
        assert payout.bank_account_id in {first.pk, second.pk}
        assert bank_accounts.in_force(actor.organisation).get().pk == second.pk
    scheme.approve(run)  # whichever it froze, its digest still holds


def test_the_owner_cannot_approve_alone_either(fresh_database: Any) -> None:
    actor = make_actor()
    account = propose(actor)
    with fresh_database.connect("owner") as owner:
        for sql, match in (
            ("UPDATE actors_bankaccount SET approved_by = proposed_by, approved_at = now()", "bank_account_two_people"),
            ("UPDATE actors_bankaccount SET approved_at = now()", "bank_account_two_people"),
            ("UPDATE actors_actor SET state = 'suspended'", "actor_suspended_iff_dated"),
            ("UPDATE actors_site SET open = false", "site_closed_for_a_reason"),
            ("UPDATE qualification_application SET state = 'submitted'", "application_decided_iff_dated"),
        ):
            with pytest.raises(psycopg.errors.CheckViolation, match=match):
                owner.execute(sql)
    assert account.approved_at is None
