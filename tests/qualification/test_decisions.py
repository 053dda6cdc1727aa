"""Answering a file: corrections beside fields, a refusal examined again by somebody else, a SIRET taken over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from actors.models import Actor, BankAccount
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting
from qualification import answering, candidacy, decisions, errors, progress, services, standing, waiting
from qualification.candidacy_models import Appeal, Decision, Remark
from qualification.models import Application
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.candidates import begin, fill, holding, send, sent
from tests.qualification.test_applications import mails
from tests.qualification.test_pages import text, url
from tests.qualification.world import accept, apply, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def broken(work, match):
    with pytest.raises((IntegrityError, ProgrammingError), match=match), transaction.atomic():
        work()


def refused(row, **more):
    first = make_operator()
    with acting(first.principal):
        services.refuse(application=row, reason="Hors du périmètre.", **more)
    return first


def test_a_correction_gives_the_ball_back_with_its_remarks():
    row = sent()
    remarks = {"organisation:siret": "Ce SIRET est celui d’un autre établissement.", "pieces:insurance": "  "}
    with acting(make_operator().principal):
        with pytest.raises(errors.ReasonMissing):
            decisions.ask_correction(application=row, remarks={}, message=" ")
        decisions.ask_correction(application=row, remarks=remarks, message="Presque !")
        with pytest.raises(errors.AlreadyDecided):
            decisions.ask_correction(application=row, remarks=remarks)
        assert Remark.objects.get().field == "organisation:siret"
    assert mails()[-1] == ("application_correction", row.email)
    with holding(row) as mine:
        assert (mine.state, mine.reason) == ("correction", "Presque !")
        assert progress.remarks_of(mine) == {"organisation:siret": "Ce SIRET est celui d’un autre établissement."}
        part = progress.parts_of(mine, on=timezone.localdate())[0]
        assert part.remarks == ("Ce SIRET est celui d’un autre établissement.",)
        candidacy.edit(application=mine, phone="0511111111")
    again = send(row)
    assert again.state == "submitted"
    with holding(again) as mine:
        assert progress.remarks_of(mine) == {}  # answered: the file was sent again
        assert not Remark.objects.filter(application=mine).update(text="Autre")
    with acting(OPERATOR):
        assert list(Decision.objects.values_list("verb", flat=True)) == ["correction"]


def test_a_correction_keeps_the_rank_among_the_files_to_study(client):
    at = timezone.now() - timedelta(days=9)
    first = send(fill(begin(organisation_name="Arrivée la première")), at=at)
    send(fill(begin(organisation_name="Arrivée ensuite")), at=at + timedelta(days=1))
    operator = make_operator()
    for day in (2, 4):
        with acting(operator.principal):
            decisions.ask_correction(application=first, remarks={}, message="Encore.", at=at + timedelta(days=day))
        send(first, at=at + timedelta(days=day + 1))
    operator.log_in(client)
    page = text(client.get(url("operator_applications", operator)))
    assert page.index("Arrivée la première") < page.index("Arrivée ensuite")
    with acting(OPERATOR):
        ranked = Application.objects.with_first_sending().get(pk=first.pk)
        assert (ranked.first_sent_at, ranked.submitted_at) == (at, at + timedelta(days=5))


def test_every_answer_is_one_line_of_history_with_the_score_of_the_moment():
    row = sent()
    refused(row)
    with acting(OPERATOR):
        line = Decision.objects.get()
        score = answering.score_of(Application.objects.select_related("referential").get(pk=row.pk))
        assert (line.verb, line.reason, line.points, line.maximum) == (
            "refused", "Hors du périmètre.", score.points, score.maximum,
        )  # fmt: skip
        assert score.maximum > 50
        for work in (lambda: Decision.objects.update(reason="Autre"), lambda: Decision.objects.all().delete()):
            broken(work, "permission denied")
        bad = Decision(application=row, verb="refused", submitted_at=timezone.now(), decided_at=timezone.now())
        broken(lambda: bad.save(force_insert=True), "decision_with_its_reason")


def test_a_file_is_given_to_somebody_who_decides():
    row, agent, finance = sent(), make_operator("agent"), make_operator("finance")
    with acting(make_operator().principal):
        decisions.assign(application=row, person_id=agent.user.pk)
        assert Application.objects.get(pk=row.pk).assigned_to == agent.user.pk
        for stranger in (finance.user.pk, make_funder().user.pk):
            with pytest.raises(errors.NobodyThere):
                decisions.assign(application=row, person_id=stranger)
        decisions.assign(application=row, person_id=None)
        assert Application.objects.get(pk=row.pk).assigned_to is None
        assert Event.objects.about(row).filter(verb="application_assigned").count() == 2


def test_an_appeal_is_examined_by_somebody_else():
    row = sent()
    first = refused(row)
    with holding(row) as mine:
        with pytest.raises(errors.ReasonMissing):
            candidacy.appeal(application=mine, text=" ")
        made = candidacy.appeal(application=mine, text="Vous n’avez pas vu notre second lieu.")
        again = candidacy.appeal(application=mine, text=" Vous n’avez pas vu notre second lieu. ")
        assert again == made  # a second click
        with pytest.raises(errors.NotRefused):
            candidacy.appeal(application=mine, text="Encore.")
    with acting(first.principal), pytest.raises(errors.SecondPersonNeeded):
        decisions.answer_appeal(application=row, granted=True, answer="Oui.")
    second = make_operator()
    with acting(second.principal):
        with pytest.raises(errors.ReasonMissing):
            decisions.answer_appeal(application=row, granted=True, answer=" ")
        decisions.answer_appeal(application=row, granted=True, answer="Nous l’avions manqué.")
        stored = Application.objects.get(pk=row.pk)
        assert (stored.state, stored.decided_at, stored.assigned_to) == ("submitted", None, second.user.pk)
        with pytest.raises(errors.AlreadyDecided):
            decisions.answer_appeal(application=row, granted=False, answer="Non.")
    assert mails()[-1] == ("appeal_answered", row.email)
    with acting(OPERATOR):
        assert list(Decision.objects.values_list("verb", flat=True)) == ["refused", "reopened"]


def reopened():
    """A file that an appeal put back among those to study, whoever refused it and whoever granted the appeal."""
    row = sent()
    first, second = refused(row), make_operator()
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
    with acting(second.principal):
        decisions.answer_appeal(application=row, granted=True, answer="Nous l’avions manqué.")
    return row, first, second


def test_whoever_refused_does_not_answer_the_file_that_an_appeal_reopened():
    set_cap(1)
    row, first, second = reopened()
    with acting(first.principal):
        for work in (
            lambda: services.refuse(application=row, reason="Toujours non."),
            lambda: services.put_on_waiting_list(application=row, reason="Plus tard."),
            lambda: services.accept(application=row),
            lambda: decisions.ask_correction(application=row, remarks={}, message="Encore."),
        ):
            with pytest.raises(errors.FreshEyesNeeded):
                work()
    with acting(second.principal):
        services.put_on_waiting_list(application=row, reason="Une place viendra.")
    with acting(first.principal), pytest.raises(errors.FreshEyesNeeded):
        services.accept(application=row)
    with acting(make_operator().principal):
        taken = waiting.promote(application=row, territory="epci:243300316", reason="Une place s’est libérée.")
        assert taken.state == "accepted"


def test_the_database_lets_nobody_refuse_the_same_file_twice():
    row, first, second = reopened()
    now = timezone.now()
    with acting(OPERATOR):
        rows = Application.objects.filter(pk=row.pk)
        for state in ("refused", "waiting"):
            again = {"state": state, "decided_by": first.user.pk, "decided_at": now}
            broken(lambda again=again: rows.update(**again), "answered by somebody else")
        assert rows.update(state="refused", decided_by=second.user.pk, decided_at=now) == 1
        broken(lambda: rows.update(decided_by=first.user.pk), "answered by somebody else")


def test_a_file_that_gives_way_to_another_does_so_whoever_accepts():
    set_cap(1)
    row, first, _ = reopened()
    taker = begin(siret=row.siret, takes_over=True, email="suivante@ateliers.example")
    taker = send(fill(taker, takeover_reason="Nouvelle direction."))
    with acting(first.principal):
        services.accept(application=taker)
        assert Application.objects.get(pk=row.pk).state == "replaced"


def test_a_refusal_that_is_upheld_stays_one():
    row = sent()
    refused(row)
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
    with acting(make_operator().principal):
        decisions.answer_appeal(application=row, granted=False, answer="Le lieu n’est pas ouvert au public.")
        assert Application.objects.get(pk=row.pk).state == "refused"
        with pytest.raises(errors.NotRefused):
            decisions.answer_appeal(application=row, granted=True, answer="Si.")


def test_the_database_holds_the_rules_of_appeals():
    row = sent()
    first = refused(row)
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
        assert not Appeal.objects.update(text="Autre")  # read, and no more
    with acting(OPERATOR):
        now = timezone.now()
        alone = {"decided_by": first.user.pk, "decided_at": now, "granted": True, "answer": "Oui."}
        broken(lambda: Appeal.objects.update(**alone), "appeal_second_person")
        broken(lambda: Appeal.objects.update(granted=True), "appeal_answered_with_a_reason")
    other = sent()
    with holding(other):
        forged = Appeal(application=row, text="x", lodged_at=timezone.now())
        broken(lambda: forged.save(force_insert=True), "row-level security|unique")


def test_an_application_that_was_not_refused_has_no_appeal():
    with holding(sent()) as mine, pytest.raises(errors.NotRefused):
        candidacy.appeal(application=mine, text="Trop tôt.")


def test_an_appeal_granted_after_another_application_says_so():
    row = sent()
    refused(row)
    with holding(row) as mine:
        candidacy.appeal(application=mine, text="Relisez.")
    sent(siret=row.siret)
    with acting(make_operator().principal), pytest.raises(errors.AlreadyApplied):
        decisions.answer_appeal(application=row, granted=True, answer="Oui.")


def test_a_siret_is_taken_over_from_a_colleague_who_applied():
    set_cap(2)
    former = sent()
    row = begin(siret=former.siret, takes_over=True, contact_name="La suivante", email="suivante@ateliers.example")
    row = send(fill(row, takeover_reason="Camille est partie en mars."))
    actor = accept(row)
    with acting(OPERATOR):
        replaced = Application.objects.get(pk=former.pk)
        assert (replaced.state, "La suivante" in replaced.reason) == ("replaced", True)
        assert Actor.objects.get(pk=actor.pk).state == "qualified"
    assert ("application_replaced", former.email) in mails()


def test_a_siret_is_taken_over_from_a_predecessor_who_is_an_actor():
    set_cap(2)
    former = accept(sent())
    with pytest.raises(errors.AlreadyApplied):
        begin(siret=former.siret)
    row = begin(siret=former.siret, takes_over=True, email="suivante@ateliers.example")
    row = send(fill(row, takeover_reason="Nouvelle direction."))
    actor = accept(row)
    assert actor.pk == former.pk
    with acting(OPERATOR):
        assert actor.sites.filter(open=True).count() == 1  # its place was there already
        assert Actor.objects.filter(pk=actor.pk).count() == 1
    assert ("invitation", "suivante@ateliers.example") in mails()


def test_acceptance_proposes_the_account_and_somebody_else_approves_it():
    set_cap(1)
    actor = accept(sent())
    with acting(OPERATOR):
        account = BankAccount.objects.get(actor=actor)
        assert (account.iban_last4, account.approved_at) == ("0189", None)
        assert Application.objects.get().organisation_id == actor.pk


def test_only_those_who_decide_answer():
    row = sent()
    for member in (make_funder(), make_operator("finance")):
        with acting(member.principal):
            for work in (
                lambda: decisions.assign(application=row, person_id=None),
                lambda: decisions.ask_correction(application=row, remarks={}, message="x"),
                lambda: decisions.answer_appeal(application=row, granted=True, answer="x"),
            ):
                with pytest.raises(NotAllowed):
                    work()


def test_the_usual_delay_is_that_of_the_answers():
    at = timezone.now()
    for days in (1, 2, 3, 4, 10):
        row = apply(at=at - timedelta(days=days))
        refused(row, at=at)
    delay = standing.usual_delay(at=at)
    assert (round(delay.half), delay.decisions) == (3, 5)
    assert 4 < delay.most < 10
