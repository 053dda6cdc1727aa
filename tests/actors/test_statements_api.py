"""GET /api/v1/statements/, one of them, and its lines: what an actor was paid, to the cent."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from actors.models import Payout
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from tests.actors.money import Scheme
from tests.contract.document import Caller
from tests.factories import OPERATOR, make_api_key, make_funder, make_operator
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def key(organisation: Organisation, hat: Hat) -> Caller:
    return Caller(make_api_key(organisation, hat, "statements:read"))


@pytest.fixture
def scheme() -> Scheme:
    return Scheme()


@pytest.fixture
def paid(scheme: Scheme) -> TestTill:
    """A till whose actor is paid for three passes, one more voided: five lines of two funders."""
    till, batch, other = make_till(), make_batch(), make_batch()
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    for position in (1, 2):
        assert till.redeem(code_of(batch, position=position)).status_code == 201
    undone = till.redeem(code_of(other, position=1)).json()["id"]
    assert till.post(f"redemptions/{undone}/void/").status_code == 201
    assert till.redeem(code_of(other, position=2)).status_code == 201
    scheme.prepare(timezone.now())
    return till


def test_an_actor_reads_its_statement_and_its_lines_add_up(paid: TestTill) -> None:
    actor = key(paid.site.actor, Hat.ACTOR)
    (statement,) = actor.all("statements/")
    assert statement["gross_cents"] == 3000
    assert statement["net_cents"] == 3000 - statement["fee_cents"] - statement["fee_vat_cents"]
    assert statement["iban_last4"] == "0189"
    assert statement["state"] == "prepared"
    assert actor.get(f"statements/{statement['id']}/").json() == statement
    lines = actor.all(f"statements/{statement['id']}/lines/", page_size=2)
    assert len(lines) == statement["lines_count"] == 5
    assert sum(line["amount_cents"] for line in lines) == statement["gross_cents"]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert [line["kind"] for line in lines].count("void") == 1
    assert all(len(line["pass"]) == 7 for line in lines)
    assert {line["site"] for line in lines} == {paid.site.name}
    assert len({line["funder"] for line in lines}) == 2
    assert "iban_sealed" not in str(statement)


def test_another_actor_and_a_funder_read_nothing_of_it(paid: TestTill) -> None:
    (statement,) = key(paid.site.actor, Hat.ACTOR).all("statements/")
    for stranger in (key(make_till().site.actor, Hat.ACTOR), key(make_funder().organisation, Hat.FUNDER)):
        assert stranger.all("statements/") == []
        assert stranger.get(f"statements/{statement['id']}/").status_code == 404
        assert stranger.get(f"statements/{statement['id']}/lines/").status_code == 404


def test_the_operator_reads_all(paid: TestTill) -> None:
    operator = key(make_operator().organisation, Hat.OPERATOR)
    (statement,) = operator.all("statements/")
    assert statement["actor"] == str(paid.site.actor_id)
    assert len(operator.all(f"statements/{statement['id']}/lines/")) == 5


def test_an_abandoned_payout_never_was(paid: TestTill) -> None:
    actor = key(paid.site.actor, Hat.ACTOR)
    (statement,) = actor.all("statements/")
    with acting(OPERATOR):
        Payout.objects.update(state=Payout.State.RELEASED)
    assert actor.all("statements/") == []
    assert actor.get(f"statements/{statement['id']}/").status_code == 404
    assert actor.get(f"statements/{statement['id']}/lines/").status_code == 404


def test_the_latest_first_and_pages_at_a_fixed_price(scheme: Scheme, django_assert_num_queries: Any) -> None:
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    for _ in range(3):
        scheme.redeem(purse, actor, times=2)
        scheme.prepare()
    caller = key(actor, Hat.ACTOR)
    found = caller.all("statements/", page_size=1)
    assert [one["cutoff"] for one in found] == sorted((one["cutoff"] for one in found), reverse=True)
    assert len(found) == 3
    for size in (1, 3):
        with django_assert_num_queries(6):
            caller.get("statements/", page_size=size)
    for size in (1, 2):
        with django_assert_num_queries(11):
            caller.get(f"statements/{found[0]['id']}/lines/", page_size=size)


def test_a_key_without_the_scope_and_an_unknown_statement(paid: TestTill) -> None:
    actor = Caller(make_api_key(paid.site.actor, Hat.ACTOR, "sites:read"))
    for path in ("statements/", f"statements/{uuid.uuid4()}/", f"statements/{uuid.uuid4()}/lines/"):
        assert actor.get(path).status_code == 403
    assert Caller(paid.token).get("statements/").status_code == 403
    assert key(paid.site.actor, Hat.ACTOR).get(f"statements/{uuid.uuid4()}/lines/").status_code == 404
