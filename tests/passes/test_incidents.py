"""A pass taken off line and refused later: an incident, its bearer, the two people, and where the money goes."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import F
from django.utils import timezone

from actors.models import Claim
from actors.statements import lines as statement_lines
from actors.statements import rows_as_csv
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Purse
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat, Principal, acting
from passes.blocking import block_booklet
from passes.conflict_errors import AnotherPersonDecides, GuaranteeTooSmall, NotDecidable, WhyMissing
from passes.incidents.deciding import approve_decision, prepare_decision, send_back
from passes.incidents.overdue import remind_overdue
from passes.models import Batch, Booklet, Incident, OfflineCeiling, Redemption
from tests.actors.money import Scheme, cents
from tests.factories import OPERATOR, make_operator
from tests.passes.conflicts import (
    decide,
    differences,
    double_spend,
    fund_guarantee,
    incident,
    line,
    prepare,
    upload,
)
from tests.passes.world import code_of, in_circulation, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
D, S = Incident.Decision, Incident.State


@pytest.fixture
def scheme(settings) -> Scheme:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    return Scheme()


@pytest.fixture
def batch():
    return make_batch()


def test_a_refused_line_from_off_line_opens_an_incident_and_the_answer_stays(batch):
    first, second = make_till(), make_till()
    opened = double_spend(first, second, batch)
    assert (opened.kind, opened.state, opened.bearer) == ("offline", S.OPEN, "guarantee")
    assert (opened.actor_id, opened.site_id, opened.value_cents) == (second.site.actor_id, second.site.pk, 1000)
    assert opened.redemption.outcome == "already_redeemed"
    assert opened.deadline - opened.opened_at == timedelta(days=30)
    again = upload(second, {"id": str(opened.pk), "code": code_of(batch), "service": line("x")["service"],
                            "offline": True})  # fmt: skip
    assert again[0]["status"] == 409
    with acting(OPERATOR):
        assert Incident.objects.count() == 1
    assert differences() == []


def test_a_line_refused_on_line_opens_none(batch):
    first, second = make_till(), make_till()
    first.redeem(code_of(batch))
    assert second.redeem(code_of(batch)).status_code == 409
    upload(second, line(code_of(batch), offline=False, minutes=1))
    with acting(OPERATOR):
        assert not Incident.objects.exists()


def test_one_line_alone_opens_one_too(batch):
    first, second = make_till(), make_till()
    first.redeem(code_of(batch))
    sent = line(code_of(batch))
    assert second.post("redemptions/", sent).status_code == 409
    assert incident(sent["id"]).bearer == "guarantee"


def test_the_site_bears_what_it_took_itself_and_what_the_paper_said(batch):
    till = make_till()
    expired = make_batch()
    with acting(OPERATOR):
        type(expired).objects.filter(pk=expired.pk).update(valid_until=F("valid_from") + timedelta(hours=1))
    results = upload(till, line(code_of(batch)), line(code_of(batch), minutes=20), line(code_of(expired)))
    assert [one["status"] for one in results] == [201, 409, 422]
    assert [incident(one["id"]).bearer for one in results[1:]] == ["site", "site"]


def test_the_guarantee_bears_a_block_that_the_counter_had_not_heard_of(batch):
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
    (result,) = upload(make_till(), line(code_of(batch)))
    assert (result["problem"]["code"], incident(result["id"]).bearer) == ("blocked", "guarantee")


def test_beyond_its_ceiling_the_site_bears(batch):
    first, second = make_till(), make_till()
    with acting(OPERATOR):
        OfflineCeiling.objects.update(passes=2)
    for position in (1, 2, 3):
        first.redeem(code_of(batch, position=position))
    sent = [line(code_of(batch, position=n), minutes=60 - n) for n in (1, 2, 3)]
    results = upload(second, *sent)
    assert [incident(one["id"]).bearer for one in results] == ["guarantee", "guarantee", "site"]
    assert [incident(one["id"]).within_ceiling for one in results] == [True, True, False]


def test_what_was_sent_before_counts_no_more_as_the_counters_screen_says(batch):
    first, second = make_till(), make_till()
    with acting(OPERATOR):
        OfflineCeiling.objects.update(passes=2)
    for position in (1, 2):
        first.redeem(code_of(batch, position=position))
    assert [one["status"] for one in upload(second, *[line(code_of(batch, 1, n)) for n in (1, 2)])] == [201, 201]
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        results = upload(second, *[line(code_of(batch, position=n), minutes=60 - n) for n in (1, 2)])
    assert [incident(one["id"]).bearer for one in results] == ["guarantee", "guarantee"]


def test_help_of_long_ago_is_taken_and_its_delay_is_the_sites(batch):
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(valid_from=timezone.now() - timedelta(days=10))
    first, second = make_till(), make_till()
    (taken,) = upload(first, line(code_of(batch), minutes=100 * 60))
    assert taken["status"] == 201
    (refused,) = upload(second, line(code_of(batch), minutes=100 * 60))
    assert (refused["problem"]["code"], incident(refused["id"]).bearer) == ("already_redeemed", "site")


@pytest.mark.parametrize(("ended", "status"), [(71, 201), (73, 422)])
def test_an_end_of_more_than_72_hours_ago_has_passed_whatever_a_till_says(batch, ended, status):
    now = timezone.now()
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(
            valid_from=now - timedelta(days=10),
            valid_until=now - timedelta(hours=ended),
            claim_until=now + timedelta(1),
        )
    (result,) = upload(make_till(), line(code_of(batch), minutes=100 * 60))
    assert result["status"] == status
    if status == 422:
        assert result["problem"]["code"] == "expired"


def test_five_hundred_lines_stay_a_few_statements(django_assert_max_num_queries):
    batch, first, second = make_batch(booklets=20), make_till(), make_till()
    codes = [code_of(batch, n // 10, n % 10 + 1) for n in range(200)]
    upload(first, *[line(code) for code in codes[:100]])
    with django_assert_max_num_queries(14):
        results = upload(second, *[line(code) for code in codes])
    assert [one["status"] for one in results] == [409] * 100 + [201] * 100
    with acting(OPERATOR):
        assert Incident.objects.count() == 100


def test_the_guarantee_pays_the_actor_and_makes_the_funders_purse_whole(scheme, batch):
    fund_guarantee(scheme, 5000)
    opened = double_spend(make_till(), make_till(), batch)
    with acting(OPERATOR):
        guarantee, purse = Purse.objects.get(funder=None), opened.purse
    safe = cents(purse, K.SAFEGUARDED)
    closed = decide(scheme, opened, D.GUARANTEE)
    assert (closed.state, closed.approved_by) == (S.CLOSED, scheme.second.person_id)
    assert cents(guarantee, K.GUARANTEE) == cents(guarantee, K.SAFEGUARDED) == 4000
    assert cents(purse, K.SAFEGUARDED) == safe + 1000
    assert cents(purse, K.PAYABLE, opened.actor_id) == 1000
    assert cents(purse, K.CLAIM, opened.pk) == 0
    assert in_circulation(batch) == batch.amount_cents - 1000  # the pass was spent once
    assert differences() == []


def test_what_the_guarantee_granted_is_paid_without_a_fee_and_reads_on_the_statement(scheme, batch):
    fund_guarantee(scheme, 5000)
    first, second = make_till(), make_till()
    opened = double_spend(first, second, batch)
    decide(scheme, opened, D.GUARANTEE)
    with acting(OPERATOR):
        scheme.give_bank(second.site.actor)
    scheme.send(scheme.prepare())
    actor = Principal(hat=Hat.ACTOR, organisation_id=second.site.actor_id)
    with acting(actor):
        payout = Claim.objects.get().share.payout
        assert (payout.gross_cents, payout.fee_cents) == (1000, 0)
        (one,) = statement_lines(payout=payout, principal=actor)
        assert one.about.text == "Pass refusé après coup, payé par la garantie"
        assert one.about.site == second.site.name
        assert "payé par la garantie" in "".join(rows_as_csv(payout=payout, principal=actor))
    assert differences() == []


def test_a_guarantee_that_is_too_small_refuses_clearly_and_the_incident_waits(scheme, batch):
    fund_guarantee(scheme, 999)
    opened = double_spend(make_till(), make_till(), batch)
    prepare(scheme.first, opened, D.GUARANTEE)
    with acting(scheme.second), pytest.raises(GuaranteeTooSmall, match="9,99"), transaction.atomic():
        approve_decision(incident=opened, decision=D.GUARANTEE)
    assert incident(opened.pk).state == S.PREPARED
    fund_guarantee(scheme, 1)
    with acting(scheme.second):
        approve_decision(incident=opened, decision=D.GUARANTEE)
    assert incident(opened.pk).state == S.CLOSED
    assert differences() == []


def test_the_site_bears_and_no_money_moves(scheme, batch):
    till = make_till()
    _, again = upload(till, line(code_of(batch)), line(code_of(batch), minutes=20))
    owed = cents(incident(again["id"]).purse, K.PAYABLE, till.site.actor_id)
    assert decide(scheme, incident(again["id"]), D.SITE).state == S.CLOSED
    assert cents(incident(again["id"]).purse, K.PAYABLE, till.site.actor_id) == owed == 1000
    assert differences() == []


def test_two_people_may_leave_to_the_site_what_the_rule_gave_to_the_guarantee_and_never_the_reverse(scheme, batch):
    till = make_till()
    mine = upload(till, line(code_of(batch)), line(code_of(batch), minutes=20))[1]
    with acting(scheme.first), pytest.raises(NotDecidable):
        prepare_decision(incident=incident(mine["id"]), decision=D.GUARANTEE)
    opened = double_spend(make_till(), till, batch, position=2)
    with acting(scheme.first), pytest.raises(WhyMissing):
        prepare_decision(incident=opened, decision=D.SITE)
    assert decide(scheme, opened, D.SITE, "Même personne, même heure : voir le dossier.").decision == D.SITE


def test_a_decision_is_prepared_sent_back_and_approved_as_it_was_seen(scheme, batch):
    opened = double_spend(make_till(), make_till(), batch)
    with acting(make_operator("agent").principal), pytest.raises(NotAllowed):
        prepare_decision(incident=opened, decision=D.GUARANTEE)
    prepare(scheme.first, opened, D.GUARANTEE)
    with acting(scheme.first), pytest.raises(AnotherPersonDecides):
        approve_decision(incident=opened, decision=D.GUARANTEE)
    with acting(scheme.second):
        send_back(incident=opened)
    prepare(scheme.first, opened, D.SITE, "Autre motif.")
    with acting(scheme.second), pytest.raises(NotDecidable):
        approve_decision(incident=opened, decision=D.GUARANTEE)  # what an older page showed
    with acting(OPERATOR):
        verbs = list(Event.objects.filter(object_id=str(opened.pk)).order_by("id").values_list("verb", flat=True))
    assert verbs == ["incident_prepared", "incident_sent_back", "incident_prepared"]


# --- broken on purpose ---------------------------------------------------------------------------------------------


def test_the_database_refuses_one_person_who_approves_alone(scheme, batch):
    opened = double_spend(make_till(), make_till(), batch)
    prepare(scheme.first, opened, D.GUARANTEE)
    now = timezone.now()
    with acting(OPERATOR), pytest.raises(IntegrityError, match="incident_two_people"), transaction.atomic():
        Incident.objects.update(state=S.CLOSED, approved_by=scheme.first.person_id, approved_at=now, closed_at=now)
    with acting(OPERATOR), pytest.raises(IntegrityError, match="incident_two_people"), transaction.atomic():
        Incident.objects.update(  # nobody prepared it
            state=S.CLOSED, prepared_by=None, prepared_at=None, approved_by=uuid.uuid4(), approved_at=now, closed_at=now
        )


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"decision": D.RETAINED}, "incident_decision_fits"),
        ({"decision": D.SITE}, "incident_decision_fits"),  # departs from the rule without a word
        ({"state": S.OPEN}, "incident_state_agrees"),
        ({"state": S.CLOSED}, "incident_state_agrees"),
        ({"prepared_at": None}, "incident_preparation_dated"),
    ],
)
def test_the_database_refuses_decisions_that_do_not_fit(scheme, batch, values, constraint):
    prepare(scheme.first, double_spend(make_till(), make_till(), batch), D.GUARANTEE)
    with acting(OPERATOR), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Incident.objects.update(**values)


def test_an_attempt_has_at_most_one_incident_and_it_is_true(batch):
    opened = double_spend(make_till(), make_till(), batch)
    accepted = make_till()
    accepted.redeem(code_of(batch, position=2))
    with acting(OPERATOR):
        with pytest.raises(IntegrityError, match="passes_incident_pkey"), transaction.atomic():
            Incident.objects.bulk_create([opened])
        fine = Redemption.objects.get(actor_id=accepted.site.actor_id)
        for wrong in ({"redemption": fine}, {"redemption": fine, "kind": "mistake"}):  # not off line; another's
            forged = Incident.objects.get(pk=opened.pk)
            for name, value in wrong.items():
                setattr(forged, name, value)
            with pytest.raises(IntegrityError, match="not of its attempt"), transaction.atomic():
                Incident.objects.bulk_create([forged])


def test_an_actor_writes_no_decision_and_nobody_writes_facts(scheme, batch):
    opened = double_spend(make_till(), make_till(), batch)
    with acting(Principal(hat=Hat.ACTOR, organisation_id=opened.actor_id, role="manager")):
        assert Incident.objects.count() == 1
        assert not Incident.objects.update(note="À moi")
        forged = Incident.objects.get()
        forged.state = S.CLOSED
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Incident.objects.bulk_create([forged])
    with acting(OPERATOR):
        for values in ({"value_cents": 1}, {"bearer": "site"}, {"deadline": timezone.now()}):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                Incident.objects.update(**values)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Incident.objects.all().delete()
    fund_guarantee(scheme, 1000)
    decide(scheme, opened, D.GUARANTEE)
    with acting(OPERATOR), pytest.raises(IntegrityError, match="decided stays decided"), transaction.atomic():
        Incident.objects.update(note="Après coup")


# --- in time -------------------------------------------------------------------------------------------------------


def test_what_nobody_decided_in_time_is_told_once(scheme, batch):
    people = [make_operator(), make_operator("finance"), make_operator("agent")]
    opened = double_spend(make_till(), make_till(), batch)
    with acting(OPERATOR):
        assert remind_overdue(at=opened.deadline) == 0
        assert remind_overdue(at=opened.deadline + timedelta(days=1)) == 1
        assert remind_overdue(at=opened.deadline + timedelta(days=2)) == 0
        assert list(Incident.objects.late(opened.deadline + timedelta(days=1))) == [opened]
    deliver_due()
    letters = [one for one in mail.outbox if "1 incident dépasse son échéance" in one.subject.replace("\xa0", " ")]
    told = {address for one in letters for address in one.to}
    assert {people[0].user.email, people[1].user.email} <= told
    assert people[2].user.email not in told
    assert "10 €" in letters[0].body.replace("\xa0", " ")
