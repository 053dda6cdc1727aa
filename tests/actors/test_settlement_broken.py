"""What may never be false about paying actors, broken on purpose: as the application, and as the tables' owner."""

import uuid
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from types import SimpleNamespace

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connections
from django.db.models import F
from django.utils import timezone

from actors.calendar_rules import Calendar, Rhythm
from actors.models import Claim, Payout, PayoutPurse, Settlement
from actors.settlement import errors
from actors.settlement.approve import approve_settlement
from actors.settlement.calendar import calendar
from actors.settlement.prepare import prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.errors import NotAllowed
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.models import Purse, Transfer
from aptic.ledger.services import account, post
from aptic.tenancy.principal import Hat, Principal, acting
from tests.actors.money import OPERATOR, Scheme, cents

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _debtor(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN, settings.DEBTOR_BIC = (
        "Aptic",
        "FR1420041010050500013M02606",
        "PSSTFRPPPAR",
    )
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scheme(fresh_database):
    return Scheme()


@pytest.fixture
def run(scheme):
    """A run that pays two actors."""
    purse = scheme.funder(cash=100_000)
    for _ in range(2):
        scheme.redeem(purse, scheme.actor(), times=2)
    return scheme.prepare()


@contextmanager
def refused(constraint):
    with pytest.raises((IntegrityError, psycopg.IntegrityError, psycopg.errors.RaiseException)) as caught:
        yield
    error = caught.value.__cause__ or caught.value
    assert constraint == error.diag.constraint_name


def as_owner(database, sql, *values):
    """One statement by the tables' owner, whom no policy and no grant stops."""
    with database.connect("owner") as connection:
        connection.execute(sql, values)


# --- nobody releases money alone --------------------------------------------------------------------------------


def test_who_prepared_cannot_approve_whoever_asks(run, scheme, fresh_database):
    with acting(scheme.first), pytest.raises(errors.AnotherPersonMustApprove):
        approve_settlement(settlement=run, digest=run.digest)
    approve = "UPDATE actors_settlement SET approved_by = prepared_by WHERE id = %s"
    with refused("settlement_two_people"):
        as_owner(fresh_database, approve, run.pk)
    with refused("settlement_two_people"), acting(scheme.first):
        Settlement.objects.update(approved_by=F("prepared_by"))


def test_who_approved_a_run_of_the_calendar_cannot_send_it_whoever_asks(scheme, fresh_database):
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor())
    with acting(Principal(hat=Hat.OPERATOR)):
        run = prepare_settlement(cutoff=timezone.now())
    scheme.approve(run)
    with acting(scheme.first):
        write_bank_file(settlement=run)
    with acting(scheme.second), pytest.raises(errors.AnotherPersonMustSend):
        mark_sent(settlement=run)
    send = "UPDATE actors_settlement SET state = 'sent', sent_at = now(), sent_by = approved_by WHERE id = %s"
    with refused("settlement_of_calendar_two_people"):
        as_owner(fresh_database, send, run.pk)
    with refused("settlement_of_calendar_two_people"), acting(scheme.second):
        Settlement.objects.update(sent_by=F("approved_by"))
    with acting(scheme.first):
        mark_sent(settlement=run)
        run.refresh_from_db()
    assert (run.approved_by, run.sent_by) == (scheme.second.person_id, scheme.first.person_id)


def test_who_approved_a_run_of_the_calendar_cannot_have_its_order_whoever_asks(scheme, fresh_database):
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor())
    with acting(Principal(hat=Hat.OPERATOR)):
        run = prepare_settlement(cutoff=timezone.now())
    scheme.approve(run)
    with acting(scheme.second), pytest.raises(errors.AnotherPersonMustSend):
        write_bank_file(settlement=run)
    with acting(scheme.first):
        order = write_bank_file(settlement=run)
    assert order.withheld_from == scheme.second.person_id
    for filed_by in ("approved_by", "NULL"):
        with refused("settlement_of_calendar_filed_by_another"):
            as_owner(fresh_database, f"UPDATE actors_settlement SET filed_by = {filed_by} WHERE id = %s", run.pk)
    with refused("settlement_of_calendar_filed_by_another"), acting(scheme.second):
        Settlement.objects.update(filed_by=F("approved_by"))
    with refused("document_withheld_from_another"):
        as_owner(fresh_database, "UPDATE documents_document SET created_by_id = withheld_from WHERE id = %s", order.pk)


def test_an_order_that_the_approver_had_made_before_this_rule_is_made_again_by_another(scheme, fresh_database):
    scheme.redeem(scheme.funder(cash=100_000), scheme.actor())
    with acting(Principal(hat=Hat.OPERATOR)):
        run = prepare_settlement(cutoff=timezone.now())
    scheme.approve(run)
    with acting(scheme.first):
        write_bank_file(settlement=run)
    with fresh_database.connect("owner") as owner:
        owner.execute("ALTER TABLE actors_settlement DROP CONSTRAINT settlement_of_calendar_filed_by_another")
        owner.execute("UPDATE documents_document SET created_by_id = withheld_from, withheld_from = NULL")
        owner.execute("UPDATE actors_settlement SET filed_by = NULL")
        owner.execute(import_module("actors.migrations.0015_calendar_orders_take_two_people").FILED)
    with acting(scheme.first):
        run.refresh_from_db()
        assert (run.bank_file, run.filed_by) == (None, None)
        assert write_bank_file(settlement=run).withheld_from == scheme.second.person_id


def test_who_approved_what_a_person_prepared_may_make_its_order(run, scheme):
    scheme.approve(run)
    with acting(scheme.second):
        assert write_bank_file(settlement=run).withheld_from is None
        mark_sent(settlement=run)


def test_a_run_is_not_sent_without_approval_or_file_whoever_asks(run, fresh_database):
    with refused("settlement_approved_before_sent"):
        as_owner(fresh_database, "UPDATE actors_settlement SET state = 'approved' WHERE id = %s", run.pk)
    with refused("settlement_sent_with_file"):
        as_owner(
            fresh_database, "UPDATE actors_settlement SET state = 'sent', approved_at = now() WHERE id = %s", run.pk
        )


def test_the_calendar_releases_nothing(run):
    with acting(Principal(hat=Hat.OPERATOR)):
        with pytest.raises(NotAllowed):
            approve_settlement(settlement=run, digest=run.digest)
        with pytest.raises(NotAllowed):
            write_bank_file(settlement=run)
        with pytest.raises(NotAllowed):
            mark_sent(settlement=run)


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ("", Calendar(Rhythm.WEEKLY, date(2024, 1, 1))),
        ("2", Calendar(Rhythm.WEEKLY, date(2024, 1, 3))),
        ("-1", Calendar(Rhythm.NEVER)),
    ],
)
def test_an_installation_keeps_the_weekday_of_its_environment(fresh_database, monkeypatch, chosen, kept):
    monkeypatch.setenv("APTIC_SETTLEMENT_WEEKDAY", chosen)
    with fresh_database.connect("owner") as owner:
        owner.execute("DELETE FROM actors_settlementcalendar")
    begin = import_module("actors.migrations.0016_settlement_calendar").begin
    begin(apps, SimpleNamespace(connection=connections["owner"]))
    assert calendar() == kept


# --- a line is claimed by one payout, one live run per cutoff -----------------------------------------------------


def test_a_line_is_claimed_once_whoever_asks(run, fresh_database):
    with acting(OPERATOR):
        line, other = Claim.objects.order_by("transfer_id").first(), PayoutPurse.objects.order_by("id").last()
        with refused("actors_claim_pkey"):
            Claim.objects.create(
                transfer_id=line.pk, share=other, actor=other.actor, funder=other.funder, signed_cents=1
            )
    again = "INSERT INTO actors_claim SELECT transfer_id, signed_cents, actor_id, funder_id, share_id FROM actors_claim"
    with refused("actors_claim_pkey"):
        as_owner(fresh_database, again)


def test_a_claim_is_a_true_line_whoever_asks(run, scheme, fresh_database):
    stranger = scheme.redeem(scheme.funder(cash=1), scheme.actor())[0]
    forged = """INSERT INTO actors_claim (transfer_id, share_id, actor_id, funder_id, signed_cents)
                SELECT %s, id, actor_id, funder_id, 1000 FROM actors_payoutpurse LIMIT 1"""
    with refused("claim_is_line"):
        as_owner(fresh_database, forged, stranger.pk)
    # A true line of the same actor and purse, added to a share that does not count it.
    with acting(OPERATOR):
        share = PayoutPurse.objects.select_related("purse", "actor").order_by("id").first()
    late = scheme.redeem(share.purse, share.actor)[0]
    with refused("share_is_sum"):
        as_owner(fresh_database, forged.replace("LIMIT 1", "WHERE id = %s"), late.pk, share.pk)


def test_a_claim_is_never_changed_and_leaves_only_with_its_payout(run, fresh_database):
    with acting(OPERATOR), pytest.raises(ProgrammingError, match="permission denied"):
        Claim.objects.update(signed_cents=1)
    with refused("claim_stays"), acting(OPERATOR):
        Claim.objects.all().delete()
    with refused("claim_stays"):
        as_owner(fresh_database, "DELETE FROM actors_claim")


def test_what_was_prepared_is_never_deleted(run):
    for model in (Settlement, Payout, PayoutPurse):
        with acting(OPERATOR), pytest.raises(ProgrammingError, match="permission denied"):
            model.objects.all()._raw_delete("default")


def test_one_live_run_per_cutoff_whoever_asks(run, scheme, fresh_database):
    with refused("one_live_settlement_per_cutoff"), acting(OPERATOR):
        Settlement.objects.create(number="R-autre", cutoff=run.cutoff)
    copy = """INSERT INTO actors_settlement (id, number, cutoff, state, fee_basis_points, vat_basis_points, digest,
                                             created_at)
              VALUES (gen_random_uuid(), 'R-autre', %s, 'preparing', 0, 0, '', now())"""
    with refused("one_live_settlement_per_cutoff"):
        as_owner(fresh_database, copy, run.cutoff)


# --- no purse pays for another ----------------------------------------------------------------------------------


def refund(purse, amount):
    """Money given back to a funder, at the worst moment: the value of a pass that was paid by mistake came back to its
    line and is held back from an actor whose run was approved before. What is owed is less than what the run pays."""
    with acting(OPERATOR):
        case, safe = uuid.uuid4(), account(purse=purse, kind=K.SAFEGUARDED)
        circulation, payable, credit = (purse.accounts.get(kind=kind) for kind in (K.CIRCULATION, K.PAYABLE, K.CREDIT))
        claim = account(purse=purse, kind=K.CLAIM, about=case)
        post(kind=T.INCIDENT_OPENED, debit=claim, credit=circulation, amount_cents=amount, event=case)
        post(kind=T.RECOVERED, debit=payable, credit=claim, amount_cents=amount, event=case)
        post(kind=T.EXPIRE, debit=circulation, credit=credit, amount_cents=amount, event=uuid.uuid4())
        post(kind=T.REFUND, debit=credit, credit=safe, amount_cents=amount, event=uuid.uuid4())


def test_a_run_whose_cash_is_gone_is_not_sent_at_all(scheme):
    poor, rich = scheme.funder(cash=2000, value=2000), scheme.funder(cash=100_000)
    actor = scheme.actor()
    scheme.redeem(poor, actor, times=2)
    scheme.redeem(rich, actor, times=2)
    run = scheme.approve(scheme.prepare())
    with acting(scheme.second):
        write_bank_file(settlement=run)
    refund(poor, 100)
    with acting(scheme.second), pytest.raises(errors.CashGone):
        mark_sent(settlement=run)
    with acting(OPERATOR):
        run.refresh_from_db()
        assert run.state == Settlement.State.APPROVED
        assert not Transfer.objects.filter(kind="payout_sent").exists()
        safe, credit = account(purse=poor, kind=K.SAFEGUARDED), poor.accounts.get(kind=K.CREDIT)
        post(kind=T.FUNDS_RECEIVED, debit=safe, credit=credit, amount_cents=100, event=uuid.uuid4())
    with acting(scheme.second):
        mark_sent(settlement=run)
    assert cents(rich, K.FEES_DUE) == cents(poor, K.FEES_DUE) == 80


def test_a_purse_never_falls_below_zero_whoever_asks(scheme, fresh_database):
    purse = scheme.funder(cash=1000)
    with refused("purse_pays_for_itself"):
        as_owner(fresh_database, "UPDATE ledger_purse SET available_cents = -1 WHERE id = %s", purse.pk)
    with acting(OPERATOR), pytest.raises(ProgrammingError, match="permission denied"):
        Purse.objects.filter(pk=purse.pk).update(available_cents=5_000_000)


# --- a payout says what the bank said ----------------------------------------------------------------------------


UNTRUE = {
    "net_cents = net_cents + 1": "payout_net",
    "gross_cents = 0, fee_cents = 0, fee_vat_cents = 0, net_cents = 0": "payout_positive",
    "state = 'sent'": "payout_sent_iff_dated",
    "sent_at = now()": "payout_sent_iff_dated",
    "settled_at = now()": "payout_answer_dated",
    "state = 'settled', sent_at = now()": "payout_answer_dated",
    "state = 'rejected', sent_at = now(), rejected_at = now()": "payout_answer_dated",
    "state = 'returned', sent_at = now(), rejected_at = now(), rejection_reason = 'clos'": "payout_answer_dated",
}


def test_a_payout_agrees_with_itself_whoever_asks(run, fresh_database):
    for change, constraint in UNTRUE.items():
        with refused(constraint):
            as_owner(fresh_database, f"UPDATE actors_payout SET {change}")


TAMPERED = {
    "actors_claim": "signed_cents = signed_cents + 1 WHERE transfer_id = (SELECT min(transfer_id) FROM actors_claim)",
    "actors_bankaccount": "iban_sealed = '\\x00'",
    "actors_payout": "gross_cents = gross_cents + 1, net_cents = net_cents + 1",
    "actors_payoutpurse": "gross_cents = gross_cents - 1, net_cents = net_cents - 1",
}


def test_the_digest_tells_what_the_owner_changed_between_two_people(run, scheme, fresh_database):
    for table, change in TAMPERED.items():
        as_owner(fresh_database, f"CREATE TABLE kept AS SELECT * FROM {table}")
        as_owner(fresh_database, f"UPDATE {table} SET {change}")
        with acting(scheme.second), pytest.raises(errors.ContentChanged):
            approve_settlement(settlement=run, digest=run.digest)
        key = "transfer_id" if table == "actors_claim" else "id"
        put_back = change.split(" WHERE ")[0].split(", ")
        columns = ", ".join(f"{name} = kept.{name}" for name in (one.split(" = ")[0] for one in put_back))
        as_owner(fresh_database, f"UPDATE {table} t SET {columns} FROM kept WHERE kept.{key} = t.{key}")
        as_owner(fresh_database, "DROP TABLE kept")
    scheme.approve(run)


def test_another_payee_of_the_same_bank_is_told_too(run, scheme, fresh_database):
    as_owner(
        fresh_database,
        """UPDATE actors_payout p SET bank_account_id = (
             SELECT id FROM actors_bankaccount b WHERE b.actor_id <> p.actor_id LIMIT 1)""",
    )
    with acting(scheme.second), pytest.raises(errors.ContentChanged):
        approve_settlement(settlement=run, digest=run.digest)


def test_a_payout_slipped_in_after_approval_stops_the_file(run, scheme, fresh_database):
    scheme.approve(run)
    stranger = scheme.actor()
    as_owner(
        fresh_database,
        """INSERT INTO actors_payout (
             id, settlement_id, actor_id, bank_account_id, cutoff, state, gross_cents, fee_cents, fee_vat_cents,
             net_cents, lines_count, end_to_end_id, bank_reference, rejection_reason)
           SELECT gen_random_uuid(), %s, actor_id, id, now(), 'prepared', 5, 0, 0, 5, 0, 'R-glisse', '', ''
             FROM actors_bankaccount WHERE actor_id = %s""",
        run.pk,
        stranger.pk,
    )
    with acting(scheme.second), pytest.raises(errors.ContentChanged):
        write_bank_file(settlement=run)
