"""`demo --json`: what it prints works against a real server, at every call."""

import json
import urllib.error
import urllib.request
import uuid
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from aptic.accounts.scopes import offered_to
from aptic.tenancy.principal import Hat
from tests.accounts.people import code_for

ABOUT_THE_PASS = [
    "already_redeemed", "not_active", "not_handed_out", "expired", "blocked", "service_not_covered",
    "site_not_covered", "territory_not_covered", "limit_reached",
]  # fmt: skip


@pytest.fixture
def fresh_database(demonstration):
    """The live site serves the story."""
    return demonstration


def printed(*arguments):
    out = StringIO()
    call_command("demo", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def redeem(site, device, code):
    request = urllib.request.Request(
        f"{site}/api/v1/redemptions/",
        data=json.dumps({"id": str(uuid.uuid4()), "code": code, "service": device["services"][0]}).encode(),
        headers={"Authorization": f"Bearer {device['token']}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_first_device_redeems_every_live_code_and_gets_each_refusal(live_site):
    content = printed("--codes", "25")
    device, codes = content["devices"][0], content["codes"]
    assert len(set(codes["live"])) == 25
    assert list(codes["refusals"]) == ABOUT_THE_PASS
    for code in codes["live"]:
        status, body = redeem(live_site, device, code)
        assert (status, body.get("service")) == (201, device["services"][0])
    for reason, code in codes["refusals"].items():
        status, body = redeem(live_site, device, code)
        assert body["code"] == reason
        assert status == (409 if reason == "already_redeemed" else 422)
    assert redeem(live_site, content["devices"][1], codes["live"][0])[1]["code"] == "already_redeemed"


def test_every_call_gives_fresh_codes_and_leaves_the_former_tokens_working(live_site):
    former, latter = printed("--codes", "12"), printed("--codes", "12")
    assert not set(former["codes"]["live"]) & set(latter["codes"]["live"])
    for content in (former, latter):
        device = content["devices"][0]
        assert redeem(live_site, device, content["codes"]["live"][0])[0] == 201
        for reason, code in content["codes"]["refusals"].items():
            assert redeem(live_site, device, code)[1]["code"] == reason


def test_more_codes_than_the_stock_holds_are_ordered_and_issued(demonstration):
    codes = printed("--codes", "700")["codes"]["live"]
    assert len(set(codes)) == 700


def test_sixty_codes_when_nobody_says_how_many(demonstration):
    content = printed()
    assert len(content["codes"]["live"]) == 60
    assert content["base_url"].startswith("http")
    kinds = {"operator": Hat.OPERATOR, "funder": Hat.FUNDER, "actor": Hat.ACTOR}
    assert len(content["api_keys"]) == sum(bool(offered_to(hat)) for hat in kinds.values())
    for key in content["api_keys"]:
        assert key.keys() == {"organisation", "scopes", "token"}
        assert key["scopes"]


def test_everybody_logs_in_with_what_is_printed(demonstration):
    spaces = set()
    for login in printed("--codes", "1")["logins"]:
        client = Client()
        answer = client.post("/compte/login/", {"login": login["email"], "password": login["password"]})
        assert answer.status_code == 302, login
        if "totp_secret" in login:
            assert "authenticate" in answer["Location"]
            answer = client.post(answer["Location"], {"code": code_for(login["totp_secret"])})
            assert answer.status_code == 302, answer.content
        assert "_auth_user_id" in client.session
        spaces.add(login["space"])
        cache.clear()  # not what is tested: the limit of log-ins per address
    assert spaces == {"operateur", "commanditaire", "aiguilleur", "acteur", "tete-de-reseau"}


def test_text_for_people_names_every_login(demonstration):
    out = StringIO()
    call_command("demo", "--codes", "1", stdout=out)
    assert "claire.bonnet@operateur.example" in out.getvalue()
    assert "already_redeemed" in out.getvalue()
