"""A pass limited to a territory is taken by a site whose round goes there, on line and off, for as long as it goes."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aptic.tenancy.principal import acting
from passes.balance import Scope, sites_for
from passes.models import Redemption
from qualification.models import Round
from tests.factories import OPERATOR
from tests.passes.world import TestTill, code_of, make_batch

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
LIBOURNE, LIBOURNAIS = "33243", "epci:200070092"


@pytest.fixture
def batch() -> Any:
    """Passes that only the sites of Libourne's intercommunalité take."""
    return make_batch(territories=[LIBOURNAIS])


def goes(till: TestTill) -> Round:
    """The till's site, in Bordeaux, declares that it goes to Libourne."""
    with acting(OPERATOR):
        return Round.objects.create(
            site=till.site, actor_id=till.site.actor_id, commune_id=LIBOURNE, declared_at=timezone.now()
        )


def known_off_line(tablet: Client, till: TestTill, batch: Any) -> bool:
    """May the counter take this batch without a network, as far as territories say?"""
    known = tablet.get(f"/guichet/{till.site.actor_id}/{till.site.pk}/hors-ligne.json").json()["batches"]
    return next(one["territories_match"] for one in known if one["id"] == batch.pk)


def listed(till: TestTill, batch: Any) -> bool:
    """Is the site among those that the citizen may go to?"""
    scope = Scope(batch.campaign_id, (), (LIBOURNAIS,), restricts_sites=False)
    with acting(OPERATOR):
        return sites_for(scope).filter(pk=till.site.pk).exists()


def test_a_round_brings_the_passes_of_where_it_goes(tablet: Client, till: TestTill, batch: Any) -> None:
    assert till.redeem(code_of(batch)).json()["code"] == "territory_not_covered"
    assert not known_off_line(tablet, till, batch)
    assert not listed(till, batch)
    goes(till)
    assert known_off_line(tablet, till, batch)
    assert listed(till, batch)
    assert till.redeem(code_of(batch)).status_code == 201


def test_a_round_that_ends_takes_them_away(tablet: Client, till: TestTill, batch: Any) -> None:
    there = goes(till)
    assert till.redeem(code_of(batch)).status_code == 201
    with acting(OPERATOR):
        there.delete()
    assert till.redeem(code_of(batch, position=2)).json()["code"] == "territory_not_covered"
    assert not known_off_line(tablet, till, batch)
    assert not listed(till, batch)


def test_what_support_reads_is_what_decided(till: TestTill, batch: Any) -> None:
    """Refused for another reason: the facts kept with the attempt say that the territory was right."""
    goes(till)
    code = code_of(batch)
    assert till.redeem(code).status_code == 201
    assert till.redeem(code).json()["code"] == "already_redeemed"
    with acting(OPERATOR):
        refused = Redemption.objects.exclude(outcome="accepted").get()
        assert refused.facts is not None
        assert refused.facts["territories_match"] is True
