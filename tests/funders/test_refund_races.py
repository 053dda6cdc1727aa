"""Refunds at the same instant as other movements of the purse, on real connections: the cash is given once."""

import pytest
from django.db import transaction
from django.utils import timezone

from actors.models import Settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.ledger.balances import free_cash
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Transfer
from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting, as_system
from funders import services
from funders.models import FundingLine, Refund
from passes import issuance
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_campaign, make_funder, make_operator, make_paid_line
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15
TERMS = {"reason": "Reste", "holder": "Paierie", "iban": "FR7630006000011234567890189"}


def loaded(line):
    with acting(OPERATOR):
        return FundingLine.objects.select_related("account__purse", "campaign", "funder").get(pk=line.pk)


def confirm(person, refund):
    return confirm_as(person.principal, refund)


def confirm_as(principal, refund):
    with acting(principal):
        mine = Refund.objects.select_related("line__account__purse", "line__campaign", "line__funder").get(pk=refund.pk)
        services.confirm_refund(refund=mine, bank_reference=f"R {mine.pk}", left_on=timezone.localdate())


def prove():
    with as_system(), transaction.atomic():
        assert [str(one) for one in compare()[1]] == []


def codes(results):
    return sorted("done" if one is None else one.code for one in results)


def test_two_refunds_at_once_do_not_give_the_same_cash(fresh_database, together):
    """Each line has money enough; passes issued on a promise leave the purse cash for one of them."""
    funder, people = make_funder(), [make_operator() for _ in range(3)]
    lines = [loaded(make_paid_line(make_campaign(funder), cents=10_000, operator=people[2])) for _ in range(2)]
    with acting(funder.principal):
        third = make_campaign(funder).lines.get()
    third = loaded(third)
    with acting(people[2].principal):
        services.record_payment_order(line=third, number="M", amount_cents=10_000)
        refunds = [services.prepare_refund(line=line, amount_cents=10_000, **TERMS) for line in lines]
    with acting(funder.principal):
        order = services.place_order(campaign=third.campaign, line=third, booklets=1)
    with acting(OPERATOR):
        issuance.open_batch(order=order)
        assert free_cash(third.account.purse_id) == 10_000
    assert codes(together(2, lambda index: confirm(people[index], refunds[index]))) == ["done", "refund_overtaken"]
    with acting(OPERATOR):
        assert free_cash(third.account.purse_id) == 0
    prove()


def test_one_refund_confirmed_by_eight_people_leaves_once(fresh_database, together):
    one, people = make_operator(), [make_operator() for _ in range(8)]
    line = loaded(make_paid_line(cents=10_000))
    with acting(one.principal):
        refund = services.prepare_refund(line=line, amount_cents=4_000, **TERMS)
    answers = codes(together(8, lambda index: confirm(people[index], refund)))
    assert answers == ["done"] + ["refund_closed"] * 7
    with acting(OPERATOR):
        assert Transfer.objects.filter(kind=T.REFUND).count() == 1
    prove()


def test_a_refund_against_issuing_leaves_the_money_once(fresh_database, together):
    funder, one, other = make_funder(), make_operator(), make_operator()
    line = loaded(make_paid_line(make_campaign(funder), cents=10_000))
    with acting(one.principal):
        refund = services.prepare_refund(line=line, amount_cents=10_000, **TERMS)
    with acting(funder.principal):
        order = services.place_order(campaign=line.campaign, line=line, booklets=1)

    def work(index):
        if index:
            return confirm(other, refund)
        with acting(OPERATOR):
            issuance.open_batch(order=order)

    answers = together(2, work)
    assert codes(answers) in (["done", "insufficient_funds"], ["done", "refund_overtaken"])
    prove()


@pytest.fixture
def used(fresh_database, settings, tmp_path):
    """A batch whose first pass is used and due to an actor, free cash beside it, and a refund of all of that."""
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    scheme, batch, till = Scheme(), make_batch(), make_till()
    with acting(OPERATOR):
        line = FundingLine.objects.get(pk=batch.line_id)
        scheme.give_bank(till.site.actor)
    line = loaded(line)
    assert till.redeem(code_of(batch, 1)).status_code == 201
    with acting(scheme.first):
        services.record_receipt(line=line, amount_cents=10_000, bank_reference="V", received_on=timezone.localdate())
        free = free_cash(line.account.purse_id)
        refund = services.prepare_refund(line=line, amount_cents=free, **TERMS)
    return scheme, batch, till, refund


def test_passes_used_meanwhile_change_nothing_to_what_may_be_given_back(together, used):
    """A redemption takes no lock of the purse: it turns one debt into another, and both are done."""
    scheme, batch, till, refund = used
    code = code_of(batch, 2)

    def work(index):
        if index:
            return till.redeem(code).status_code
        return confirm_as(scheme.second, refund)

    assert together(2, work) == [None, 201]
    with acting(OPERATOR):
        assert free_cash(refund.line.account.purse_id) == 0
    prove()


def test_a_payout_meanwhile_keeps_its_cash(together, used):
    scheme, _batch, _till, refund = used
    run = scheme.approve(scheme.prepare())
    with acting(scheme.first):
        write_bank_file(settlement=run)

    def work(index):
        if not index:
            return confirm_as(scheme.second, refund)
        with acting(scheme.first):
            return mark_sent(settlement=Settlement.objects.get(pk=run.pk))

    assert codes(together(2, work)) == ["done", "done"]
    prove()
