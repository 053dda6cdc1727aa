"""Every address of every space, called by a member of one world with its own ids and with the other world's (§4.9)."""

import itertools
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from aptic.accounts.rules import SPACES
from aptic.context import Page
from aptic.tenancy.principal import Hat
from impact.urls import _trace
from tests.actors.money import Scheme
from tests.documents.test_download import let_go
from tests.factories import make_funder, make_operator
from tests.tenant_world import Address, Side, addresses_of, fits, likely_first, logged_in, make_side
from tests.test_tenants import PUBLIC

FOUND = (200, 302, 409, 410, 422)  # it exists; whether its state allows the rest is not the question here
ONLY_FORMS = 405  # and is tried by one
HIDDEN = (403, 404, ONLY_FORMS)
OURS, THEIRS = "Farfelu", "Zorglub"

# Addresses that this world cannot reach with any id of its own, and why.
NOT_REACHED: dict[str, str] = {
    "counter_knowledge": "for paired devices, never for people: tests/passes/test_knowledge.py",
    "funder_territory": "a territory is nobody’s: official geography, tests/impact/test_territory_pages.py",
    "counter_shell": "for paired devices, never for people: tests/passes/test_counter_app.py",
    "counter_session_shell": "the same in a session: tests/passes/test_counter_app.py",
}
# What can be followed and is a tenant's own, by its table; sites and actors are public.
TRACED = {
    "funder": "tenancy_organisation",
    "campaign": "funders_campaign",
    "line": "funders_fundingline",
    "batch": "passes_batch",
    "booklet": "passes_booklet",
    "pass": "passes_pass",
    "redemption": "passes_redemption",
    "payout": "actors_payout",
    "settlement": "actors_settlement",
    "transfer": "ledger_transfer",
}
HATS = (Hat.FUNDER, Hat.DISTRIBUTOR, Hat.ACTOR, Hat.HUB)
ROOTS = {hat: (f"{SPACES[hat].root}/<uuid:organisation>/",) for hat in HATS}
ROOTS[Hat.ACTOR] += ("guichet/<uuid:organisation>/",)


@pytest.fixture
def sides(db: None, settings: Any, tmp_path: Path) -> tuple[Side, Side]:
    settings.MEDIA_ROOT = tmp_path
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic cantonnement", "FR1420041010050500013M02606"
    settings.DEBTOR_BIC = "PSSTFRPPPAR"
    scheme = Scheme()
    return make_side(OURS, scheme), make_side(THEIRS, scheme)


def own_way(client: Client, address: Address, organisation: Any, ours: Side) -> tuple[dict[str, Any], str] | None:
    """Values with which the address opens something of one's own, and the table of the last one."""
    holes = address.holes
    choices = []
    for converter, name in holes:
        if converter == "trace_kind":
            choices.append([("", kind) for kind in kinds()])
        elif name == "site":
            choices.append([("actors_site", ours.till.site.pk)])
        elif name == "distributor":
            choices.append([("tenancy_organisation", key) for key in ours.ids["tenancy_organisation"]])
        else:
            choices.append([(table, key) for table, key in likely_first(address, ours.ids) if fits(converter, key)])
    for combination in itertools.product(*choices):
        values = {name: value for (_, name), (_, value) in zip(holes, combination, strict=True)}
        answer = client.get(address.fill(organisation=organisation, **values))
        if answer.status_code in FOUND:
            assert_ours_only(answer, address)
            return values, combination[-1][0] if combination else ""
        if answer.status_code == ONLY_FORMS:
            return None  # whatever the id
    return None


def kinds() -> list[str]:
    return sorted(_trace.KINDS)


def assert_ours_only(answer: Any, address: Address) -> None:
    if answer.context is not None and "page" in answer.context:
        assert isinstance(answer.context["page"], Page), f"{address.name} has lost its menu"
    if answer.status_code == 200 and not answer.streaming:
        assert THEIRS.encode() not in answer.content, f"{address.name} shows the other world"
    if answer.streaming:
        assert THEIRS.encode() not in b"".join(answer.streaming_content), address.name


def test_every_address_opens_the_own_and_hides_the_others(sides):
    unreached: list[str] = []
    leaks: list[str] = []
    for hat in ROOTS:
        walk(*sides, hat, unreached, leaks)
    assert not leaks, "\n".join(leaks)
    assert sorted(unreached) == sorted(NOT_REACHED)


def walk(ours: Side, theirs: Side, hat: Hat, unreached: list[str], leaks: list[str]) -> None:
    """Note the addresses of one space that open nothing of one's own, or something of the others'."""
    client = logged_in(ours.members[hat])
    own, other = ours.members[hat].organisation.pk, theirs.members[hat].organisation.pk
    for address in (each for root in ROOTS[hat] for each in addresses_of(root)):
        way = own_way(client, address, own, ours)
        unread = client.get(address.fill(organisation=own, **nothing(address))).status_code == ONLY_FORMS
        if way is None and not unread:
            unreached.append(address.name)
        for verb in ("post",) if unread else ("get", "post"):
            call = getattr(client, verb)
            for values in others_ways(address, way, theirs):
                for organisation in (own, other) if values else (other,):
                    path = address.fill(organisation=organisation, **values)
                    answer = call(path)
                    if answer.status_code not in HIDDEN or THEIRS.encode() in getattr(answer, "content", b""):
                        leaks.append(f"{verb} {path} ({address.name}): {answer.status_code}")


def nothing(address: Address) -> dict[str, Any]:
    """Ids of nothing."""
    return {name: kinds()[0] if converter == "trace_kind" else uuid.uuid4() for converter, name in address.holes}


def others_ways(address: Address, way: tuple[dict[str, Any], str] | None, theirs: Side) -> list[dict[str, Any]]:
    """The other world's ids in the last hole (and its site in that of the site): of the right table if it is known."""
    if not address.holes:
        return [{}]
    if any(converter == "trace_kind" for converter, _ in address.holes):
        return [
            {"kind": word, "ref": key}
            for word, kind in _trace.KINDS.items()
            if kind in TRACED
            for key in theirs.ids[TRACED[kind]][:3]
        ]
    *_, (converter, name) = address.holes
    if name == "distributor":
        return []  # who distributes is public
    base = way[0] if way else nothing(address)
    if name == "site":
        return [{**base, "site": theirs.till.site.pk}]
    tables = [way[1]] if way else [table for table, keys in theirs.ids.items() if keys]
    keys = [key for table in tables for key in theirs.ids[table][:3] if fits(converter, key)]
    return [{**base, name: key} for key in keys]


ANY = {"uuid": uuid.UUID(int=7), "int": 1, "str": "33", "slug": "x"}


def test_every_address_of_the_operator_is_closed_to_others(db):
    """Whoever is no member finds no page, under the operator's id and under one's own, and no form takes anything."""
    operator, stranger = make_operator(), make_funder()
    client, tried, opened = logged_in(stranger), 0, []
    for address in addresses_of(f"{SPACES[Hat.OPERATOR].root}/<uuid:organisation>/"):
        values = {name: kinds()[0] if how == "trace_kind" else ANY[how] for how, name in address.holes}
        for organisation, call in itertools.product((operator, stranger), (client.get, client.post)):
            path = address.fill(organisation=organisation.organisation.pk, **values)
            assert resolve(path).url_name == address.name  # a page that is not there would prove nothing
            answer, tried = call(path), tried + 1
            if answer.status_code not in (404, ONLY_FORMS):
                opened.append(f"{path} ({address.name}): {answer.status_code}")
    assert not opened, "\n".join(opened)
    assert tried > 400


def test_addresses_without_an_organisation_hide_the_others(sides):
    """Documents and long work name no organisation: the person's memberships decide."""
    ours, theirs = sides
    for hat, member in ours.members.items():
        client = logged_in(member)
        for table, path in (("documents_document", "/documents/{}/"), ("jobs_job", "/travaux/{}/")):
            opened = []
            for key in ours.ids[table]:
                answer = client.get(path.format(key))
                let_go(answer)
                opened.append(answer.status_code)
            assert opened.count(200) >= 1, (hat, table, opened)
            for key in theirs.ids[table]:
                assert client.get(path.format(key)).status_code == 404
        for key in theirs.ids["jobs_job"]:
            assert client.post(f"/travaux/{key}/arreter/").status_code == 404
            assert client.post(f"/travaux/{key}/relancer/").status_code == 404


def test_the_api_hides_the_others(sides):
    """Keys of every hat and a device's token, on every address of the API, with the other's ids."""
    ours, theirs = sides
    tokens = {**{hat.value: key for hat, key in ours.keys.items()}, "device": ours.till.token}
    private = {table: keys for table, keys in theirs.ids.items() if table not in PUBLIC}
    their_ids = [str(key) for keys in private.values() for key in keys if len(str(key)) > 20]
    leaks = []
    for name, token in tokens.items():
        client = Client(headers={"Authorization": f"Bearer {token}"})
        for address in addresses_of("api/v1/"):
            ways = others_ways(address, None, replace(theirs, ids=private)) if address.holes else [{}]
            for values in ways:
                if any(converter == "str" for converter, _ in address.holes):
                    continue  # a code is a bearer's: whoever holds it gets the truth
                answer = client.get(address.fill(**values))
                body = b"" if answer.streaming else answer.content
                shown = THEIRS.encode() in body or (not values and any(key.encode() in body for key in their_ids))
                if shown or (values and answer.status_code not in (401, 403, 404, 405)):
                    leaks.append(f"{name}: {address.name} {answer.status_code}")
    assert not leaks, "\n".join(sorted(set(leaks)))
