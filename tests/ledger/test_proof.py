"""The proof agrees with a world made by the services, and names the account when any source is changed.

Tampering is done as the owner of the tables, who may switch triggers off: no role that serves could do it.
"""

from contextlib import contextmanager

import pytest
from django.core import mail
from django.db import connections, transaction

from actors.models import Payout
from aptic.ledger import proof as proofs
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Account, BankBalance, Proof, ProofLine, Transfer
from aptic.ledger.proof import AVAILABLE, CLOSING, GUARD, compare, prove
from aptic.ledger.tasks import prove_nightly
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import acting, as_system
from funders.models import PaymentOrder, Receipt
from tests.factories import OPERATOR
from tests.impact.world import build

pytestmark = pytest.mark.pg15

TABLES = (
    "passes_pass", "passes_batch", "passes_redemption", "passes_void", "actors_claim", "actors_payout",
    "actors_payoutpurse", "funders_paymentorder", "funders_receipt", "funders_refund", "ledger_bankbalance",
    "ledger_transfer", "ledger_account", "ledger_purse", "ledger_closing", "passes_incident", "ledger_guaranteefunding",
    "actors_feesweep",
)  # fmt: skip


class Undo(Exception):
    """Ends a tampering."""


@contextmanager
def as_owner():
    """What the block changes as the owner, triggers off, is seen by the proof in the same transaction, then undone."""
    serving = connections["default"]
    connections["default"] = connections["owner"]
    try:
        with transaction.atomic(), connections["owner"].cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            raise Undo
    except Undo:
        pass
    finally:
        connections["default"] = serving


def named(sql, *values):
    """The accounts (and what they were compared with) that the proof names after `sql`."""
    with as_owner() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount > 0, "nothing was changed"
        _, differences = compare()
        return {(one.account.pk if one.account else one.purse.pk, one.kind) for one in differences}, differences


def account_of(kind, about, **more):
    with acting(OPERATOR):
        return Account.objects.get(kind=kind, about=about, **more)


def test_every_account_of_a_world_made_by_the_services_agrees(world):
    with as_system():
        rows, differences = compare()
    assert [str(one) for one in differences] == []
    kinds = {one.kind for one in rows}
    expected = {K.SAFEGUARDED, K.RECEIVABLE, K.CREDIT, K.CIRCULATION, K.PAYABLE, K.IN_TRANSFER, K.FEES_DUE, K.VAT_DUE}
    assert expected < kinds
    # A world of zeros would agree with anything: the accounts that matter are not empty.
    for kind in (K.SAFEGUARDED, K.RECEIVABLE, K.CREDIT, K.CIRCULATION, K.PAYABLE):
        assert any(one.ledger_cents for one in rows if one.kind == kind), kind


def test_every_kind_of_account_has_a_count_and_money_without_its_row_is_named(world):
    assert {kind for kind, witnesses in proofs._counters.items() if witnesses} == set(K)
    with as_owner() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (purse_id, kind, about, funder_id, guarded_cents) SELECT purse_id, 'claim',"
            " gen_random_uuid(), funder_id, 700 FROM ledger_account WHERE kind = 'payable' LIMIT 1 RETURNING id"
        )
        (claim,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
            " accounted_at) SELECT c.purse_id, c.id, p.id, 700, 'incident_opened', gen_random_uuid(), c.funder_id,"
            " now() FROM ledger_account c JOIN ledger_account p ON p.purse_id = c.purse_id AND p.kind = 'payable'"
            " WHERE c.id = %s LIMIT 1",
            [claim],
        )
        _, differences = compare()
    assert claim in {one.account.pk for one in differences if one.account}


def test_a_pass_brought_back_to_life_is_named(world):
    names, differences = named(
        "UPDATE passes_pass SET state = 'open', spent_on = NULL WHERE id = %s", world.batch.first_booklet << 4 | 1
    )
    assert names == {(world.batch.circulation_id, K.CIRCULATION)}
    assert [one.ledger_cents - one.counted_cents for one in differences] == [-1000]


def test_a_pass_made_to_expire_is_named_on_its_batch_and_on_its_line(world):
    names, _ = named("UPDATE passes_pass SET state = 'expired' WHERE id = %s", world.batch.first_booklet + 1 << 4 | 10)
    assert names == {(world.batch.circulation_id, K.CIRCULATION), (world.batch.line.account_id, K.CREDIT)}


def test_a_pass_that_disappears_is_named(world):
    names, _ = named("DELETE FROM passes_pass WHERE id = %s", world.batch.first_booklet + 1 << 4 | 10)
    assert names == {(world.batch.circulation_id, K.CIRCULATION)}


def test_a_batch_made_larger_is_named(world):
    names, _ = named("UPDATE passes_batch SET booklets = booklets + 1 WHERE id = %s", world.batch.pk)
    # What circulates too: more passes were issued than have been used, expired or replaced.
    assert names == {(world.batch.circulation_id, K.CIRCULATION), (world.batch.line.account_id, K.CREDIT)}


def test_a_redemption_given_to_another_actor_is_named_on_both(world):
    club, library = world.club[0].site, world.library[0].site
    names, _ = named(
        "UPDATE passes_redemption SET actor_id = %s, site_id = %s WHERE id = (SELECT id FROM passes_redemption"
        " WHERE actor_id = %s AND batch_id = %s AND turn IS NOT NULL ORDER BY id LIMIT 1)",
        library.actor_id, library.pk, club.actor_id, world.batch.pk,
    )  # fmt: skip
    assert {kind for _, kind in names} == {K.PAYABLE}
    assert len(names) == 2


def test_a_void_forged_beside_the_services_is_named(world):
    redemption, batch, _, actor = world.redeemed[-1]
    names, differences = named(
        "INSERT INTO passes_void (redemption_id, pass_id, turn, actor_id, funder_id, accounted_at)"
        " SELECT id, pass_id, turn, actor_id, funder_id, now() FROM passes_redemption WHERE id = %s", redemption,
    )  # fmt: skip
    # The batch too: its pass stays used, and no redemption says so any more.
    assert {kind for _, kind in names} == {K.CIRCULATION, K.PAYABLE}
    assert [one.account.about for one in differences] == [batch.uuid, actor.pk]


def test_a_redemption_given_to_another_batch_of_its_funder_is_named_on_both(world):
    redemption = next(identity for identity, batch, _, _ in world.redeemed if batch.pk == world.batch.pk)
    assert world.again.circulation.purse_id == world.batch.circulation.purse_id
    names, differences = named("UPDATE passes_redemption SET batch_id = %s WHERE id = %s", world.again.pk, redemption)
    assert names == {(one.circulation_id, K.CIRCULATION) for one in (world.batch, world.again)}
    assert sorted(one.ledger_cents - one.counted_cents for one in differences) == [-1000, 1000]


@pytest.mark.parametrize("sql", [
    "DELETE FROM actors_claim WHERE transfer_id = (SELECT max(transfer_id) FROM actors_claim)",
    "UPDATE actors_payoutpurse SET gross_cents = gross_cents + 5, net_cents = net_cents + 5"
    " WHERE payout_id = (SELECT id FROM actors_payout WHERE state = 'prepared' ORDER BY id LIMIT 1)",
])  # fmt: skip
def test_a_claim_or_a_share_changed_is_named(world, sql):
    names, _ = named(sql)
    assert {kind for _, kind in names} == {K.PAYABLE}


def paid_share(world, desk):
    """The share that an actor got in the first run, three lines of one purse, and the account it was owed on."""
    with acting(OPERATOR):
        share = world.payout(world.run_1, desk).purses.get()
    return share, (account_of(K.PAYABLE, share.actor_id, purse=share.purse_id).pk, K.PAYABLE)


@pytest.mark.parametrize("change", [
    "gross_cents = gross_cents + 100, net_cents = net_cents + 100",
    "fee_cents = fee_cents + 1, net_cents = net_cents - 1",
])  # fmt: skip
def test_a_payout_changed_after_it_left_is_named_by_its_actor(world, change):
    share, _ = paid_share(world, world.club[0])
    _, differences = named(f"UPDATE actors_payout SET {change} WHERE id = %s", share.payout_id)
    assert {(one.account.about, one.kind) for one in differences} == {(share.actor_id, K.PAYABLE)}


@pytest.mark.parametrize("change", [
    "signed_cents = signed_cents + 1",
    "actor_id = (SELECT actor_id FROM actors_payout o WHERE o.actor_id <> actors_claim.actor_id LIMIT 1)",
])  # fmt: skip
def test_a_claim_changed_after_its_payout_left_is_named(world, change):
    share, account = paid_share(world, world.club[0])
    names, _ = named(
        f"UPDATE actors_claim SET {change} WHERE transfer_id ="
        " (SELECT min(transfer_id) FROM actors_claim WHERE share_id = %s)", share.pk,
    )  # fmt: skip
    assert names == {account}


def test_two_claims_changed_by_opposite_amounts_are_named(world):
    share, account = paid_share(world, world.club[0])
    names, differences = named(
        "UPDATE actors_claim SET signed_cents = signed_cents + CASE transfer_id"
        " WHEN (SELECT min(transfer_id) FROM actors_claim WHERE share_id = %s) THEN 1 ELSE -1 END"
        " WHERE transfer_id IN (SELECT transfer_id FROM actors_claim WHERE share_id = %s ORDER BY transfer_id LIMIT 2)",
        share.pk, share.pk,
    )  # fmt: skip
    assert names == {account}
    assert sorted(one.ledger_cents - one.counted_cents for one in differences) == [-1, 1]


def test_a_claim_moved_to_another_share_of_the_same_purse_is_named(world):
    share, account = paid_share(world, world.library[0])
    with acting(OPERATOR):
        later = world.payout(world.run_2, world.library[0]).purses.get()
    other, theirs = paid_share(world, world.club[0])
    move = ("UPDATE actors_claim SET share_id = %s WHERE transfer_id ="
            " (SELECT min(transfer_id) FROM actors_claim WHERE share_id = %s)")  # fmt: skip
    assert later.purse_id == share.purse_id == other.purse_id
    assert named(move, later.pk, share.pk)[0] == {account}
    assert named(move, other.pk, share.pk)[0] == {account, theirs}


def test_a_payout_forged_without_a_share_is_named(world):
    share, _ = paid_share(world, world.club[0])
    _, differences = named(
        "INSERT INTO actors_payout SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),"
        " 'end_to_end_id', 'X', 'settlement_id', (SELECT id FROM actors_settlement s WHERE NOT EXISTS (SELECT FROM"
        " actors_payout o WHERE o.settlement_id = s.id AND o.actor_id = p.actor_id) LIMIT 1)))).*"
        " FROM actors_payout p WHERE id = %s", share.payout_id,
    )  # fmt: skip
    assert {one.account.about for one in differences} == {share.actor_id}


@pytest.mark.parametrize(
    ("was", "becomes", "kinds"),
    [
        ("settled", "sent", {K.IN_TRANSFER}),
        ("prepared", "sent", {K.PAYABLE, K.IN_TRANSFER}),
        ("returned", "settled", {K.PAYABLE}),
        ("rejected", "settled", {K.PAYABLE}),
    ],
)
def test_a_payouts_state_changed_is_named(world, was, becomes, kinds):
    with acting(OPERATOR):
        payout = Payout.objects.filter(state=was).order_by("id").first()
    with as_owner() as cursor:
        cursor.execute(
            "ALTER TABLE actors_payout DROP CONSTRAINT payout_sent_iff_dated, DROP CONSTRAINT payout_answer_dated"
        )
        cursor.execute("UPDATE actors_payout SET state = %s WHERE id = %s", [becomes, payout.pk])
        _, differences = compare()
    found = {one.kind for one in differences}
    # A transfer never sent has no account yet: what differs is what it was taken from.
    assert found
    assert found <= kinds | {K.SAFEGUARDED, K.FEES_DUE, K.VAT_DUE}
    assert found & kinds
    assert {one.account.about for one in differences if one.kind in (K.PAYABLE, K.IN_TRANSFER)} <= {
        payout.actor_id,
        payout.pk,
    }


def test_a_payment_order_changed_or_closed_is_named(world):
    line = world.waiting.line
    receivable = account_of(K.RECEIVABLE, line.pk).pk
    names, _ = named("UPDATE funders_paymentorder SET amount_cents = amount_cents + 1 WHERE id = %s", world.waiting.pk)
    assert names == {(receivable, K.RECEIVABLE), (line.account_id, K.CREDIT)}
    names, _ = named(
        "UPDATE funders_paymentorder SET state = 'collected', closed_at = now() WHERE id = %s", world.waiting.pk
    )
    # The line too: what is collected counts by its receipt, and there is none.
    assert names == {(receivable, K.RECEIVABLE), (line.account_id, K.CREDIT)}


def test_a_receipt_that_settled_a_promise_is_named_when_it_is_changed_moved_or_gone(world):
    with acting(OPERATOR):
        receipt = Receipt.objects.select_related("line").get(payment_order__isnull=False)
    credit, receivable = (
        (receipt.line.account_id, K.CREDIT),
        (account_of(K.RECEIVABLE, receipt.line_id).pk, K.RECEIVABLE),
    )
    for change in ("DELETE FROM funders_receipt WHERE id = %s",
                   "UPDATE funders_receipt SET amount_cents = amount_cents - 1 WHERE id = %s"):  # fmt: skip
        names, _ = named(change, receipt.pk)
        assert names == {credit, receivable}
    names, _ = named("UPDATE funders_receipt SET line_id = %s WHERE id = %s", world.waiting.line_id, receipt.pk)
    assert names == {credit, (world.waiting.line.account_id, K.CREDIT)}
    names, _ = named("UPDATE funders_receipt SET payment_order_id = NULL WHERE id = %s", receipt.pk)
    assert names == {receivable}


@pytest.mark.parametrize("change", ["amount_cents = amount_cents + 1", "state = 'cancelled'"])
def test_a_promise_changed_after_it_was_collected_is_named(world, change):
    with acting(OPERATOR):
        order = PaymentOrder.objects.get(state="collected")
    names, _ = named(f"UPDATE funders_paymentorder SET {change} WHERE id = %s", order.pk)
    assert names == {(account_of(K.RECEIVABLE, order.line_id).pk, K.RECEIVABLE)}


def test_a_receipt_changed_is_named_on_its_line_and_on_the_bank_account(world):
    line = world.fresh.lines
    with acting(OPERATOR):
        line = line.select_related("account").get()
        held = Account.objects.get(purse_id=line.account.purse_id, kind=K.SAFEGUARDED).pk
    names, _ = named("UPDATE funders_receipt SET amount_cents = amount_cents - 1 WHERE line_id = %s", line.pk)
    assert names == {(line.account_id, K.CREDIT), (held, K.SAFEGUARDED)}


def test_a_refund_changed_or_gone_is_named_on_its_line_and_on_the_bank_account(world):
    refund = world.given_back
    held = account_of(K.SAFEGUARDED, None, purse=refund.line.account.purse_id).pk
    both = {(refund.line.account_id, K.CREDIT), (held, K.SAFEGUARDED)}
    for change in ("UPDATE funders_refund SET amount_cents = amount_cents - 1 WHERE id = %s",
                   "DELETE FROM funders_refund WHERE id = %s"):  # fmt: skip
        names, _ = named(change, refund.pk)
        assert names == both
    with acting(OPERATOR):
        moved = Transfer.objects.get(event=refund.pk)
    names, _ = named("DELETE FROM ledger_transfer WHERE id = %s", moved.pk)
    assert both <= names


def test_a_bank_statement_that_says_otherwise_is_named(world):
    with acting(OPERATOR):
        stated = BankBalance.objects.order_by("-as_of", "id").first()
        held = Account.objects.get(purse_id=stated.purse_id, kind=K.SAFEGUARDED).pk
    names, _ = named("UPDATE ledger_bankbalance SET balance_cents = balance_cents + 1 WHERE id = %s", stated.pk)
    assert names == {(held, K.SAFEGUARDED)}


def test_a_bank_statement_not_confirmed_counts_for_nothing(world):
    with acting(OPERATOR):
        stated = BankBalance.objects.order_by("-as_of", "id").first()
    names, _ = named(
        "INSERT INTO ledger_bankbalance (id, purse_id, funder_id, as_of, balance_cents, reference, entered_by,"
        " entered_at) SELECT gen_random_uuid(), purse_id, funder_id, now(), 1, 'X', entered_by, now()"
        " FROM ledger_bankbalance WHERE id = %s",
        stated.pk,
    )
    assert names == set()


@pytest.mark.parametrize("kind", ["issue", "redeem", "void", "expire", "funds_received", "funds_collected", "refund",
                                  "payout_sent", "payout_settled", "payout_rejected", "fee", "fee_vat",
                                  "fees_swept"])  # fmt: skip
def test_a_transfers_amount_changed_is_named_on_one_of_its_accounts(world, kind):
    with acting(OPERATOR):
        moved = Transfer.objects.filter(kind=kind).select_related("debit", "credit").order_by("-id").first()
    if moved is None:
        assert kind == "fee_vat"  # VAT on fees is 0 when the rate in force is
        return
    names, _ = named("UPDATE ledger_transfer SET amount_cents = amount_cents + 1 WHERE id = %s", moved.pk)
    assert names & {(moved.debit_id, moved.debit.kind), (moved.credit_id, moved.credit.kind)}


@pytest.mark.parametrize(
    "kind", ["issue", "redeem", "void", "expire", "funds_received", "payout_settled", "fees_swept"]
)
def test_a_transfer_that_disappears_is_named(world, kind):
    with acting(OPERATOR):
        moved = Transfer.objects.filter(kind=kind).select_related("debit", "credit").order_by("-id").first()
    names, _ = named(
        "WITH gone AS (DELETE FROM ledger_transfer WHERE reverses_id = %s)"
        " DELETE FROM ledger_transfer WHERE id = %s", moved.pk, moved.pk,
    )  # fmt: skip
    assert names & {(moved.debit_id, moved.debit.kind), (moved.credit_id, moved.credit.kind)}


def test_a_sweep_forged_beside_the_services_is_named(world):
    """With the triggers off, as here: while they are on, no transfer takes more than is due (test_transfers.py)."""
    with acting(OPERATOR):
        due = Account.objects.filter(kind=K.FEES_DUE).order_by("id").first()
    names, _ = named(
        "INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id,"
        " accounted_at) SELECT purse_id, %s, id, 5700, 'fees_swept', gen_random_uuid(), funder_id, now()"
        " FROM ledger_account WHERE purse_id = %s AND kind = 'safeguarded'", due.pk, due.purse_id,
    )  # fmt: skip
    assert (due.pk, K.FEES_DUE) in names


def test_a_closing_does_not_hide_a_row_changed_after_it(world):
    with acting(OPERATOR):
        moved = Transfer.objects.filter(kind="issue").order_by("id").first()
    with as_owner() as cursor:
        cursor.execute(
            "INSERT INTO ledger_closing (account_id, horizon, balance_cents, closed_at, funder_id)"
            " SELECT id, 9000000000000000000, ledger_balance(id), now(), funder_id FROM ledger_account"
        )
        assert compare()[1] == []
        cursor.execute("UPDATE ledger_transfer SET amount_cents = amount_cents + 1 WHERE id = %s", [moved.pk])
        differences = compare()[1]
    assert {one.by for one in differences} >= {CLOSING}
    assert moved.credit_id in {one.account.pk for one in differences if one.account and one.by != CLOSING}


def test_a_bound_moved_alone_is_named(world):
    names, differences = named(
        "UPDATE ledger_account SET guarded_cents = guarded_cents + 1 WHERE id = %s", world.batch.line.account_id
    )
    assert names == {(world.batch.line.account_id, K.CREDIT)}
    assert [one.by for one in differences] == [GUARD]
    purse = world.purses()[0]
    names, differences = named("UPDATE ledger_purse SET available_cents = available_cents + 1 WHERE id = %s", purse.pk)
    assert names == {(purse.pk, "purse")}
    assert [one.by for one in differences] == [AVAILABLE]


def test_one_snapshot_serves_the_whole_proof(world):
    """The nightly run reads at one instant, whatever is redeemed meanwhile."""
    seen = []

    def look(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with as_system(), connections["default"].execute_wrapper(look):
        made, differences = prove()
    assert differences == []
    assert (
        next(sql for sql in seen if "pg_type" not in sql and sql != "BEGIN")
        == "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    )
    with as_system():
        lines = ProofLine.objects.filter(proof=made)
        assert lines.exists()
        assert not [one for one in lines if one.difference_cents]
        assert made.accounts == Account.objects.count()


def test_the_alert_names_the_account_to_those_who_answer_for_the_money(fresh_database):
    world = build()
    with fresh_database.connect("owner") as owner:
        owner.execute(
            "UPDATE passes_pass SET state = 'blocked' WHERE id = %s", [world.batch.first_booklet + 1 << 4 | 10]
        )
    deliver_due()
    mail.outbox.clear()  # what the services mailed
    assert prove_nightly() == 0  # blocked still circulates
    deliver_due()
    assert mail.outbox == []
    with fresh_database.connect("owner") as owner:
        owner.execute(
            "UPDATE passes_pass SET state = 'replaced' WHERE id = %s", [world.batch.first_booklet + 1 << 4 | 10]
        )
    assert prove_nightly() == 1
    with as_system():
        assert Proof.objects.first().differences == 1
        assert [one.label for one in ProofLine.objects.filter(proof=Proof.objects.first()) if one.difference_cents] == [
            f"En circulation · Cantonnement Fondation du Sud · {str(world.batch.uuid)[:8]} :"
            " pass ni utilisés, ni expirés, ni remplacés"
        ]
    deliver_due()
    assert {one.to[0] for one in mail.outbox} == {world.first.user.email, world.second.user.email}
    assert all("En circulation · Cantonnement Fondation du Sud" in one.body for one in mail.outbox)
    assert "10 €" in mail.outbox[0].body.replace("\xa0", " ").replace("\u202f", " ")
