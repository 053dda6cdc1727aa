"""What a device may know for when its network goes: enough to refuse what is wrong, for its own site, and no more."""

import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from actors.models import Site
from actors.sites import close_site
from aptic.accounts import tokens
from aptic.accounts.devices import revoke_device
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from funders.models import Campaign
from passes import codes, issuance
from passes.blocking import block_booklet
from passes.models import Batch, Booklet, CampaignSite, Pass, Withheld
from tests.factories import OPERATOR, make_campaign, make_funder, make_member
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


def address(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/hors-ligne.json"


def known(tablet: Client, till: TestTill) -> dict[str, Any]:
    answer = tablet.get(address(till))
    assert answer.status_code == 200, answer.content
    return answer.json()


def terms_of(batch: Batch, known: dict[str, Any]) -> dict[str, Any] | None:
    return next((one for one in known["batches"] if one["id"] == batch.pk), None)


def test_the_terms_are_those_of_the_database_now(tablet, till):
    batch = make_batch(passes_per_day=3, services=[1, 2])
    later = batch.valid_until + timedelta(days=30)
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(valid_until=later, claim_until=later)
        services = batch.campaign.services
    found = terms_of(batch, known(tablet, till))
    assert found is not None
    assert 101 in found["services"], "what stands under a service comes with it"
    assert (found["value_cents"], found["services"], found["passes_per_day"]) == (1000, services, 3)
    assert (found["activated"], found["needs_hand_out"], found["time_zone"]) == (True, False, "Europe/Paris")
    assert timezone.datetime.fromisoformat(found["valid_until"]) == later


def test_a_batch_not_yet_paid_for_is_known_as_not_active(tablet, till):
    batch = make_batch(active=False)
    assert terms_of(batch, known(tablet, till))["activated"] is False
    with acting(OPERATOR):
        issuance.activate(batch=batch)
    assert terms_of(batch, known(tablet, till))["activated"] is True


def test_of_a_batch_that_pays_nothing_here_only_the_reason_is_told(tablet, till):
    funder = make_funder()
    elsewhere = make_batch(campaign=make_campaign(funder, territories=["departement:24"], needs_hand_out=False))
    chosen = make_campaign(funder, needs_hand_out=False)
    with acting(funder.principal):
        Campaign.objects.filter(pk=chosen.pk).update(restricts_sites=True)
    other_sites = make_batch(campaign=chosen)
    found = known(tablet, till)
    assert terms_of(elsewhere, found) == {"id": elsewhere.pk, "territories_match": False, "site_match": True}
    assert terms_of(other_sites, found) == {"id": other_sites.pk, "territories_match": True, "site_match": False}
    with acting(funder.principal):
        CampaignSite.objects.create(campaign=chosen, site=till.site, funder=funder.organisation)
    assert terms_of(other_sites, known(tablet, till))["site_match"] is True


def test_whom_the_booklets_say_to_call_and_who_near_here_takes_them_is_what_is_said_on_line(tablet, till):
    funder = make_funder()
    far = make_campaign(funder, territories=["epci:200070092"], needs_hand_out=False, contact_phone="0500000024")
    there, closed = (make_till(commune="33243").site for _ in range(2))
    with acting(OPERATOR):
        close_site(site=closed, reason="Travaux")
        Site.objects.filter(pk=there.pk).update(name="À Libourne")
    batches = [make_batch(campaign=far), make_batch(campaign=far)]
    here = make_batch()
    found = known(tablet, till)
    for batch in batches:
        told = terms_of(batch, found)
        assert found["calls"][told["call"]]["phone"] == "05\u00a000\u00a000\u00a000\u00a024"
        assert [found["places"][at]["name"] for at in told["near"]] == ["À Libourne"]
    assert len(found["calls"]) == 1
    assert "near" not in terms_of(here, found), "it is taken here"
    answer = till.redeem(code_of(batches[0])).json()
    assert answer["code"] == "territory_not_covered"
    assert (answer["call"]["name"], answer["call"]["phone"]) == (funder.organisation.name, "0500000024")
    assert [one["name"] for one in answer["nearest"]] == [place["name"] for place in found["places"]]


def test_fifty_operations_taken_elsewhere_stay_small_to_know(tablet, till):
    funder = make_funder()
    for number in range(50):
        make_till(commune="33243")
        campaign = make_campaign(
            funder, territories=["epci:200070092"], needs_hand_out=False, contact_phone=f"05000000{number:02}"
        )
        make_batch(campaign=campaign, booklets=1)
    body = tablet.get(address(till)).content
    assert len(json.loads(body)["calls"]) == 50
    assert len(json.loads(body)["places"]) == 3
    assert len(body) < 20_000
    assert len(gzip.compress(body)) < 4_000


def test_a_batch_whose_time_to_claim_is_past_is_gone(tablet, till):
    batch = make_batch()
    past = timezone.now() - timedelta(minutes=1)
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(
            valid_from=past - timedelta(days=9), valid_until=past, claim_until=past
        )
    assert terms_of(batch, known(tablet, till)) is None


def test_blocked_and_replaced_passes_are_named_and_redeemed_ones_are_not(tablet, till):
    batch = make_batch()
    till.redeem(code_of(batch, booklet=1))
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
        Pass.objects.filter(pk=(batch.first_booklet + 2) << 4 | 5).update(state=Pass.State.REPLACED)
    blocked = [batch.first_booklet << 4 | position for position in range(1, 11)]
    assert known(tablet, till)["blocked"] == [*blocked, (batch.first_booklet + 2) << 4 | 5]


def test_a_pass_that_is_blocked_no_more_is_named_no_more(tablet, till):
    batch = make_batch()
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
        Pass.objects.filter(booklet_id=batch.first_booklet).update(state=Pass.State.OPEN)
    assert known(tablet, till)["blocked"] == []


def test_a_closed_site_knows_that_it_may_not_redeem(tablet, till):
    assert known(tablet, till)["may_redeem"] is True
    with acting(OPERATOR):
        close_site(site=till.site, reason="Travaux")
    assert known(tablet, till)["may_redeem"] is False


def test_its_keys_prove_a_printed_pass(tablet, till):
    batch = make_batch()
    signed = codes.signed_url(
        batch.first_booklet << 4 | 1, batch.code_key, batch=batch.pk, value_cents=1000, ends_on=batch.ends_on
    )
    _, code, proof = signed.rsplit("/", 2)
    raw = codes._from_base32(proof)
    key = known(tablet, till)["keys"][str(raw[0])]
    Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key + "=")).verify(raw[10:], code.encode() + raw[:10])


def test_ceiling_and_services_of_the_site_come_first(tablet, till):
    with acting(OPERATOR):
        Site.objects.filter(pk=till.site.pk).update(services=[3])
    found = known(tablet, till)
    assert found["ceiling"] == {"cents": 20_000, "passes": 20, "hours": 72}
    assert (found["services"][0]["id"], found["services"][0]["here"]) == (3, True)
    assert not any(each["here"] for each in found["services"][1:])


def test_what_did_not_change_is_not_sent_again_but_the_clock_is(tablet, till):
    batch = make_batch()
    first = tablet.get(address(till))
    again = tablet.get(address(till), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first["Aptic-Instant"] < again["Aptic-Instant"]
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
    assert tablet.get(address(till), headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("batches", [1, 6])
def test_it_takes_a_fixed_number_of_statements(tablet, till, batches, django_assert_num_queries):
    for _ in range(batches):
        make_batch()
    with django_assert_num_queries(
        12
    ):  # device, site, who, ceiling, services, terms, operator, nobody; four savepoints
        known(tablet, till)


def test_only_the_sites_own_live_device_is_told(tablet, till, client):
    other = make_till()
    assert tablet.get(address(other)).status_code == 404
    person = make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    assert person.log_in(client).get(address(till)).status_code == 403
    assert Client().get(address(till)).status_code == 302
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        revoke_device(device=till.device)
    assert tablet.get(address(till)).status_code == 403


def test_the_function_answers_a_live_token_only_and_the_system_role_not_at_all(till):
    def ask(token: str) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM passes_knowledge(%s, now())", [tokens.digest(token)])
            return cursor.fetchall()

    assert len(ask(till.token)) == 1
    assert ask("apd_faux") == []
    with connection.cursor() as cursor:
        function = "passes_knowledge(bytea, timestamptz)"
        cursor.execute("SELECT has_function_privilege('aptic_system', %s, 'EXECUTE')", [function])
        assert cursor.fetchone() == (False,)


def test_nobody_who_serves_writes_the_list_of_withheld_passes():
    batch = make_batch()
    with acting(OPERATOR), pytest.raises(ProgrammingError), transaction.atomic():
        Withheld.objects.create(pass_id=batch.first_booklet << 4 | 1, batch=batch, funder_id=batch.funder_id)
