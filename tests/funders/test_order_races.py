"""Orders and receipts recorded at the same instant, on real connections."""

from django.utils import timezone

from aptic.tenancy.principal import acting
from funders import services
from funders.errors import PaymentOrderClosed
from funders.funds import Funds, funds_of
from funders.models import PaymentOrder, Receipt
from tests.factories import make_campaign, make_funder, make_operator


def test_two_orders_at_once_take_two_numbers(fresh_database, together):
    funder = make_funder()
    campaign = make_campaign(funder)
    at = timezone.now()
    with acting(funder.principal):
        line = campaign.lines.get()

    def work(_index):
        with acting(funder.principal):
            return services.place_order(campaign=campaign, line=line, booklets=1, at=at).number

    numbers = sorted(together(6, work))
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3, 4, 5, 6]


def test_one_transfer_recorded_by_eight_people_counts_once(fresh_database, together):
    campaign = make_campaign()
    people = [make_operator() for _ in range(8)]
    with acting(people[0].principal):
        line = campaign.lines.select_related("account__purse", "campaign").get()
        order = services.record_payment_order(line=line, number="M-1", amount_cents=700)
    day = timezone.localdate()

    def work(index):
        with acting(people[index].principal):
            return services.record_receipt(
                line=line, amount_cents=700, bank_reference="VIR", received_on=day, payment_order=order
            ).pk

    results = together(8, work)
    with acting(people[0].principal):
        assert set(results) == {Receipt.objects.get().pk}
        assert funds_of([line])[line.pk] == Funds(received=700, free=700)


def test_a_promise_is_either_collected_or_cancelled(fresh_database, together):
    campaign, operator = make_campaign(), make_operator()
    with acting(operator.principal):
        line = campaign.lines.select_related("account__purse", "campaign").get()
        order = services.record_payment_order(line=line, number="M-1", amount_cents=700)

    def work(index):
        with acting(operator.principal):
            mine = PaymentOrder.objects.select_related("line__account__purse").get(pk=order.pk)
            if index:
                return services.cancel_payment_order(payment_order=mine)
            return services.record_receipt(
                line=line, amount_cents=700, bank_reference="V", received_on=timezone.localdate(), payment_order=mine
            )

    results = together(2, work)
    assert sum(isinstance(one, PaymentOrderClosed) for one in results) == 1
    with acting(operator.principal):
        assert funds_of([line])[line.pk] in (Funds(received=700, free=700), Funds())
