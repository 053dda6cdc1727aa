"""The next payment: how much, when, what blocks it, and the page that takes it away."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from actors.models import BankAccount, Payout, Waiting
from actors.settlement.next_payment import BANK, OWED, next_payment
from actors.settlement.owed import Debt, Owed
from aptic.tenancy.models import Organisation

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FUNDER = Organisation(name="Département")


def account(*, approved=True, not_before=None):
    return BankAccount(iban_last4="0189", approved_at=NOW if approved else None, not_before=not_before)


def payout(state, cents=0, **more):
    return Payout(pk=uuid.uuid4(), state=state, net_cents=cents, sent_at=NOW, **more)


def waiting(reason, cents, expected=None, funder=FUNDER):
    return Waiting(reason=reason, amount_cents=cents, expected_on=expected, funder=funder)


def owed(cents=0, *, in_run=0, wait=None, day=date(2026, 5, 6)):
    debt = Debt(uuid.uuid4(), uuid.uuid4(), "Département", cents, in_run, wait)
    return Owed([debt] if cents or wait else [], date(2026, 5, 5) if day else None, day)


def coming(position, *, payouts=(), accounts=None):
    return next_payment(owed=position, payouts=payouts, accounts=[account()] if accounts is None else accounts, now=NOW)


def test_what_the_next_run_takes():
    found = coming(owed(120_00))
    assert (found.cents, found.payout, found.blocks) == (120_00, None, ())
    assert found.when.replace("\xa0", " ") == "le 6 mai 2026, avant frais"
    assert "prochain règlement" in coming(owed(120_00, day=None)).when


def test_nothing_owed_nothing_comes():
    found = coming(owed())
    assert (found.cents, found.when, found.blocks) == (0, "rien à virer pour l’instant", ())


def test_a_transfer_under_way_comes_before_a_run_that_waits_and_a_run_before_the_calendar():
    sent, ready = payout(Payout.State.SENT, 80_00), payout(Payout.State.PREPARED, 40_00)
    found = coming(owed(200_00, in_run=40_00), payouts=[ready, sent])
    assert (found.cents, found.payout) == (80_00, sent)
    assert "en route" in found.when
    found = coming(owed(200_00, in_run=40_00), payouts=[ready, payout(Payout.State.SETTLED)])
    assert (found.cents, found.payout) == (40_00, ready)
    when = "le 5 mai 2026, si l’opérateur envoie le règlement aujourd’hui"
    assert found.when.replace("\xa0", " ") == when


def test_without_an_account_nothing_comes_and_one_is_asked_for():
    found = coming(owed(120_00), accounts=[])
    assert (found.cents, found.when) == (0, "rien ne part avant que votre compte soit approuvé")
    (block,) = found.blocks
    assert (block.view, block.label) == (BANK, "Donner vos coordonnées bancaires")


@pytest.mark.parametrize(("delay", "said"), [(None, False), (timedelta(days=-1), False), (timedelta(days=2), True)])
def test_an_account_that_waits_for_approval_says_until_when(delay, said):
    proposal = account(approved=False, not_before=NOW + delay if delay else None)
    found = coming(owed(120_00), accounts=[proposal])
    (block,) = found.blocks
    assert "finit par 0189 attend l’approbation" in block.text
    assert ("à partir du" in block.text) is said
    assert found.cents == 0


def test_a_change_under_approval_blocks_nothing():
    found = coming(owed(120_00), accounts=[account(approved=False), account()])
    assert (found.cents, found.blocks) == (120_00, ())


def test_whose_money_is_awaited_is_named_with_its_day_and_does_not_come():
    wait = waiting(Waiting.Reason.FUNDS, 50_00, date(2026, 6, 1))
    found = coming(owed(120_00, wait=wait))
    assert found.cents == 70_00
    (block,) = found.blocks
    assert block.text.replace("\xa0", " ") == "Une partie attend l’argent de Département, attendu le 1er juin 2026."
    assert block.view == OWED
    (block,) = coming(owed(120_00, wait=waiting(Waiting.Reason.FUNDS, 50_00, funder=None))).blocks
    assert "la garantie de l’opérateur" in block.text


def test_a_correction_carried_forward_is_said():
    (block,) = coming(owed(wait=waiting(Waiting.Reason.CARRIED, -20_00))).blocks
    assert "est reportée" in block.text


@pytest.mark.parametrize("state", [Payout.State.REJECTED, Payout.State.RETURNED])
def test_a_transfer_that_came_back_asks_to_check_the_account_until_another_is_executed(state):
    back = payout(state, rejected_at=NOW, rejection_reason="Compte clos")
    (block,) = coming(owed(120_00), payouts=[back]).blocks
    assert "Compte clos" in block.text
    assert block.view == BANK
    assert coming(owed(120_00), payouts=[payout(Payout.State.SETTLED), back]).blocks == ()
