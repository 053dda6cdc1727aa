"""GET /api/v1/sites/: an actor's own, a device's, all for the operator, the public directory for the others."""

from typing import Any

import pytest
from django.utils import timezone

from actors.models import Site
from aptic.tenancy.principal import Hat, acting
from aptic.vocabulary.models import Service
from tests.contract.document import Caller
from tests.factories import OPERATOR, make_api_key, make_distributor, make_funder, make_operator
from tests.passes.world import SLUG, TestTill, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def till() -> TestTill:
    return make_till()


def read(organisation: Any, hat: Hat) -> set[str]:
    return {line["id"] for line in Caller(make_api_key(organisation, hat, "sites:read")).all("sites/")}


def test_what_a_site_says(till: TestTill) -> None:
    with acting(OPERATOR):
        Site.objects.filter(pk=till.site.pk).update(services=[Service.objects.get(slug=SLUG).pk], hours="Le mardi")
    (line,) = Caller(make_api_key(till.site.actor, Hat.ACTOR, "sites:read")).all("sites/")
    assert line["services"] == [SLUG]
    assert line["commune"] == "33063"
    assert line["hours"] == "Le mardi"
    assert line["actor"] == str(till.site.actor_id)
    assert "email" not in line


def test_who_sees_which(till: TestTill) -> None:
    other, closed = make_till(), make_till(actor=till.site.actor)
    with acting(OPERATOR):
        Site.objects.filter(pk=closed.site.pk).update(open=False, closed_reason="travaux", closed_at=timezone.now())
    mine, theirs, shut = (str(one.site.pk) for one in (till, other, closed))
    assert read(till.site.actor, Hat.ACTOR) == {mine, shut}
    assert read(other.site.actor, Hat.ACTOR) == {theirs}
    assert read(make_operator().organisation, Hat.OPERATOR) == {mine, theirs, shut}
    assert read(make_funder().organisation, Hat.FUNDER) == {mine, theirs}
    assert read(make_distributor().organisation, Hat.DISTRIBUTOR) == {mine, theirs}
    assert [line["id"] for line in Caller(till.token).all("sites/")] == [mine]


def test_pages_at_a_fixed_price(till: TestTill, django_assert_num_queries: Any) -> None:
    for _ in range(4):
        make_till(actor=till.site.actor)
    key = Caller(make_api_key(till.site.actor, Hat.ACTOR, "sites:read"))
    assert len({line["id"] for line in key.all("sites/", page_size=2)}) == 5
    for size in (1, 5):
        with django_assert_num_queries(7):
            key.get("sites/", page_size=size)


def test_a_key_without_the_scope(till: TestTill) -> None:
    key = Caller(make_api_key(till.site.actor, Hat.ACTOR, "statements:read"))
    assert key.get("sites/").status_code == 403
