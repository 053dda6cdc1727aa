"""The house against its own rules: every address has a door, every table a policy, every name leads somewhere."""

import logging
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.db.models import Model
from django.template import TemplateSyntaxError, engines
from django.template.loader import get_template
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, SlugConverter, UUIDConverter

from aptic import context
from aptic.accounts.api import PrincipalAPIView
from aptic.celery import QUEUES, SCHEDULE, SYSTEM_QUEUE, app
from aptic.errors import DomainError
from aptic.logs import HideCodes
from aptic.tenancy.rls import Tenant

BASE = Path(settings.BASE_DIR)
APPS = ("aptic", "actors", "funders", "qualification", "passes", "impact")
SOURCES = [p for a in APPS for p in sorted((BASE / a).rglob("*.py")) if "migrations" not in p.parts]
TEMPLATES = sorted((BASE / "templates").rglob("*.*"))
DOORS = {"space", "public", "personal", "device", "till"}

# Views that no door of ours guards, and why.
WITHOUT_DOOR = {
    "aptic.running.views": "health and figures must answer when the database does not",
    "allauth.": "guards its own pages; those open to visitors are listed in `OPEN`",
    "drf_spectacular.": "the schema of the API is public and holds nothing of anybody",
}
OPEN = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_email_verification_sent",
    "account_reset_password", "account_confirm_login_code", "account_confirm_email", "account_reset_password_done",
    "account_reset_password_from_key_done", "account_reset_password_from_key", "mfa_authenticate",
    "mfa_login_webauthn",
}  # fmt: skip

# Tables without row-level security, and why.
WITHOUT_POLICY = {
    "auth_permission": "Django's, unused: our roles are in memberships",
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "django_content_type": "Django's: the names of the models",
    "django_migrations": "Django's: which version the tables are of",
    "django_session": "found by a secret key before anybody is known",
    "account_emailaddress": "log-in looks an address up before anybody is known",
    "account_emailconfirmation": "found by a secret key before anybody is known",
    "mfa_authenticator": "log-in reads it before anybody is known; its secrets are encrypted",
    "accounts_user": "log-in looks a person up before anybody is known; a person is no tenant's row",
    "territories_region": "official geography, public, read-only",
    "territories_departement": "official geography, public, read-only",
    "territories_epci": "official geography, public, read-only",
    "territories_commune": "official geography, public, read-only",
    "territories_searchterm": "official geography, public, read-only",
    "vocabulary_service": "the national standard, public, read-only",
    "tenancy_installation": "one row about the installation, read-only",
    "passes_serial": "one row: the next free booklet number",
}
# Rows that go with their parent, and why.
MAY_CASCADE = {
    "territories.SearchTerm.commune": "words to find a commune by, made again from it",
    "ledger.Closing.account": "a cache, rebuilt at will",
    "ledger.ProofLine.proof": "a part of its proof",
    "passes.CampaignSite.campaign": "a link, not a fact",
}
# Texts within an address that open nothing by themselves, and why; no number, id or slug does. Others are secrets.
NO_SECRET = {
    "kind": "one of a few words",
    "territory": "a code of official geography",
    "ref": "the id of what is followed, for whom its space shows it",
}
# Foreign keys from an app to one above it, and why; the app above writes them, and the one below knows no site.
GOES_UP = {
    "device_at_site": "a device stands at a site of its own organisation, and `Device.site_id` is any uuid below"
}
BY_DJANGO = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}
# Modules that may open the one door past row-level security.
SYSTEM_JOBS = {
    "aptic/tenancy/principal.py", "aptic/audit/tasks.py", "aptic/audit/management/commands/verify_seals.py",
    "aptic/ledger/tasks.py", "aptic/documents/tasks.py", "passes/tasks.py", "impact/tasks.py",
}  # fmt: skip


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project with its pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from addresses(pattern, route)


def foreign(view: Any) -> bool:
    return view.__module__.startswith(tuple(WITHOUT_DOOR))


def names() -> set[str]:
    return {str(pattern.name) for _, pattern in addresses() if pattern.name}


def tenants(model: type[Model]) -> list[Tenant]:
    return [each for each in model._meta.constraints if isinstance(each, Tenant)]


def models() -> list[type[Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]


@pytest.fixture
def rows(db: None) -> Any:
    """`rows(sql)`: what the catalogue answers."""

    def ask(sql: str, *params: Any) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchall()

    return ask


# --- addresses -------------------------------------------------------------------------------------------------


def test_every_address_has_a_door():
    def has_door(view: Any) -> bool:
        made_of = getattr(view, "cls", None) or getattr(view, "view_class", None)
        is_api = isinstance(made_of, type) and issubclass(made_of, PrincipalAPIView)
        return getattr(view, "door", "") in DOORS or is_api or foreign(view)

    assert [route for route, pattern in addresses() if not has_door(pattern.callback)] == []


def test_only_what_says_so_is_open_without_log_in():
    closed = {p.name for _, p in addresses() if foreign(p.callback) and getattr(p.callback, "login_required", True)}
    opened = {p.name for _, p in addresses() if p.callback.__module__.startswith("allauth.")} - closed
    assert opened == OPEN
    for route, pattern in addresses():
        if getattr(pattern.callback, "door", "") in {"space", "personal"}:
            assert getattr(pattern.callback, "login_required", True), route


def test_only_bearer_tokens_do_without_csrf():
    exempt = [route for route, p in addresses() if getattr(p.callback, "csrf_exempt", False)]
    assert all(route.startswith("api/v1/") for route in exempt), exempt


def test_no_address_is_written_twice():
    seen = [re.sub(r"<[^>]+>", "<>", route) for route, _ in addresses()]
    assert sorted({route for route in seen if seen.count(route) > 1}) == []
    ours = [p.name for _, p in addresses() if not foreign(p.callback)]
    assert sorted({name for name in ours if ours.count(name) > 1}) == []


def _texts(pattern: URLPattern) -> set[str]:
    """What an address captures that may be any text; the prefixes it stands behind capture organisations only."""
    found = getattr(pattern.pattern, "converters", None) or dict.fromkeys(pattern.pattern.regex.groupindex)
    return {name for name, how in found.items() if not isinstance(how, IntConverter | UUIDConverter | SlugConverter)}


def test_no_log_keeps_the_secret_of_an_address():
    secret = "A" * 64
    seen = set()
    for route, pattern in addresses():
        if hidden := dict.fromkeys(_texts(pattern) - NO_SECRET.keys(), secret):
            seen.add(pattern.name)
            path = reverse(pattern.name, kwargs=hidden)
            record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Conflict: %s", (path,), None)
            HideCodes().filter(record)
            assert secret not in record.getMessage(), f"aptic/logs.py does not know {route}"
    assert {"pass_page", "accept_invitation", "pair_device", "account_reset_password_from_key"} <= seen


def test_a_space_carries_its_organisation():
    wrong = [
        route
        for route, pattern in addresses()
        if getattr(pattern.callback, "door", "") == "space" and "<uuid:organisation>" not in route
    ]
    assert wrong == []


def test_every_menu_leads_somewhere():
    known, broken = names(), []
    for key, each in context._spaces.items():
        for entry in (entry for group in each.groups for entry in group.entries):
            if entry.view.startswith("/"):
                continue
            if entry.view not in known:
                broken.append(f"{key}: {entry.view}")
                continue
            try:
                reverse(entry.view, kwargs={"organisation": "0b0e7a0e-0000-4000-8000-000000000000"})
            except NoReverseMatch:
                reverse(entry.view)
    assert broken == []


# --- templates ---------------------------------------------------------------------------------------------------

URL_TAG = re.compile(r"""{%\s*url\s+['"]([^'"]+)['"]""")
INCLUDED = re.compile(r"""{%\s*(?:include|extends)\s+['"]([^'"]+)['"]""")
STATIC = re.compile(r"""{%\s*static\s+['"]([^'"]+)['"]""")
REVERSED = re.compile(r"""(?:reverse|redirect)\(\s*['"]([a-z_]+)['"]""")


def test_every_template_compiles_and_finds_what_it_includes():
    for path in TEMPLATES:
        if path.suffix in (".html", ".txt", ".css"):
            try:
                get_template(str(path.relative_to(BASE / "templates")))
            except TemplateSyntaxError as error:
                pytest.fail(f"{path}: {error}")
            for name in INCLUDED.findall(path.read_text()):
                get_template(name)


def test_every_name_that_a_template_or_a_view_gives_is_an_address():
    known, broken = names(), []
    for path in [*TEMPLATES, *SOURCES]:
        text = path.read_text()
        for name in URL_TAG.findall(text) + (REVERSED.findall(text) if path.suffix == ".py" else []):
            if name not in known:
                broken.append(f"{path.relative_to(BASE)}: {name}")
    assert broken == []


def test_every_static_file_that_a_template_names_exists():
    broken = [
        f"{path.name}: {name}"
        for path in TEMPLATES
        for name in STATIC.findall(path.read_text())
        if not name.startswith("fonts/") and not finders.find(name)  # the typeface comes from npm at set-up
    ]
    assert broken == []


def test_every_template_is_used():
    texts = {path: path.read_text() for path in [*TEMPLATES, *SOURCES]}
    engine, catalogue = engines["django"].engine, (BASE / "docs" / "ui.md").read_text()

    def used(path: Path) -> bool:
        name = str(path.relative_to(BASE / "templates"))
        if name in {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"} or _overrides(engine, name):
            return True
        if name.startswith("mail/"):  # named by its stem: post_email(template="invitation")
            stem = Path(name).name.split(".")[0]
            wanted = [f'"{stem}"', f"mail/{stem}.", f'"mail/{stem}', f'f"{stem.rpartition("_")[0]}_{{']
        elif name.startswith("components/") and f"`{Path(name).stem}`" in catalogue:
            return True
        else:
            wanted = [name]
        return any(word in text for other, text in texts.items() if other != path for word in wanted)

    assert [str(path.relative_to(BASE)) for path in TEMPLATES if not used(path)] == []


def _overrides(engine: Any, name: str) -> bool:
    """True when an installed package has a template of this name, which ours takes the place of."""
    for loader in engine.template_loaders:
        for origin in loader.get_template_sources(name):
            if "site-packages" in str(origin.name) and Path(origin.name).is_file():
                return True
    return False


# --- tables ------------------------------------------------------------------------------------------------------


def test_every_table_has_a_policy_or_a_reason():
    missing = [m._meta.db_table for m in models() if not tenants(m) and m._meta.db_table not in WITHOUT_POLICY]
    assert missing == [], "give the model a `Tenant` constraint, or WITHOUT_POLICY its reason"
    known = {m._meta.db_table for m in models()} | {"django_migrations"}
    assert set(WITHOUT_POLICY) <= known, "a reason outlived its table"
    assert not [t for t in WITHOUT_POLICY if any(m._meta.db_table == t and tenants(m) for m in models())]


@pytest.mark.pg15
def test_the_database_agrees_with_the_models_about_policies(rows):
    enabled = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'")}
    assert enabled == {m._meta.db_table for m in models() if tenants(m)}
    tables = "relkind = 'r' AND relnamespace = 'public'::regnamespace"
    everything = {name for (name,) in rows(f"SELECT relname FROM pg_class WHERE {tables}")}
    assert everything == {m._meta.db_table for m in models()} | {"django_migrations"}


@pytest.mark.pg15
def test_only_the_system_role_reads_past_the_policies(rows):
    found = rows(
        """SELECT DISTINCT rolname FROM pg_policy, unnest(polroles) AS r(oid) JOIN pg_roles USING (oid)
           WHERE polpermissive"""
    )
    assert found == [("aptic_system",)]
    assert rows("SELECT relname FROM pg_class WHERE relforcerowsecurity") == []


@pytest.mark.pg15
def test_every_table_has_a_primary_key(rows):
    sql = """SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
             AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"""
    assert rows(sql) == []


APPEND_ONLY = sorted(m._meta.db_table for m in models() if any(t.append_only for t in tenants(m)))


def test_money_and_trail_are_append_only():
    assert {
        "ledger_transfer", "audit_event", "audit_seal", "audit_head", "passes_redemption", "passes_void",
        "funders_receipt", "passes_stockmove",
    } <= set(APPEND_ONLY)  # fmt: skip


@pytest.mark.pg15
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nobody_who_serves_may_change_an_append_only_table(rows, table):
    granted = rows(
        """SELECT r.role, p.privilege FROM unnest(ARRAY['aptic_app', 'aptic_system', 'public']) AS r(role),
           unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS p(privilege)
           WHERE has_table_privilege(r.role, %s, p.privilege)""",
        table,
    )
    assert granted == []
    assert not rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND has_column_privilege('aptic_app', attrelid, attnum, 'UPDATE')",
        table,
    )
    triggers = {name for (name,) in rows("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", table)}
    assert {name.rsplit("_", 2)[-2] for name in triggers if name.endswith(("_append_only", "_no_truncate"))} == {
        "append",
        "no",
    }


@pytest.mark.pg15
def test_nobody_who_serves_may_truncate_or_alter_anything(rows):
    sql = """SELECT relname, r.role, p.privilege FROM pg_class, unnest(ARRAY['aptic_app', 'aptic_system']) AS r(role),
             unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(privilege)
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
             AND has_table_privilege(r.role, pg_class.oid, p.privilege)"""
    assert rows(sql) == []
    assert rows("SELECT has_schema_privilege('aptic_app', 'public', 'CREATE')") == [(False,)]


@pytest.mark.pg15
def test_functions_of_the_owner_are_closed_and_know_where_they_look(rows):
    found = rows(
        """SELECT proname, coalesce(array_to_string(proconfig, ';'), ''),
                  has_function_privilege('public', oid, 'EXECUTE')
           FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"""
    )
    assert found
    for name, config, everybody in found:
        assert "search_path=public, pg_temp" in config or "search_path=pg_catalog" in config, name
        assert not everybody, name


def test_what_points_at_money_or_people_never_cascades():
    from django.db.models import CASCADE

    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in models()
        if model.__module__.split(".")[0] in APPS
        for field in model._meta.get_fields()
        if getattr(getattr(field, "remote_field", None), "on_delete", None) is CASCADE and not field.auto_created
    ]
    assert sorted(wrong) == sorted(MAY_CASCADE)


def layers() -> dict[str, int]:
    """How high each app stands: those of one line of the import-linter's contract stand at one height."""
    contracts = tomllib.loads((BASE / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (order,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    return {app.strip(): height for height, line in enumerate(reversed(order)) for app in line.split("|")}


def goes_down(child: str, parent: str) -> bool:
    """May a table of the app `child` refer to one of `parent`? To its own, and to what stands below it."""
    return child == parent or layers()[child] > layers()[parent]


def test_tables_know_what_stands_below_them_only():
    """Django's own relations, those without a constraint too."""
    ups = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in models()
        for field in model._meta.get_fields()
        if (field.many_to_one or field.one_to_one or field.many_to_many) and not field.auto_created
        and (child := _app(model)) in APPS and (parent := _app(field.related_model)) in APPS
        and not goes_down(child, parent)
    ]  # fmt: skip
    assert ups == []
    assert not goes_down("aptic", "passes")
    assert not goes_down("actors", "funders")


@pytest.mark.pg15
def test_foreign_keys_only_go_down(rows):
    """Those that migrations write by hand too."""
    of = {model._meta.db_table: _app(model) for model in models()}
    found = rows("SELECT conname, conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
                 " WHERE contype = 'f' AND connamespace = 'public'::regnamespace")  # fmt: skip
    ours = [(name, of[child], of[parent]) for name, child, parent in found if {of[child], of[parent]} <= set(APPS)]
    assert {name for name, child, parent in ours if not goes_down(child, parent)} == set(GOES_UP)
    assert {("passes", "actors"), ("passes", "funders"), ("funders", "aptic")} <= {one[1:] for one in ours}


def _app(model: type[Model]) -> str:
    return model.__module__.split(".")[0]


# --- work --------------------------------------------------------------------------------------------------------


def test_only_named_jobs_open_the_door_past_row_level_security():
    found = {
        str(p.relative_to(BASE)) for p in SOURCES if re.search(r"^\s*(with|def) .*as_system\(", p.read_text(), re.M)
    }
    assert found == SYSTEM_JOBS


def test_every_scheduled_task_exists_and_goes_to_a_queue_that_is_served():
    app.loader.import_default_modules()
    for name, entry in SCHEDULE.items():
        assert entry["task"] in app.tasks, name
        assert entry["options"]["queue"] in {*QUEUES, SYSTEM_QUEUE}, name


def test_refusals_have_a_code_with_one_status_and_a_whole_sentence():
    def every(root: type[DomainError]) -> Iterator[type[DomainError]]:
        for child in root.__subclasses__():
            if child.__module__.split(".")[0] in APPS:
                yield child
                yield from every(child)

    seen: dict[str, type[DomainError]] = {}
    for error in set(every(DomainError)):
        assert re.fullmatch(r"[a-z][a-z_]+", error.code), error
        if "message" in vars(error):
            assert error.message.endswith((".", "!", "?")), error
        if "code" in vars(error):
            other = seen.setdefault(error.code, error)
            assert other.status == error.status, f"{error} and {other}: one code, two statuses"


def test_every_setting_is_documented():
    text = (BASE / "docs" / "operations" / "settings.md").read_text()
    named = {
        name
        for path in SOURCES
        for name in re.findall(
            r"""(?:env\.\w+|environ\.get|environ)[(\[]\s*["']([A-Z][A-Z_]{3,})["']""", path.read_text()
        )
    }
    ignored = {"DJANGO_SETTINGS_MODULE", "PATH", "HOME", "MAKELEVEL"}  # the system's, not ours
    assert sorted(name for name in named - ignored if f"`{name}`" not in text) == []


def test_no_template_prints_what_it_was_given_as_markup():
    """Names and notes are people's own words: markup is made by `format_html`, and nothing else is believed."""
    found = [path.name for path in TEMPLATES if path.suffix == ".html"
             and re.search(r"\|\s*safe\b|autoescape off|safeseq", path.read_text())]  # fmt: skip
    assert found == []
