"""Training at the counter: every answer, undo included, with codes of key 31; no row, no figure, no euro moves."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import codes, guessing, training
from passes.models import Pass
from passes.refusals import EXPLANATIONS, Refusal
from passes.training import CASES, Case
from tests.factories import OPERATOR, make_member
from tests.passes.world import TestTill, code_of, first_service, in_circulation, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db
ANSWERS = {
    Case.USED: Refusal.ALREADY_REDEEMED,
    Case.EXPIRED: Refusal.EXPIRED,
    Case.BLOCKED: Refusal.BLOCKED,
}


def base(till: TestTill, page: str = "entrainement/") -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/{page}"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " "))


def of_case(till: TestTill, case: Case) -> str:
    return next(one.code for one in training.booklet(till.site.pk) if one.case == case)


def take(client: Client, till: TestTill, *wanted: str) -> Any:
    return client.post(
        base(till, "entrainement/encaisser/"), {"code": list(wanted), "service": first_service().pk}, follow=True
    )


@pytest.fixture
def untouched(till: TestTill) -> Iterator[None]:
    """Whatever the test does, nothing is written but the session, and the real pass of that serial stays."""
    with CaptureQueriesContext(connection) as seen:
        yield
    written = [
        query["sql"]
        for query in seen
        if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"]) and "django_session" not in query["sql"]
    ]
    assert written == []
    assert not [query for query in seen if "passes_pass " in query["sql"] or "passes_redeem(" in query["sql"]]


def test_the_booklet_is_always_the_same_and_every_code_is_of_key_31(till: TestTill) -> None:
    first, again = training.booklet(till.site.pk), training.booklet(till.site.pk)
    assert first == again
    assert [one.case for one in first] == list(CASES.values())
    assert {codes.parse(one.text) for one in first} == {codes.parse(one.code) for one in first}
    assert all(codes.parse(one.code).is_training for one in first)
    assert training.booklet_of(make_till().site.pk) != training.booklet_of(till.site.pk)


def test_a_valid_pass_is_shown_taken_once_and_given_back(tablet: Client, till: TestTill, untouched: None) -> None:
    code = of_case(till, Case.VALID)
    shown = text(tablet.post(base(till), {"code": code.lower()}))
    assert "Ce pass est valable" in shown
    assert "Entraînement : rien n’est encaissé" in shown
    assert "C’est encaissé" in text(take(tablet, till, code))
    again = tablet.post(base(till), {"code": code})
    assert again.status_code == 409
    assert f"à {till.site.name}" in text(again)
    assert "déjà été utilisé" in text(take(tablet, till, code))
    undone = tablet.post(base(till, "entrainement/annuler/"), follow=True)
    assert "Encaissement annulé" in text(undone)
    assert "Ce pass est valable" in text(tablet.post(base(till), {"code": code}))


def test_several_passes_are_taken_in_one_go(tablet: Client, till: TestTill, untouched: None) -> None:
    first, second = (one.code for one in training.booklet(till.site.pk)[:2])
    assert "Ces 2 pass sont valables" in text(tablet.post(base(till), {"code": second, "kept": [first]}))
    receipt = text(take(tablet, till, first, second))
    assert "20 €" in receipt
    assert "Il reste 5 pass" in receipt


@pytest.mark.parametrize("case", ANSWERS)
def test_each_case_gives_its_answer(tablet: Client, till: TestTill, case: Case, untouched: None) -> None:
    why = EXPLANATIONS[ANSWERS[case]]
    answer = tablet.post(base(till), {"code": of_case(till, case)})
    assert answer.status_code == why.status
    assert why.sentence in text(answer)
    assert "tel:" not in answer.content.decode().split('id="till"', 1)[1]


def test_a_service_that_is_not_paid_is_refused_when_chosen(tablet: Client, till: TestTill, untouched: None) -> None:
    code = of_case(till, Case.OTHER_SERVICE)
    assert tablet.post(base(till), {"code": code}).status_code == 200
    assert EXPLANATIONS[Refusal.SERVICE_NOT_COVERED].sentence in text(take(tablet, till, code))


def test_a_real_pass_is_refused_without_a_look(tablet: Client, till: TestTill) -> None:
    batch = make_batch()
    with CaptureQueriesContext(connection) as seen:
        for answer in (tablet.post(base(till), {"code": code_of(batch)}), take(tablet, till, code_of(batch))):
            assert answer.status_code == 404
            assert "C’est un vrai pass" in text(answer)
            assert base(till, "") in answer.content.decode()
    assert not [query for query in seen if "passes_present(" in query["sql"] or "passes_pass" in query["sql"]]
    assert one_pass(batch).state == Pass.State.OPEN


def test_a_training_code_at_the_real_counter_says_what_it_is(tablet: Client, till: TestTill) -> None:
    batch = make_batch()
    named = codes.encode(batch.first_booklet << 4 | 1, codes.TRAINING_VERSION)  # the serial of a real pass
    answer = tablet.post(base(till, ""), {"code": named})
    assert answer.status_code == 404
    assert "C’est un pass d’entraînement" in text(answer)
    assert base(till) in answer.content.decode()
    assert one_pass(batch).state == Pass.State.OPEN


def test_the_cover_says_that_it_is_the_cover(tablet: Client, till: TestTill) -> None:
    batch = make_batch()
    cover = codes.encode(training.booklet_of(till.site.pk) << 4, codes.TRAINING_VERSION)
    for address, code in ((base(till, ""), code_of(batch, position=0)), (base(till), cover)):
        assert "C’est la couverture du carnet" in text(tablet.post(address, {"code": code}))


def test_a_position_that_no_booklet_has_is_unknown(tablet: Client, till: TestTill) -> None:
    beyond = codes.encode(training.booklet_of(till.site.pk) << 4 | 12, codes.TRAINING_VERSION)
    assert "Ce code n’existe pas" in text(tablet.post(base(till), {"code": beyond}))


def test_false_codes_are_counted_here_too(tablet: Client, till: TestTill) -> None:
    for _ in range(guessing.LIMITS["device"].failures):
        tablet.post(base(till), {"code": "0000-0000-0000-0000"})
    assert tablet.post(base(till), {"code": "0000-0000-0000-0000"}).status_code == 429
    assert tablet.post(base(till, ""), {"code": "0000-0000-0000-0000"}).status_code == 429
    assert tablet.post(base(till), {"code": of_case(till, Case.VALID)}).status_code == 200


def test_nothing_of_it_is_in_the_day_the_figures_or_the_ledger(tablet: Client, till: TestTill) -> None:
    batch = make_batch()
    before = in_circulation(batch)
    take(tablet, till, of_case(till, Case.VALID))
    day = text(tablet.get(base(till, "journee/")))
    assert "Rien encore aujourd’hui" in day
    assert "0 pass encaissé 0 €" in day
    with connection.cursor() as cursor, acting(OPERATOR):
        cursor.execute("SELECT (SELECT count(*) FROM passes_redemption), (SELECT count(*) FROM passes_void)")
        assert cursor.fetchone() == (0, 0)
        cursor.execute("SELECT count(*) FROM ledger_transfer WHERE kind IN ('redeem', 'void')")
        assert cursor.fetchone() == (0,)
    assert in_circulation(batch) == before


def test_a_receipt_and_a_form_of_nothing_lead_back(tablet: Client, till: TestTill) -> None:
    assert tablet.get(base(till, "entrainement/recu/")).url == base(till)
    assert tablet.post(base(till, "entrainement/encaisser/"), {"code": "x", "service": "1"}).url == base(till)
    assert tablet.post(base(till, "entrainement/annuler/")).status_code == 302


def test_the_booklet_is_shown_with_each_case(tablet: Client, till: TestTill) -> None:
    answer = tablet.get(base(till, "entrainement/carnet/"))
    assert answer["Cache-Control"] == "no-store"
    page = text(answer)
    assert answer.content.decode().count("data:image/svg+xml") == len(CASES)
    for case in set(CASES.values()):
        assert case in page


def test_people_train_where_they_may_stand_and_nobody_else(client: Client, till: TestTill) -> None:
    agent = make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    other = make_till()
    agent.log_in(client)
    assert client.get(base(till)).status_code == 200
    assert client.get(base(other)).status_code == 404
    assert Client().get(base(till)).url.startswith("/compte/login/")
