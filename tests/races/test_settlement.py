"""Real connections at the same instant: a line is paid once, a run is decided once, and a void comes wholly before or
wholly after the claim. Whatever the order, the proof of the ledger holds afterwards."""

import threading
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from actors.calendar_rules import Rhythm
from actors.models import Claim, Payout, Settlement, Waiting
from actors.proof import REDEEMED_BY
from actors.settlement.approve import approve_settlement
from actors.settlement.calendar import set_calendar
from actors.settlement.outcome import reject_payout, settle_all, settle_payout
from actors.settlement.prepare import cancel_settlement, hold_every_purse, prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from actors.tasks import prepare_settlement as prepare_by_calendar
from aptic.documents.models import Document
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Purse, Transfer
from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting
from tests.actors.money import OPERATOR, Scheme, person
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15


@pytest.fixture
def scheme(fresh_database: Any, settings: Any, tmp_path: Any) -> Scheme:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN, settings.DEBTOR_BIC = (
        "Aptic cantonnement",
        "FR1420041010050500013M02606",
        "PSSTFRPPPAR",
    )
    settings.MEDIA_ROOT = tmp_path
    return Scheme()


def owed(scheme: Scheme, *, actors: int = 3, times: int = 4) -> Purse:
    """A purse with cash enough, and some actors with passes redeemed."""
    purse = scheme.funder(cash=1_000_000)
    for _ in range(actors):
        scheme.redeem(purse, scheme.actor(), times=times)
    return purse


def outcomes(answers: list[Any]) -> Counter:
    """How many of each: the name of the refusal, or "done"."""
    unexpected = [one for one in answers if isinstance(one, BaseException) and not hasattr(one, "code")]
    assert not unexpected, unexpected
    return Counter(one.code if isinstance(one, BaseException) else "done" for one in answers)


def check_books(purse: Purse, *, passes: bool = False) -> None:
    """Claims are true and the accounts that settlement moves agree with what is counted; with `passes`, also with
    the passes redeemed (the other tests post lines without any)."""
    with acting(OPERATOR):
        kinds = {K.PAYABLE, K.IN_TRANSFER, K.FEES_DUE, K.VAT_DUE}
        assert not [str(one) for one in compare()[1] if one.kind in kinds and (passes or one.by != REDEEMED_BY)]
        claimed = Claim.objects.filter(share__payout__settlement__state="cancelled")
        assert not claimed.exists()
        assert Purse.objects.get(pk=purse.pk).available_cents >= 0


def test_two_runs_of_one_cutoff_are_one_run(scheme: Scheme, together: Any) -> None:
    purse, cutoff, people = owed(scheme), timezone.now(), [person(), person(), person(), person()]

    def work(i: int) -> Any:
        with acting(people[i]):
            return prepare_settlement(cutoff=cutoff).pk

    assert len(set(together(4, work))) == 1
    with acting(OPERATOR):
        assert (Settlement.objects.count(), Payout.objects.count(), Claim.objects.count()) == (1, 3, 12)
    check_books(purse)


def test_two_runs_of_two_cutoffs_pay_each_line_once(scheme: Scheme, together: Any) -> None:
    purse, cutoffs = owed(scheme), [timezone.now(), timezone.now()]

    def work(i: int) -> Any:
        with acting(scheme.first):
            return prepare_settlement(cutoff=cutoffs[i]).pk

    assert outcomes(together(2, work)) == {"done": 1, "nothing_to_pay": 1}
    with acting(OPERATOR):
        assert (Payout.objects.count(), Claim.objects.count()) == (3, 12)
    check_books(purse)


def test_two_runs_never_promise_the_same_cash(scheme: Scheme, together: Any) -> None:
    purse, cutoffs = scheme.funder(cash=5000), [timezone.now(), timezone.now()]
    for _ in range(3):
        scheme.redeem(purse, scheme.actor(), times=4)
    cutoffs = [timezone.now(), timezone.now()]

    def work(i: int) -> Any:
        with acting(scheme.first):
            return prepare_settlement(cutoff=cutoffs[i]).pk

    assert outcomes(together(2, work)) == {"done": 2}  # the second finds only what waits
    with acting(OPERATOR):
        assert Payout.objects.aggregate(cents=Sum("gross_cents"))["cents"] == 5000
    check_books(purse)


def test_two_clocks_prepare_one_run(scheme: Scheme, together: Any, monkeypatch: Any) -> None:
    purse, tomorrow = owed(scheme), timezone.now() + timedelta(days=1)
    with acting(scheme.first):
        set_calendar(rhythm=Rhythm.MONTHLY, first_day=timezone.localdate(tomorrow))
    monkeypatch.setattr("actors.tasks.timezone", SimpleNamespace(now=lambda: tomorrow))
    answers = together(3, lambda i: prepare_by_calendar())
    assert outcomes(answers) == {"done": 3}
    with acting(OPERATOR):
        assert [run.prepared_by for run in Settlement.objects.all()] == [None]
    check_books(purse)


def test_two_approvals_at_once(scheme: Scheme, together: Any) -> None:
    owed(scheme)
    run, people = scheme.prepare(), [person() for _ in range(4)]

    def work(i: int) -> Any:
        with acting(people[i]):
            return approve_settlement(settlement=Settlement.objects.get(pk=run.pk), digest=run.digest)

    assert outcomes(together(4, work)) == {"done": 1, "already_done": 3}
    with acting(OPERATOR):
        run.refresh_from_db()
    assert run.approved_by in {one.person_id for one in people}


def test_an_approval_against_giving_up(scheme: Scheme, together: Any) -> None:
    purse = owed(scheme)
    run = scheme.prepare()

    def work(i: int) -> Any:
        with acting(scheme.second):
            mine = Settlement.objects.get(pk=run.pk)
            return cancel_settlement(settlement=mine) if i else approve_settlement(settlement=mine, digest=run.digest)

    answers = together(2, work)
    # Whoever came second is told: that it is done, or that there is nothing left of what was approved.
    assert outcomes(answers)["done"] == 1
    with acting(OPERATOR):
        run.refresh_from_db()
        assert Claim.objects.count() == (0 if run.state == Settlement.State.CANCELLED else 12)
    check_books(purse)


def test_one_file_and_one_sending(scheme: Scheme, together: Any) -> None:
    purse = owed(scheme)
    run = scheme.approve(scheme.prepare())

    def write(i: int) -> Any:
        with acting(scheme.second):
            return write_bank_file(settlement=Settlement.objects.get(pk=run.pk)).pk

    def send(i: int) -> Any:
        with acting(scheme.second):
            return mark_sent(settlement=Settlement.objects.get(pk=run.pk))

    assert len(set(together(3, write))) == 1
    assert outcomes(together(3, send)) == {"done": 1, "already_done": 2}
    with acting(OPERATOR):
        assert Document.objects.filter(kind="bank_file").count() == 1
        assert Transfer.objects.filter(kind="payout_sent").count() == 3
    check_books(purse)


def test_the_bank_answers_once(scheme: Scheme, together: Any) -> None:
    purse = owed(scheme)
    run = scheme.send(scheme.prepare())
    with acting(OPERATOR):
        payout = Payout.objects.filter(settlement=run).order_by("id").first()

    def work(i: int) -> Any:
        with acting(scheme.second):
            if i == 0:
                return settle_all(settlement=run)
            return settle_payout(payout=payout) if i == 1 else reject_payout(payout=payout, reason="Compte clos")

    assert outcomes(together(3, work))["done"] >= 1  # all at once, or this one apart
    with acting(OPERATOR):
        run.refresh_from_db()
        assert run.state == Settlement.State.CLOSED
        answers = Transfer.objects.filter(kind__in=["payout_settled", "payout_rejected"])
        assert answers.count() == 3
    check_books(purse)


def test_a_void_comes_wholly_before_or_wholly_after_the_claim(scheme: Scheme, together: Any) -> None:
    till, batch = make_till(), make_batch(booklets=1)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    redeemed = [till.redeem(code_of(batch, 0, n + 1)).json()["id"] for n in range(8)]
    cutoff = timezone.now()

    def work(i: int) -> Any:
        if i == 0:
            with acting(scheme.first):
                return prepare_settlement(cutoff=cutoff)
        return till.post(f"redemptions/{redeemed[i - 1]}/void/").json()

    _run, *voids = together(9, work)
    refused = [one for one in voids if one.get("code") == "settled"]
    with acting(OPERATOR):
        claimed = set(Claim.objects.filter(transfer__kind="redeem").values_list("transfer__event", flat=True))
        voided = set(Transfer.objects.filter(kind="void").values_list("event", flat=True))
        purse = Purse.objects.get(funder_id=batch.funder_id)
    assert len(refused) + len(voided) == 8
    assert not claimed & voided
    assert {str(one) for one in claimed | voided} == set(redeemed)
    check_books(purse, passes=True)


def test_a_void_waits_for_a_claim_that_has_begun_and_is_refused(scheme: Scheme, together: Any) -> None:
    till, batch = make_till(), make_batch(booklets=1)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    redemption = till.redeem(code_of(batch)).json()["id"]
    prepared, answers = threading.Event(), []

    def void() -> None:
        prepared.wait(30)
        answers.append(till.post(f"redemptions/{redemption}/void/"))
        connection.close()

    other = threading.Thread(target=void)
    other.start()
    with acting(scheme.first):
        prepare_settlement(cutoff=timezone.now())
        prepared.set()
        with connection.cursor() as cursor:  # until the void waits for the actor's row
            _until(cursor, "SELECT count(*) FROM pg_locks WHERE NOT granted")
        assert not answers
    other.join(30)
    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "settled")


def test_what_waits_for_another_run_is_dated_when_it_happens(scheme: Scheme, together: Any) -> None:
    """A run of the whole country is prepared in a minute, and the books refuse a date that is a minute old."""
    purse = owed(scheme, actors=1)
    with acting(scheme.first):
        run = prepare_settlement(cutoff=timezone.now())
    with acting(scheme.second):
        approve_settlement(settlement=run, digest=run.digest)
        write_bank_file(settlement=run)
    for verb, dated in ((mark_sent, "sent_at"), (settle_all, "settled_at")):
        held, released = threading.Event(), []

        def work(i: int, verb: Any = verb, held: Any = held, released: Any = released) -> Any:
            if i:
                assert held.wait(30)
                with acting(scheme.second):
                    return verb(settlement=run)
            with acting(scheme.first):
                hold_every_purse(None)
                held.set()
                with connection.cursor() as cursor:
                    _until(cursor, "SELECT count(*) FROM pg_locks WHERE NOT granted")
                released.append(timezone.now())

        assert not [one for one in together(2, work) if isinstance(one, BaseException)]
        with acting(OPERATOR):
            assert getattr(Payout.objects.get(), dated) >= released[0]
    check_books(purse)


def test_redemptions_go_on_while_a_run_is_prepared_and_none_is_lost(scheme: Scheme, together: Any) -> None:
    batch, tills = make_batch(booklets=4), [make_till() for _ in range(3)]
    with acting(OPERATOR):
        for till in tills:
            scheme.give_bank(till.site.actor)
    for till, position in zip(tills, (1, 2, 3), strict=True):
        till.redeem(code_of(batch, 3, position))

    def work(i: int) -> Any:
        if i == 3:
            with acting(scheme.first):
                return prepare_settlement(cutoff=timezone.now())
        return [tills[i].redeem(code_of(batch, i, n + 1)).status_code for n in range(10)]

    *statuses, run = together(4, work)
    assert [status for mine in statuses for status in mine] == [201] * 30
    assert isinstance(run, Settlement)
    with acting(scheme.first):
        prepare_settlement(cutoff=timezone.now())
    with acting(OPERATOR):
        assert Claim.objects.count() == 33
        assert Payout.objects.aggregate(cents=Sum("gross_cents"))["cents"] == 33_000
        purse = Purse.objects.get(funder_id=batch.funder_id)
    check_books(purse, passes=True)


def test_a_redemption_does_not_wait_for_a_claim(scheme: Scheme) -> None:
    till, batch = make_till(), make_batch(booklets=1)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    till.redeem(code_of(batch))
    answers = []

    def redeem() -> None:
        answers.append(till.redeem(code_of(batch, position=2)).status_code)
        connection.close()

    with acting(scheme.first):
        prepare_settlement(cutoff=timezone.now())
        other = threading.Thread(target=redeem)
        other.start()
        other.join(5)
        assert answers == [201]  # before the run commits


def test_a_receipt_against_a_run(scheme: Scheme, together: Any) -> None:
    purse, actor = scheme.funder(), scheme.actor()
    scheme.redeem(purse, actor, times=5)
    cutoff = timezone.now()

    def work(i: int) -> Any:
        if i:
            return scheme.collect(purse, 1000)
        with acting(scheme.first):
            return prepare_settlement(cutoff=cutoff)

    run, *_ = together(4, work)
    with acting(OPERATOR):
        paid = Payout.objects.filter(settlement=run).aggregate(cents=Sum("gross_cents", default=0))["cents"]
        waiting = Waiting.objects.filter(settlement=run).aggregate(cents=Sum("amount_cents", default=0))["cents"]
    assert paid in {0, 1000, 2000, 3000}
    assert paid + waiting == 5000
    if paid < 3000:
        with acting(scheme.first), transaction.atomic():
            prepare_settlement(cutoff=timezone.now())
    with acting(OPERATOR):
        assert Payout.objects.aggregate(cents=Sum("gross_cents"))["cents"] == 3000
    check_books(purse)


def _until(cursor: Any, question: str) -> None:
    """Ask until the answer is not zero; the clock of `together` ends a test that waits in vain."""
    for _ in range(2000):
        cursor.execute(question)
        if cursor.fetchone()[0]:
            return
        cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waits")
