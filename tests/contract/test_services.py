"""GET /api/v1/services/: the vocabulary, for any live token."""

from typing import Any

import pytest

from aptic.tenancy.principal import Hat
from aptic.vocabulary.models import Service
from tests.contract.document import Caller
from tests.factories import make_api_key, make_funder
from tests.passes.world import SLUG, make_till

pytestmark = pytest.mark.django_db


def test_any_token_reads_every_service_under_its_stable_name(django_assert_num_queries: Any) -> None:
    key = Caller(make_api_key(make_funder().organisation, Hat.FUNDER, "batches:read"))
    lines = key.all("services/", page_size=7)
    assert [line["id"] for line in lines] == list(
        Service.objects.order_by("position", "id").values_list("slug", flat=True)
    )
    finer = next(line for line in lines if line["parent"])
    assert finer["parent"] in {line["id"] for line in lines}
    assert SLUG in {line["id"] for line in Caller(make_till().token).all("services/")}
    with django_assert_num_queries(6):
        key.get("services/")


def test_a_service_it_names_is_one_that_redeems() -> None:
    till = make_till()
    named = Caller(till.token).all("services/")[0]["id"]
    answer = till.redeem("7Q2K9XM4T8WAVN3C", service=named)
    assert answer.json()["code"] == "unknown"  # the code is false, the service is not
