"""Measure every page of the network at national size: applications, caps, coverage, ratio, directory, an actor's space.

Each page is called through the whole project (middleware, door, view, template) by who it is for, with arguments that
vary, in this process: what the server needs to answer. `BENCH_PAGES=caps,home` takes those whose name has the words.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count, cycle, islice
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.urls import reverse

from aptic.accounts.second_factor import record_second_factor
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from benchmarks import country
from benchmarks.bed import Bed
from benchmarks.page_list import ACTOR, ANYBODY, APPLICANT, FUNDER, HUB, OPERATOR, PAGES, Page, gone, unlisted

CALLS, WARM = 40, 3
BOUND = {"directory": 100}  # ms, p95; 200 for the others
ONLY = [word for word in os.environ.get("BENCH_PAGES", "").split(",") if word]
Row = tuple[str, str, str, str]
Call = tuple[Client, str]

EARNERS = "SELECT id, rank FROM actor WHERE kind <> 'small' ORDER BY rank % 7, rank"
STRANGERS = "SELECT id, state FROM qualification_application WHERE kind = 'first' AND state IN ('draft', 'correction')"
# Columns are named as the holes of the address; each list is asked once, as the session that filled the country.
ROWS = {
    "application": "SELECT id AS pk FROM qualification_application WHERE state <> 'draft'",
    "submitted": "SELECT id AS pk FROM qualification_application WHERE state = 'submitted'",
    "appeal": "SELECT application_id AS pk FROM qualification_appeal WHERE decided_at IS NULL",
    "cap": "SELECT territory FROM qualification_cap",
    "crowded": "SELECT territory FROM qualification_cap WHERE territory ~ '^(region|departement):'",
    "waiting": "SELECT 'region:' || c.region_id AS territory, a.id AS pk FROM qualification_application a"
    " JOIN territories_commune c ON c.code = a.commune_id WHERE a.state = 'waiting'",
    "any_actor": "SELECT id AS pk FROM actor ORDER BY rank % 9 LIMIT 40",
    "idle": "SELECT q.actor_id AS pk, q.territory FROM qualification_qualification q JOIN actor a ON a.id = q.actor_id"
    " WHERE q.until IS NULL AND NOT EXISTS (SELECT FROM stand s WHERE s.key = q.territory AND s.actor_id = q.actor_id)",
    "itinerant": "SELECT DISTINCT site_id AS pk FROM qualification_round",
    "site": "SELECT id AS pk FROM actors_site WHERE open",
    "proposal": "SELECT id AS pk FROM actors_bankaccount WHERE approved_at IS NULL",
    "referential": "SELECT id AS pk FROM qualification_referential",
    "draft": "SELECT id AS pk FROM qualification_referential WHERE state = 'draft'",
    "section": "SELECT id AS pk, s ->> 'key' AS key FROM qualification_referential,"
    " jsonb_array_elements(content -> 'sections') s WHERE state = 'draft'",
    "home": "SELECT id AS pk, s ->> 'key' AS section FROM qualification_referential,"
    " jsonb_array_elements(content -> 'sections') s WHERE state = 'draft'",
    "question": "SELECT id AS pk, s ->> 'key' AS section, q ->> 'key' AS key FROM qualification_referential,"
    " jsonb_array_elements(content -> 'sections') s, jsonb_array_elements(s -> 'questions') q WHERE state = 'draft'",
    "text": "SELECT id AS pk FROM qualification_legaltext",
    "kind": "SELECT DISTINCT kind FROM qualification_legaltext",
    "territory": "SELECT territory FROM impact_coverage UNION ALL"
    " SELECT 'commune:' || code FROM territories_commune WHERE population > 9000",
    "change": "SELECT id AS pk FROM actors_sitechange",
    "upload": "SELECT id AS pk FROM actors_placeimport",
    "earner": "SELECT id AS organisation FROM earner",
    "own_site": "SELECT actor_id AS organisation, s.id AS pk FROM actors_site s JOIN earner e ON e.id = s.actor_id"
    " WHERE s.open",
    "own_itinerant": "SELECT DISTINCT actor_id AS organisation, site_id AS pk FROM qualification_round r"
    " JOIN earner e ON e.id = r.actor_id",
    "own_staff": "SELECT organisation_id AS organisation, m.id AS pk FROM accounts_membership m"
    " JOIN earner e ON e.id = m.organisation_id WHERE role = 'scanner'",
    "own_device": "SELECT organisation_id AS organisation, d.id AS pk FROM accounts_device d"
    " JOIN earner e ON e.id = d.organisation_id WHERE revoked_at IS NULL",
    "own_change": "SELECT actor_id AS organisation, c.id AS pk FROM actors_sitechange c"
    " JOIN earner e ON e.id = c.actor_id WHERE kind <> 'refused'",
    "hub": "SELECT id AS pk FROM tenancy_organisation WHERE is_hub",
    "hub_actor": "SELECT DISTINCT actor_id AS pk FROM actors_site s"
    " JOIN actors_actor a ON a.organisation_id = s.actor_id WHERE open AND state <> 'removed'"
    " AND 'region:11' = ANY(territories)",
    "task": "SELECT id AS pk FROM qualification_plantask",
    "remit": "SELECT id AS pk FROM qualification_remit",
    "remit_actor": "SELECT DISTINCT actor_id AS organisation FROM actors_site s JOIN earner e ON e.id = s.actor_id"
    " WHERE open AND 'region:11' = ANY(territories)",
    "remit_of_actor": "SELECT DISTINCT actor_id AS organisation, r.id AS pk FROM qualification_remit r, actors_site s"
    " JOIN earner e ON e.id = s.actor_id WHERE open AND 'region:11' = ANY(territories)",
    "own_application": "SELECT id AS pk FROM stranger",
    "own_place": "SELECT application_id AS pk, s.id AS site_id FROM qualification_applicationsite s"
    " JOIN stranger a ON a.id = s.application_id",
    "own_section": "SELECT a.id AS pk, s ->> 'key' AS section FROM stranger a, qualification_referential r,"
    " jsonb_array_elements(content -> 'sections') s WHERE r.state = 'published'",
    "own_refused": "SELECT id AS pk FROM qualification_application WHERE state = 'refused' AND kind = 'first'",
}


def measure(bed: Bed) -> list[Row]:
    """Rows of the table: (work, measured, at least, aim)."""
    if wrong := sorted(unlisted() | gone()):
        raise RuntimeError(f"benchmarks/page_list.py and the addresses differ: {', '.join(wrong)}")
    country.five_years(bed)
    people, floor = People(bed), _floor(bed)
    rows = [("a page’s floor: a session, a count and 25 rows in a bare view", floor.said(None), "", "")]
    for name, page in PAGES.items():
        if not ONLY or any(word in name for word in ONLY):
            found = _measure(bed, people.calls(name, page))
            rows.append((f"page {name}", found.said(floor), f"p95 {BOUND.get(name, 200)} ms", ""))
    return rows


@dataclass(frozen=True)
class Found:
    """What one page took: sorted milliseconds, milliseconds of processor per call, the most statements of a call."""

    taken: list[float]
    cpu: float
    queries: int

    def said(self, floor: "Found | None") -> str:
        """One cell of the table."""
        half, late = self.taken[len(self.taken) // 2], self.taken[int(len(self.taken) * 0.95)]
        ratio = f", {half / floor.taken[len(floor.taken) // 2]:.1f} × the floor" if floor else ""
        return f"p50 {half:.0f} ms, p95 {late:.0f} ms; {self.cpu:.0f} ms CPU, {self.queries} statements{ratio}"


def _measure(bed: Bed, calls: Iterator[Call]) -> Found:
    """Call it `CALLS` times, after a few that fill what is kept in memory."""
    for client, address in islice(calls, WARM):
        _get(client, address)
    taken, queries = [], []
    ready = list(islice(calls, CALLS))
    cpu = bed.postgres_cpu() + time.process_time()
    for client, address in ready:
        with _counted() as statements:
            start = time.perf_counter()
            _get(client, address)
            taken.append((time.perf_counter() - start) * 1000)
        queries.append(next(statements))
    cpu = (bed.postgres_cpu() + time.process_time() - cpu) / CALLS * 1000
    return Found(sorted(taken), cpu, max(queries))


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")


@contextmanager
def _counted() -> Iterator[Any]:
    """Counts statements: `next()` of what it gives is how many there were."""
    statements = count()

    def counting(execute: Any, *arguments: Any) -> Any:
        next(statements)
        return execute(*arguments)

    with connection.execute_wrapper(counting):
        yield statements


@dataclass
class People:
    """Who calls: sessions are opened once, before what is measured."""

    bed: Bed
    _clients: dict[Any, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = country.session(self.bed)
        self.session.execute(f"CREATE TEMPORARY TABLE earner AS {EARNERS} LIMIT 43")
        self.session.execute(f"CREATE TEMPORARY TABLE stranger AS {STRANGERS} ORDER BY md5(id::text) LIMIT 43")
        self.operator = country.member(country.operator(), Hat.OPERATOR)
        funder = Organisation.objects.get(search_key="commanditaire national 0")
        self.funder = country.member(funder, Hat.FUNDER)
        self.hub = country.member(Organisation.objects.get(search_key="tete de reseau nationale"), Hat.HUB)
        self.own = {OPERATOR: self.operator, FUNDER: self.funder, HUB: self.hub}
        country.draft(self.operator)

    def calls(self, name: str, page: Page) -> Iterator[Call]:
        """(who, address), as many as one likes; every row and every question in turn."""
        rows, asked = cycle(self._rows(page)), cycle(page.asked)
        while True:
            values = dict(next(rows))
            if page.who in self.own:
                values["organisation"] = self.own[page.who].organisation_id
            yield self._client(page.who, values), reverse(name, kwargs=values) + next(asked)

    def _rows(self, page: Page) -> list[dict[str, Any]]:
        if not page.rows:
            return [{}]
        with self.session.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({ROWS[page.rows]}) found ORDER BY md5(found::text) LIMIT {CALLS + WARM}")
            names = [one.name for one in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not rows:
            raise RuntimeError(f"nothing to call with: {page.rows}")
        return rows

    def _client(self, who: str, values: dict[str, Any]) -> Client:
        if who == APPLICANT:
            return self._open(values["pk"], lambda: _by_link(values["pk"]))
        if who == ACTOR:
            return self._open(values["organisation"], lambda: _logged_in(self._manager(values["organisation"])))
        if who == ANYBODY:
            return self._open(who, _client)
        return self._open(who, lambda: _logged_in(self.own[who].person_id))

    def _manager(self, organisation: UUID) -> UUID:
        return self.session.execute("SELECT person FROM actor WHERE id = %s", [organisation]).fetchone()[0]

    def _open(self, key: Any, make: Any) -> Client:
        if key not in self._clients:
            self._clients[key] = make()
        return self._clients[key]


@cache
def _project() -> ClientHandler:
    """The whole project, once: each handler reads every static file when it first answers."""
    return ClientHandler(enforce_csrf_checks=False)


def _client() -> Client:
    client = Client(SERVER_NAME="localhost")
    client.handler = _project()
    return client


def _logged_in(person: UUID | None) -> Client:
    """A session with its second factor given."""
    client, user = _client(), get_user_model().objects.get(pk=person)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    record_second_factor(session, user, how="totp")
    session.save()
    return client


def _by_link(application: UUID) -> Client:
    from qualification import link

    client = _client()
    client.get(reverse("application_link", args=[link.sign(application)]))
    return client


def _floor(bed: Bed) -> Found:
    """The same database asked by a view with next to nothing around it."""
    with override_settings(
        ROOT_URLCONF="benchmarks.floor_page", MIDDLEWARE=["django.middleware.common.CommonMiddleware"]
    ):
        return _measure(bed, cycle([(Client(SERVER_NAME="localhost"), f"/?page={page}") for page in range(1, 30)]))
