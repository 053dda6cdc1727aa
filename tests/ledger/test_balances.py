"""A balance costs what came after its closing, however long the account's history is, for whoever reads it."""

import uuid

import pytest
from django.db import connection

from aptic.ledger.balances import balance, close_books
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.kinds import TransferKind as T
from aptic.ledger.services import account, open_purse, post
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from tests.factories import OPERATOR
from tests.horizon import horizon_passes

pytestmark = pytest.mark.pg15
LINES = 40
READ = """
SELECT coalesce(sum(idx_tup_fetch), 0) + coalesce(sum(seq_tup_read), 0)
  FROM pg_stat_xact_user_tables WHERE relname = 'ledger_transfer'
"""


@pytest.fixture
def payable(fresh_database):
    """What forty redemptions made an actor owed, all of them below the horizon of its closing."""
    with acting(OPERATOR):
        funder = Organisation.objects.create(name="Commanditaire d’essai", is_funder=True)
        actor = Organisation.objects.create(name="Acteur d’essai", is_actor=True)
        purse = open_purse(funder=funder)
        safe, credit = account(purse=purse, kind=K.SAFEGUARDED), account(purse=purse, kind=K.CREDIT, about=uuid.uuid4())
        circulation = account(purse=purse, kind=K.CIRCULATION, about=uuid.uuid4())
        owed = account(purse=purse, kind=K.PAYABLE, about=actor.pk, actor_id=actor.pk)
        for kind, debit, to, cents in (
            (T.FUNDS_RECEIVED, safe, credit, LINES * 1000),
            (T.ISSUE, credit, circulation, LINES * 1000),
            *[(T.REDEEM, circulation, owed, 1000)] * LINES,
        ):
            post(kind=kind, debit=debit, credit=to, amount_cents=cents, event=uuid.uuid4())
    horizon_passes()
    with as_system():
        close_books()
    return owed


@pytest.mark.parametrize("who", ["actor", "funder", "operator"])
def test_the_policy_leaves_the_horizon_to_the_index(payable, who):
    principal = {
        "actor": Principal(hat=Hat.ACTOR, organisation_id=payable.actor_id),
        "funder": Principal(hat=Hat.FUNDER, organisation_id=payable.funder_id),
        "operator": OPERATOR,
    }[who]
    with acting(principal), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of a table so small the planner would read it whole
        cursor.execute(READ)
        before = cursor.fetchone()[0]
        assert balance(payable) == LINES * 1000
        cursor.execute(READ)
        assert cursor.fetchone()[0] == before
