"""The guarantee: what one person enters, another confirms; it never pays what nobody put in it."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.errors import NotAllowed
from aptic.ledger import errors
from aptic.ledger.bank import confirm_bank_balance, enter_bank_balance
from aptic.ledger.describe import describe
from aptic.ledger.guarantee import confirm_funding, discard_funding, enter_funding, guaranteed_cents
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import GuaranteeFunding, Purse
from aptic.ledger.proof import compare
from aptic.ledger.services import account, open_purse, post
from aptic.tenancy.principal import acting
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def scheme():
    return Scheme()


def enter(scheme, cents=5000, reference="VIR 1", **more):
    with acting(scheme.first):
        return enter_funding(amount_cents=cents, bank_reference=reference, received_on=timezone.localdate(), **more)


def test_it_counts_once_another_person_has_confirmed_it(scheme):
    funding = enter(scheme)
    assert enter(scheme, reference=" VIR  1 ") == funding  # a repeat
    with acting(OPERATOR):
        assert guaranteed_cents() == 0
    with acting(scheme.first), pytest.raises(errors.TwoPeopleNeeded):
        confirm_funding(funding=funding)
    with acting(scheme.second):
        confirm_funding(funding=funding)
        assert guaranteed_cents() == 5000
        with pytest.raises(errors.FundingClosed):
            confirm_funding(funding=funding)
        with pytest.raises(errors.FundingClosed), transaction.atomic():
            discard_funding(funding=funding)
        assert describe([(T.GUARANTEE_FUNDED, funding.pk)])[T.GUARANTEE_FUNDED, funding.pk].text.endswith("VIR 1")
        assert compare()[1] == []


def test_what_is_entered_is_checked_and_may_be_set_aside(scheme):
    funding = enter(scheme)
    with acting(scheme.first):
        for wrong, error in (
            ({"amount_cents": 0}, errors.InvalidAmount),
            ({"amount_cents": 1, "received_on": timezone.localdate() + timedelta(days=1)}, errors.StatementTooNew),
            ({"amount_cents": 1}, errors.FundingKnown),
        ):
            with pytest.raises(error):
                enter_funding(**{"bank_reference": "VIR 1", "received_on": timezone.localdate(), **wrong})
        discard_funding(funding=funding)
        assert not GuaranteeFunding.objects.exists()
    with acting(make_operator("agent").principal), pytest.raises(NotAllowed):
        enter_funding(amount_cents=1, bank_reference="X", received_on=timezone.localdate())


def test_a_confirmed_statement_of_the_guarantee_is_where_the_proof_starts_from(scheme):
    with acting(scheme.second):
        confirm_funding(funding=enter(scheme))
    with acting(OPERATOR):
        purse = Purse.objects.get(funder=None)
    with acting(scheme.first):
        stated = enter_bank_balance(purse=purse, as_of=timezone.now(), balance_cents=5000, reference="Relevé 1")
    with acting(scheme.second):
        confirm_bank_balance(bank_balance=stated)
        confirm_funding(funding=enter(scheme, 700, "VIR 2"))
        assert guaranteed_cents() == 5700
        assert compare()[1] == []


def test_the_database_refuses_one_person_and_a_guarantee_below_zero(scheme):
    funding = enter(scheme)
    with acting(OPERATOR):
        with pytest.raises(IntegrityError, match="guarantee_funding_two_people"), transaction.atomic():
            GuaranteeFunding.objects.update(confirmed_by=funding.entered_by, confirmed_at=timezone.now())
        with pytest.raises(IntegrityError, match="guarantee_funding_positive"), transaction.atomic():
            GuaranteeFunding.objects.update(amount_cents=0)
        purse = open_purse(funder=None)
        with pytest.raises(errors.InsufficientFunds), transaction.atomic():
            post(kind=T.GUARANTEE_PAID, debit=account(purse=purse, kind=K.GUARANTEE),
                 credit=account(purse=purse, kind=K.SAFEGUARDED), amount_cents=1, event=uuid.uuid4())  # fmt: skip


def test_a_claim_is_not_repaid_twice(scheme):
    purse, actor = scheme.funder(cash=5000), scheme.actor()
    (line,) = scheme.redeem(purse, actor)
    case = uuid.uuid4()
    with acting(OPERATOR):
        claim = account(purse=purse, kind=K.CLAIM, about=case, actor_id=actor.pk)
        post(kind=T.INCIDENT_OPENED, debit=claim, credit=line.debit, amount_cents=1000, event=case)
        post(kind=T.RECOVERED, debit=line.credit, credit=claim, amount_cents=1000, event=case)
        with pytest.raises(errors.InsufficientFunds), transaction.atomic():
            post(kind=T.CLAIM_REPAID, debit=account(purse=purse, kind=K.SAFEGUARDED), credit=claim,
                 amount_cents=1000, event=case)  # fmt: skip
