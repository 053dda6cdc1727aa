"""« Pourquoi ce refus ? »: the facts kept with a refusal, their replay, and who may ask."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from aptic.accounts.devices import revoke_device
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.tenancy.principal import Hat, acting
from passes import explaining, rules
from passes.held import approve_judgement, prepare_judgement
from passes.models import Redemption
from passes.refusals import Refusal
from passes.rules import Facts
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.conflicts import line, upload
from tests.passes.test_refusals import CASES
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Member:
    member = make_operator(Role.MANAGER)
    member.log_in(client)
    return member


def refused(till: TestTill, code: str) -> Redemption:
    """A refused attempt, as the operator reads it."""
    key = str(uuid.uuid4())
    assert till.redeem(code, id=key).status_code >= 400
    with acting(OPERATOR):
        return Redemption.objects.get(pk=key)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " "))


def page(client: Client, member: Member, *more: Any, **query: str) -> Any:
    root = "operateur" if member.principal.is_operator else "acteur"
    return client.get("/".join([f"/{root}/{member.organisation.pk}/refus", *map(str, more), ""]), query)


# --- what is kept ---------------------------------------------------------------------------------------------------


@pytest.mark.pg15
@pytest.mark.parametrize("reason", CASES)
def test_each_refusal_replays_to_the_same_answer(till: TestTill, reason: Refusal) -> None:
    stored = refused(till, code_of(CASES[reason](till)))
    with acting(OPERATOR):
        told = explaining.explain(stored)
    assert told.then is not None
    assert (told.then.answer, told.agrees) == (reason, True)
    assert told.now.answer == reason


def test_facts_go_to_json_and_back(till: TestTill) -> None:
    stored = refused(till, code_of(make_batch(services=[3, 5], passes_per_day=2)))
    facts = Facts.from_json(stored.facts)
    assert {3, 5} <= set(facts.services)
    assert facts.valid_from.tzinfo is not None
    assert {**facts.as_json(), "services": list(facts.services)} == stored.facts
    with pytest.raises(TypeError):
        Facts.from_json({**stored.facts, "of_another_version": 1})


@pytest.mark.pg15
def test_an_accepted_attempt_keeps_none_and_the_database_sees_to_it(till: TestTill) -> None:
    batch = make_batch()
    till.redeem(code_of(batch))
    with acting(OPERATOR):
        stored = Redemption.objects.accepted().get()
        assert stored.facts is None
        stored.pk, stored.facts, stored.turn, stored.pass_id = uuid.uuid4(), {"a": 1}, 1, stored.pass_id + 1
        with pytest.raises(IntegrityError, match="redemption_facts_of_refused"), transaction.atomic():
            stored.save(force_insert=True)


@pytest.mark.pg15
def test_what_was_kept_is_never_edited(till: TestTill) -> None:
    stored = refused(till, code_of(make_batch(active=False)))
    with acting(OPERATOR), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Redemption.objects.filter(pk=stored.pk).update(facts={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_column_privilege('aptic_app', 'passes_redemption', 'facts', 'UPDATE')")
        assert cursor.fetchone() == (False,)


def test_the_first_broken_rule_is_the_answer_and_the_others_are_told() -> None:
    now = timezone.now()
    over = {"valid_from": now, "valid_until": now - timedelta(1), "claim_until": now, "time_zone": "Europe/Paris"}
    nothing_right = Facts(
        serial=1, pass_state="blocked", spent_today=3, activated=False, **over, handed_out=False, needs_hand_out=True,
        services=(9,), territories_match=False, site_match=False, passes_per_day=1, site_qualified=False,
    )  # fmt: skip
    steps = rules.replay(nothing_right, rules.Asked(1, now, now))
    assert {rule.reason for rule, holds in steps if holds} == {Refusal.ALREADY_REDEEMED}
    asked = {"service_id": 1, "occurred_at": now, "accounted_at": now}
    assert rules.refusal(nothing_right, **asked) == Refusal.SITE_NOT_QUALIFIED
    assert [rule.reason for rule, _ in steps] == [rule.reason for rule in rules.RULES]
    assert {rule.reason for rule in rules.RULES} == {*CASES}


# --- the page -------------------------------------------------------------------------------------------------------


def test_it_is_found_by_pass_by_id_and_by_site_and_day(client: Client, operator: Member, till: TestTill) -> None:
    code = code_of(make_batch(active=False))
    stored = refused(till, code)
    for query in (
        {"q": code[:7].lower()},
        {"q": code},
        {"q": str(stored.pk)},
        {"lieu": "lieu d", "jour": timezone.localdate().isoformat()},
    ):
        answer = page(client, operator, **query)
        assert answer["Cache-Control"] == "no-store"
        assert code[:7] in text(answer), query
        assert str(stored.pk) in answer.content.decode()
    for query in ({"q": "0000000"}, {"q": "n’importe quoi"}, {"lieu": "zz"}, {"lieu": "lieu", "jour": "2020-01-01"}):
        assert "Aucune tentative ne répond" in text(page(client, operator, **query))
    assert page(client, operator, q=" ", jour="31-31-31").status_code == 200
    assert "Aucune tentative" not in text(page(client, operator, lieu="lieu d", jour="9999-12-31"))  # today's, as any


def test_it_shows_each_rule_with_its_facts_and_what_the_pass_would_get_now(
    client: Client, operator: Member, till: TestTill
) -> None:
    batch = CASES[Refusal.SITE_NOT_QUALIFIED](till)
    stored = refused(till, code_of(batch))
    with acting(OPERATOR):
        type(till.site.actor.actor).objects.update(state="qualified", suspended_at=None)
    body = text(page(client, operator, stored.pk))
    assert "la règle donne la même réponse : Lieu non autorisé" in body
    assert "non, et c’est la réponse lieu ouvert, acteur qualifié : non" in body
    assert "pour le même service : serait encaissé" in body


def test_an_attempt_without_facts_says_so(client: Client, operator: Member, till: TestTill) -> None:
    stored = refused(till, code_of(make_batch(active=False)))
    with acting(OPERATOR):
        stored.pk, stored.facts = uuid.uuid4(), None
        stored.save(force_insert=True)
    assert "date d’avant que les faits soient gardés" in text(page(client, operator, stored.pk))


@pytest.mark.parametrize("side", ["operator", "actor"])
def test_a_held_line_that_two_people_refused_says_why_it_was_held_and_what_they_said(
    client: Client, till: TestTill, side: str
) -> None:
    sent = line(code_of(make_batch()))
    with acting(OPERATOR):
        revoke_device(device=till.device)
    assert upload(till, sent)[0]["status"] == 202
    with acting(make_operator(Role.FINANCE).principal):
        prepare_judgement(lines=[sent["id"]], release=False, reason="Aucun rendez-vous ce jour-là.")
    with acting(make_operator(Role.FINANCE).principal):
        approve_judgement(lines=[sent["id"]], release=False)
    member = (
        make_operator(Role.MANAGER) if side == "operator" else make_member(till.site.actor, Hat.ACTOR, Role.MANAGER)
    )
    member.log_in(client)
    body = text(page(client, member, sent["id"]))
    assert "Appareil arrêté" in body
    assert "pour ce motif : « Aucun rendez-vous ce jour-là. »" in body
    assert "date d’avant que les faits soient gardés" not in body


def test_rules_that_changed_since_are_not_hidden(client: Client, operator: Member, till: TestTill) -> None:
    stored = refused(till, code_of(make_batch(active=False)))
    with acting(OPERATOR):
        stored.pk, stored.facts = uuid.uuid4(), {**stored.facts, "activated": True}
        stored.save(force_insert=True)
    assert "donne une autre réponse" in text(page(client, operator, stored.pk))


def test_each_look_is_in_the_trail_of_the_actor(client: Client, operator: Member, till: TestTill) -> None:
    stored = refused(till, code_of(make_batch(active=False)))
    page(client, operator, stored.pk)
    with acting(OPERATOR):
        line = Event.objects.get(verb="refusal_explained")
    assert (line.object_id, line.organisation_id, line.person_id) == (
        str(stored.pk), till.site.actor_id, operator.user.pk,
    )  # fmt: skip


def test_an_actor_reads_its_own_attempts_and_no_others(client: Client, till: TestTill) -> None:
    batch, stranger = make_batch(), make_till()
    till.redeem(code_of(batch))
    mine, theirs = refused(till, code_of(batch)), refused(stranger, code_of(batch))
    agent = make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    agent.log_in(client)
    assert page(client, agent, mine.pk).status_code == 200
    assert page(client, agent, theirs.pk).status_code == 404
    listed = page(client, agent, q=code_of(batch)[:7]).content.decode()
    assert str(mine.pk) in listed
    assert str(theirs.pk) not in listed
    assert str(mine.pk) in page(client, agent, jour=timezone.localdate().isoformat()).content.decode()
    with acting(agent.principal):
        assert not Redemption.objects.filter(pk=theirs.pk).exists()  # the second wall


def test_counter_staff_and_finance_do_not_ask(client: Client, till: TestTill) -> None:
    for role in (Role.SCANNER, Role.FINANCE):
        member = make_member(till.site.actor, Hat.ACTOR, role)
        member.log_in(client)
        assert page(client, member).status_code == 403


def test_pages_take_a_fixed_number_of_statements(
    client: Client, operator: Member, till: TestTill, django_assert_num_queries: Any
) -> None:
    batch = make_batch(active=False)
    for count in (1, 4):
        for position in range(1, count + 1):
            last = refused(till, code_of(batch, position=position))
        with django_assert_num_queries(17):
            page(client, operator, lieu="lieu")
    with django_assert_num_queries(16):
        page(client, operator, last.pk)
