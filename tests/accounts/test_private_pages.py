"""No page of somebody logged in is kept by the browser: "Back" after the log-out of a shared desk shows nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat
from tests.factories import make_distributor, make_funder, make_member, make_operator
from tests.passes.world import make_till
from tests.test_consistency import addresses


@pytest.mark.parametrize("make", [make_operator, make_funder, make_distributor])
def test_what_stands_behind_a_log_in_is_not_kept(db, make):
    member = make()
    client, seen, kept = member.log_in(Client()), set(), set()
    for route, pattern in addresses():
        if not getattr(pattern.callback, "login_required", True) or pattern.name == "account_logout":
            continue
        if route.count("<") != route.count("<uuid:organisation>") or "(?P" in route:
            continue
        answer = client.get(reverse(pattern.name, args=[member.organisation.pk] * route.count("<")))
        if answer.status_code == 200:
            seen.add(pattern.name)
            if "no-store" not in answer.get("Cache-Control", ""):
                kept.add(route)
    assert {"profile", "account_email", "mfa_index"} <= seen
    assert any(name.endswith("_home") for name in seen)
    assert kept == set()


def test_at_the_counter_a_person_leaves_nothing_behind(db):
    site = make_till().site
    client = make_member(site.actor, Hat.ACTOR, Role.AGENT).log_in(Client())
    day = client.get(reverse("counter_day", args=[site.actor_id, site.pk]))
    assert (day.status_code, day["Cache-Control"]) == (200, "private, no-store")
