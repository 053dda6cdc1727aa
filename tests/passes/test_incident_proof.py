"""The proof names the account when the row of an incident or of the guarantee is changed behind the services."""

import uuid

import pytest
from django.utils import timezone

from actors.settlement.prepare import prepare_settlement
from aptic.ledger.kinds import AccountKind as K
from aptic.tenancy.principal import Hat, acting
from passes.incidents.repaying import record_repayment
from passes.models import Incident, Redemption
from passes.void_requests import approve_void, request_void
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_member
from tests.ledger.test_proof import named
from tests.passes.conflicts import decide, differences, double_spend, fund_guarantee, incident
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.pg15
D = Incident.Decision


@pytest.fixture
def cases(fresh_database):
    """One incident that the guarantee paid, one repaid by bank and one whose repayment is awaited."""
    scheme, batch, till = Scheme(), make_batch(), make_till()
    fund_guarantee(scheme, 5000)
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    keys = [till.redeem(code_of(batch, position=position)).json()["id"] for position in (2, 3)]
    agent = make_member(till.site.actor, Hat.ACTOR, "agent")
    with acting(agent.principal):
        asked = [request_void(redemption=Redemption.objects.get(pk=key), reason="Erreur.") for key in keys]
    with acting(scheme.first):
        prepare_settlement(cutoff=timezone.now())
        repaid, awaited = (approve_void(request=one) for one in asked)
    decide(scheme, repaid, D.REPAID)
    with acting(scheme.first):
        record_repayment(incident=repaid, bank_reference="VIR 1")
    decide(scheme, awaited, D.REPAID)
    paid = decide(scheme, double_spend(make_till(), make_till(), batch), D.GUARANTEE)
    assert differences() == []
    return {"paid": paid, "repaid": incident(repaid.pk), "awaited": incident(awaited.pk)}


@pytest.mark.parametrize(
    ("which", "sql", "kinds"),
    [
        ("awaited", "value_cents = value_cents + 1", {K.CLAIM, K.PAYABLE}),
        ("awaited", "state = 'closed', closed_at = now(), bank_reference = 'X'", {K.CLAIM, K.SAFEGUARDED}),
        ("repaid", "state = 'awaiting', closed_at = NULL", {K.CLAIM, K.SAFEGUARDED}),
        ("repaid", "decision = 'retained'", {K.PAYABLE, K.SAFEGUARDED}),
        ("paid", "decision = 'site', note = 'X'", {K.GUARANTEE, K.SAFEGUARDED, K.PAYABLE}),
        ("paid", "value_cents = value_cents - 1", {K.GUARANTEE, K.SAFEGUARDED, K.PAYABLE}),
    ],
)
def test_an_incident_changed_is_named(cases, which, sql, kinds):
    names, _ = named(f"UPDATE passes_incident SET {sql} WHERE redemption_id = %s", cases[which].pk)
    assert {kind for _, kind in names} == kinds


def test_a_payment_into_the_guarantee_changed_or_forged_is_named(cases):
    names, _ = named("UPDATE ledger_guaranteefunding SET amount_cents = amount_cents + 1")
    assert {kind for _, kind in names} == {K.GUARANTEE, K.SAFEGUARDED}
    names, _ = named(
        "INSERT INTO ledger_guaranteefunding (id, amount_cents, bank_reference, received_on, entered_by, entered_at,"
        " confirmed_by, confirmed_at) SELECT %s, 100, 'FAUX', now(), entered_by, now(), confirmed_by, now()"
        " FROM ledger_guaranteefunding LIMIT 1",
        uuid.uuid4(),
    )
    assert {kind for _, kind in names} == {K.GUARANTEE, K.SAFEGUARDED}


@pytest.mark.parametrize("kind", ["incident_opened", "claim_repaid", "guarantee_paid", "guarantee_granted"])
def test_a_transfer_of_an_incident_that_disappears_is_named(cases, kind):
    names, _ = named("DELETE FROM ledger_transfer WHERE kind = %s", kind)
    assert names
