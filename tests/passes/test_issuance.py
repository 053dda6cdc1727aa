"""Issuing: issued never exceeds funded on a line, one batch per order and line, whole passes, inclusive dates."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.errors import NotAllowed
from aptic.jobs.models import Job
from aptic.ledger.balances import balance
from aptic.ledger.errors import InsufficientFunds
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Transfer
from aptic.ledger.services import account
from aptic.tenancy.principal import acting
from funders import services as funders
from funders.models import FundingLine, Order
from passes import codes, issuance, rules
from passes.errors import NotFunded, NotIssuable
from passes.models import Batch, Booklet, Pass
from tests.factories import OPERATOR, Member, make_campaign, make_funder, make_operator, make_paid_line
from tests.passes.world import code_of, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def order_of(campaign, line, booklets: int, member: Member) -> Order:
    with acting(member.principal):
        return funders.place_order(campaign=campaign, line=line, booklets=booklets)


@pytest.fixture
def funder() -> Member:
    return make_funder()


def test_a_batch_takes_its_money_from_its_line_alone(funder):
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=50_000)
    with acting(funder.principal):
        other = funders.add_funding_line(campaign=campaign, source="Région d’essai")
    order = order_of(campaign, line, 3, funder)
    with acting(OPERATOR):
        batch = issuance.open_batch(order=order)
        line.account.refresh_from_db()
        assert (batch.line_id, batch.amount_cents, batch.passes) == (line.pk, 30_000, 30)
        assert line.account.guarded_cents == 20_000
        assert balance(batch.circulation) == 30_000
        assert FundingLine.objects.get(pk=other.pk).account.guarded_cents == 0
        assert Transfer.objects.get(event=batch.uuid).kind == "issue"


def test_issued_beyond_funded_is_refused_in_a_clear_sentence_and_nothing_stays(funder):
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=29_999)
    order = order_of(campaign, line, 3, funder)
    with acting(OPERATOR), pytest.raises(NotFunded) as refused, transaction.atomic():
        issuance.open_batch(order=order)
    said = str(refused.value).replace("\xa0", " ")
    assert "a 299,99 € disponibles et cette commande en demande 300 € : il manque 0,01 €" in said
    assert refused.value.status == 409
    with acting(OPERATOR):
        assert not Batch.objects.filter(order=order).exists()
        assert Order.objects.get(pk=order.pk).state == Order.State.PLACED
        line.account.refresh_from_db()
        assert line.account.guarded_cents == 29_999


def test_the_lines_own_guard_decides_when_the_check_did_not_see(funder, monkeypatch):
    campaign = make_campaign(funder)
    line = make_paid_line(campaign, cents=29_999)
    order = order_of(campaign, line, 3, funder)
    monkeypatch.setattr(issuance, "check_issuable", lambda order, at: None)
    with acting(OPERATOR), pytest.raises(InsufficientFunds, match="il manque"), transaction.atomic():
        issuance.open_batch(order=order)
    with acting(OPERATOR):
        assert not Batch.objects.filter(order=order).exists()


def test_the_money_of_another_line_of_the_campaign_does_not_help(funder):
    campaign = make_campaign(funder)
    make_paid_line(campaign, cents=1_000_000)
    with acting(funder.principal):
        poor = funders.add_funding_line(campaign=campaign, source="Fondation d’essai")
    order = order_of(campaign, poor, 1, funder)
    with acting(OPERATOR), pytest.raises(NotFunded, match="Fondation d’essai"):
        issuance.open_batch(order=order)


def test_one_order_makes_one_batch_per_line_however_often_it_is_opened(funder):
    campaign = make_campaign(funder)
    order = order_of(campaign, make_paid_line(campaign), 2, funder)
    with acting(OPERATOR):
        first, again = issuance.open_batch(order=order), issuance.open_batch(order=order)
        assert first.pk == again.pk
        assert Transfer.objects.filter(kind="issue", funder_id=order.funder_id).count() == 1
    with acting(OPERATOR):
        twin = Batch.objects.get(pk=first.pk)
        twin.pk, twin.uuid, twin.first_booklet = None, uuid.uuid4(), 1 << 24
        twin.circulation = account(purse=twin.line.account.purse, kind=AccountKind.CIRCULATION, about=twin.uuid)
        with pytest.raises(IntegrityError, match="one_batch_per_order_and_line"), transaction.atomic():
            twin.save(force_insert=True)


def test_batches_take_ranges_that_never_overlap(funder):
    first, second = make_batch(booklets=3), make_batch(booklets=2)
    assert second.first_booklet == first.last_booklet + 1
    with acting(OPERATOR):
        made = Pass.objects.filter(batch=first).order_by("pk")
        assert [one.booklet_id for one in made[::10]] == [first.first_booklet + n for n in range(3)]
        assert [one.position for one in made[:10]] == list(range(1, 11))
        assert Booklet.objects.filter(batch=first).values_list("number", flat=True).order_by("id")[2] == 3


@pytest.mark.parametrize(("size", "booklets"), [(5, 7), (10, 4)])
def test_only_whole_booklets_of_whole_passes_are_made(size, booklets):
    batch = make_batch(booklets=booklets, passes_per_booklet=size)
    with acting(OPERATOR):
        assert Pass.objects.filter(batch=batch).count() == booklets * size == batch.passes
        assert balance(batch.circulation) == batch.passes * batch.face_value_cents


def test_filling_in_small_steps_makes_each_row_once_and_says_how_far(funder):
    campaign = make_campaign(funder)
    order = order_of(campaign, make_paid_line(campaign), 7, funder)
    with acting(OPERATOR):
        batch = issuance.open_batch(order=order)
    seen = []
    issuance.fill_batch(batch=batch, principal=OPERATOR, progress=lambda *at: seen.append(at), step=3)
    assert seen == [(30, 70), (60, 70), (70, 70)]
    issuance.fill_batch(batch=batch, principal=OPERATOR, progress=lambda *at: seen.append(at), step=3)
    assert len(seen) == 3
    with acting(OPERATOR):
        assert Pass.objects.filter(batch=batch).count() == 70


@pytest.mark.parametrize(
    ("zone", "last_instant"),
    [
        ("Europe/Paris", datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC)),
        ("America/Martinique", datetime(2027, 7, 1, 3, 59, 59, tzinfo=UTC)),
        ("Indian/Reunion", datetime(2027, 6, 30, 19, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_last_day_is_inclusive_in_the_campaigns_time_zone(zone, last_instant):
    opens, until, claim = rules.validity(date(2027, 1, 1), date(2027, 6, 30), 31, zone)
    assert until - timedelta(seconds=1) == last_instant
    assert opens.isoformat().startswith("2027-01-01T00:00:00")
    assert (claim.date() - until.date()).days == 31
    assert not rules.is_over(date(2027, 6, 30), zone, now=last_instant)
    assert rules.is_over(date(2027, 6, 30), zone, now=last_instant + timedelta(seconds=1))


def test_a_batch_keeps_its_dates_when_the_campaign_changes(funder):
    year = timezone.localdate().year
    campaign = make_campaign(funder, starts_on=date(year, 1, 1), ends_on=date(year + 1, 6, 30))
    batch = make_batch(campaign=campaign)
    assert batch.ends_on == date(year + 1, 6, 30)
    assert batch.valid_until == datetime(year + 1, 6, 30, 22, 0, tzinfo=UTC)


def test_nothing_is_issued_for_a_campaign_whose_last_day_is_past(funder):
    campaign = make_campaign(funder)
    order = order_of(campaign, make_paid_line(campaign), 1, funder)
    after = datetime.combine(campaign.ends_on + timedelta(days=2), datetime.min.time(), tzinfo=UTC)
    with acting(OPERATOR), pytest.raises(NotIssuable, match="dernier jour"):
        issuance.open_batch(order=order, at=after)


def test_a_cancelled_order_is_not_issued(funder):
    campaign = make_campaign(funder)
    order = order_of(campaign, make_paid_line(campaign), 1, funder)
    with acting(funder.principal):
        funders.cancel_order(order=order)
    with acting(OPERATOR), pytest.raises(NotIssuable, match="annulée"):
        issuance.open_batch(order=order)


def test_passes_serve_only_once_the_batch_is_active():
    batch, till = make_batch(active=False), make_till()
    refused = till.redeem(code_of(batch))
    assert (refused.status_code, refused.json()["code"]) == (422, "not_active")
    with acting(OPERATOR):
        assert issuance.activate(batch=batch)
        assert not issuance.activate(batch=batch)
        assert Order.objects.get(pk=batch.order_id).state == Order.State.ISSUED
    assert till.redeem(code_of(batch)).status_code == 201


def test_an_active_batch_that_is_not_issued_cannot_exist(funder):
    batch = make_batch(active=False)
    with acting(OPERATOR), pytest.raises(IntegrityError, match="batch_active_once_issued"), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(activated_at=batch.created_at)


def test_a_pass_stands_in_its_booklet_and_its_booklet_in_its_batch():
    mine, other = make_batch(booklets=1), make_batch(booklets=1)
    serial = mine.first_booklet << 4 | 1
    for column, value, constraint in (
        ("booklet_id", other.first_booklet, "pass_in_booklet|pass_serial"),
        ("funder_id", other.funder_id, "pass_in_booklet"),
    ):
        with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Pass.objects.filter(pk=serial).update(**{column: value})
    with acting(OPERATOR), pytest.raises(IntegrityError, match="booklet_in_batch"), transaction.atomic():
        Booklet.objects.create(pk=1 << 24, batch=mine, funder_id=other.funder_id, number=99)


def test_the_printed_code_is_of_the_current_key(funder):
    batch = make_batch(booklets=1)
    assert batch.code_key == codes.current_version() == 1
    parsed = codes.parse(code_of(batch))
    assert parsed is not None
    assert parsed.booklet_id == batch.first_booklet


def test_asking_twice_queues_once_and_only_the_operator_may_ask(funder):
    campaign = make_campaign(funder)
    order = order_of(campaign, make_paid_line(campaign), 1, funder)
    operator, agent = make_operator(Role.FINANCE), make_operator(Role.AGENT)
    for member in (funder, agent):
        with acting(member.principal), pytest.raises(NotAllowed):
            issuance.request_issue(order=order)
    with acting(operator.principal):
        assert issuance.request_issue(order=order).pk == issuance.request_issue(order=order).pk
        assert Job.objects.filter(kind=issuance.ISSUE).count() == 1


def test_another_funder_sees_nothing_of_a_batch(funder):
    batch = make_batch()
    with acting(funder.principal) as principal:
        assert not Batch.objects.visible_to(principal).exists()
        assert not Batch.objects.filter(pk=batch.pk).exists()
        assert not Pass.objects.filter(batch_id=batch.pk).exists()
        assert not Booklet.objects.filter(batch_id=batch.pk).exists()
