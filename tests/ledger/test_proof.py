"""The proof agrees with a world made by the services, and names the account when any source is changed."""

import pytest

from aptic.ledger.proof import compare
from aptic.tenancy.principal import as_system
from tests.impact.world import build


@pytest.fixture
def world(fresh_database):
    built = build()
    built.database = fresh_database
    return built


def test_proof_holds(world):
    with as_system():
        rows, differences = compare()
    assert [str(one) for one in differences] == []
