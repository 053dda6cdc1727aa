"""GET /api/v1/batches/: a funder's own batches, all for the operator, page by page."""

from typing import Any

import pytest
from django.test import Client

from aptic.tenancy.principal import Hat, acting
from tests.contract.document import Caller
from tests.factories import OPERATOR, make_api_key, make_campaign, make_distributor, make_funder, make_operator
from tests.passes.world import make_batch

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def test_a_funder_reads_its_batches_and_no_other(client: Client) -> None:
    funder = make_funder()
    mine = make_batch(campaign=make_campaign(funder), booklets=2)
    make_batch()
    answer = Caller(make_api_key(funder.organisation, Hat.FUNDER, "batches:read")).get("batches/").json()
    assert [one["id"] for one in answer["results"]] == [str(mine.uuid)]
    (line,) = answer["results"]
    assert line["number"] == mine.pk
    with acting(OPERATOR):
        assert line["campaign_name"] == mine.campaign.name
        assert line["order"] == mine.order.number
    assert (line["booklets"], line["passes"], line["amount_cents"]) == (2, 20, 20_000)
    assert line["state"] == "issued"
    assert line["activated_at"]
    assert line["expired_at"] is None
    assert answer["next"] is answer["previous"] is None


def test_the_operator_reads_all(client: Client) -> None:
    batches = [make_batch(), make_batch()]
    token = make_api_key(make_operator().organisation, Hat.OPERATOR, "batches:read")
    assert {one["number"] for one in Caller(token).all("batches/")} == {batch.pk for batch in batches}


def test_pages_follow_each_other_both_ways_in_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    funder = make_funder()
    campaign = make_campaign(funder)
    numbers = [make_batch(campaign=campaign, booklets=1).pk for _ in range(5)]
    caller = Caller(make_api_key(funder.organisation, Hat.FUNDER, "batches:read"))
    assert [one["number"] for one in caller.all("batches/", page_size=2)] == numbers[::-1]
    with django_assert_num_queries(6):
        first = caller.get("batches/", page_size=2)
    with django_assert_num_queries(6):
        caller.get("batches/", page_size=5)
    second = caller.get(first.json()["next"])
    back = caller.get(second.json()["previous"])
    assert back.json()["results"] == first.json()["results"]


def test_a_key_without_the_scope_and_a_hat_without_batches() -> None:
    funder = make_funder()
    make_batch(campaign=make_campaign(funder))
    refused = Caller(make_api_key(funder.organisation, Hat.FUNDER, "sites:read")).get("batches/")
    assert refused.status_code == 403
    distributor = make_distributor().organisation
    assert Caller(make_api_key(distributor, Hat.DISTRIBUTOR, "batches:read")).all("batches/") == []
