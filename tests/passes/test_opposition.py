"""A lost booklet stops paying; an operation named for certain sites is used there and nowhere else."""

import pytest

from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting
from passes.blocking import block_booklet
from passes.coverage import restrict_to_sites
from passes.models import Booklet, Pass
from tests.factories import OPERATOR, make_funder
from tests.passes.world import code_of, in_circulation, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db


def test_a_blocked_booklet_is_refused_and_its_money_stays_in_circulation() -> None:
    batch, till = make_batch(booklets=2), make_till()
    assert till.redeem(code_of(batch, 0, 1)).status_code == 201
    with acting(OPERATOR):
        booklet = Booklet.objects.get(pk=batch.first_booklet)
        assert block_booklet(booklet=booklet) == 9
        assert block_booklet(booklet=booklet) == 0
    refused = till.redeem(code_of(batch, 0, 2))
    assert (refused.status_code, refused.json()["code"]) == (422, "blocked")
    assert one_pass(batch, 0, 1).state == Pass.State.REDEEMED
    assert till.redeem(code_of(batch, 1, 1)).status_code == 201
    assert in_circulation(batch) == 18 * 1000


def test_only_its_funder_or_the_operator_blocks_a_booklet() -> None:
    batch, stranger = make_batch(booklets=1), make_funder()
    with acting(OPERATOR):
        booklet = Booklet.objects.get(pk=batch.first_booklet)
    with acting(stranger.principal), pytest.raises(NotAllowed):
        block_booklet(booklet=booklet)
    with acting(Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="finance")), pytest.raises(NotAllowed):
        block_booklet(booklet=booklet)
    with acting(Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="agent")):
        assert block_booklet(booklet=booklet) == 10


def test_an_operation_for_certain_sites_is_refused_elsewhere() -> None:
    batch, named, other = make_batch(booklets=1), make_till(), make_till()
    with acting(Principal(hat=Hat.FUNDER, organisation_id=batch.funder_id, role="manager")):
        campaign = batch.campaign
        restrict_to_sites(campaign=campaign, sites=[named.site])
        restrict_to_sites(campaign=campaign, sites=[named.site])
    refused = other.redeem(code_of(batch, 0, 1))
    assert (refused.status_code, refused.json()["code"]) == (422, "site_not_covered")
    assert named.redeem(code_of(batch, 0, 2)).status_code == 201


def test_another_funder_names_no_site() -> None:
    batch, till, stranger = make_batch(booklets=1), make_till(), make_funder()
    with acting(OPERATOR):
        campaign = batch.campaign
    with acting(stranger.principal), pytest.raises(NotAllowed):
        restrict_to_sites(campaign=campaign, sites=[till.site])
