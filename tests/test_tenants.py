"""Two worlds in every table (design §4.9): nobody sees or writes a row of the other, by either of the two walls."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from funders.models import Campaign
from tests.planting import READERS, World, bare, describe, guarded, insert, made, plant, tenant_of

pytestmark = pytest.mark.pg15

# Tables whose rows everybody may read, and why. Writing them is on trial all the same.
PUBLIC = {
    "tenancy_organisation": "who takes part is public",
    "audit_head": "the head of the day is published",
    "ledger_proof": "that the books agree is shown to everybody",
    "actors_actor": "who is qualified is public",
    "actors_site": "the directory of sites is public",
    "qualification_cap": "how many places a territory has is public",
    "qualification_qualification": "who is qualified where is public",
    "qualification_cappolicy": "how caps are computed is public",
    "qualification_round": "where help goes on its rounds is public",
    "impact_thresholds": "what makes a territory operational is public",
    "impact_communeaccess": "how far help is from a commune is public",
    "impact_coverage": "how a territory is covered is public, its money rounded",
    "qualification_remit": "which hub reads which territory is public: whoever is read must know",
    "qualification_referential": "published questions are read by whoever applies; weights are elsewhere",
    "qualification_legaltext": "the charter and the terms are public once published",
    "impact_publication": "published figures, already suppressed",
    "actors_settlementcalendar": "the days on which actors are paid are told to each of them",
    "passes_offlineceiling": "how far a device may go without a network is the same for every counter",
}
OPERATOR = Principal(hat=Hat.OPERATOR)


@pytest.fixture
def worlds(fresh_database: Any) -> Iterator[tuple[World, World]]:
    ours, theirs = World("nous"), World("eux")
    with fresh_database.admin() as admin:
        bare(admin)
        plant(admin, ours)
        plant(admin, theirs)
    yield ours, theirs
    connection.close()


def tables() -> list[type[Model]]:
    return guarded()


def key(model: type[Model]) -> str:
    return f'"{model._meta.pk.column}"'


def seen(model: type[Model], keys: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE {key(model)} = ANY(%s)", [keys])
        return cursor.fetchone()[0]


def test_every_table_is_planted_and_every_reader_is_known(worlds):
    ours, theirs = worlds
    for model in tables():
        assert ours.keys[model._meta.db_table], model
        assert theirs.keys[model._meta.db_table], model
        tenant = tenant_of(model)
        unknown = {*tenant.readers, *tenant.writers} - {*READERS, "organisation_id"}
        assert not unknown, f"{model}: say in tests/planting.py whose {unknown} is"


def test_nobody_sees_a_row_of_the_other_world(worlds):
    ours, theirs = worlds
    leaks = []
    for name, principal in {**ours.principals(), "visitor": Principal()}.items():
        with acting(principal):
            for model in tables():
                table = model._meta.db_table
                if table not in PUBLIC and seen(model, theirs.keys[table]):
                    leaks.append(f"{name} sees {table}")
    assert leaks == []


def test_everybody_sees_their_own_rows_and_the_operator_sees_all(worlds):
    ours, theirs = worlds
    for model in tables():
        table, tenant = model._meta.db_table, tenant_of(model)
        readers = {READERS[column] for column in tenant.readers if column in READERS}
        for hat in readers:
            with acting(ours.principals()[hat]):
                assert seen(model, ours.keys[table]) == len(ours.keys[table]), f"{hat} misses {table}"
        with acting(OPERATOR):
            everything = 0 if tenant.private else 2 * len(ours.keys[table])
            assert seen(model, ours.keys[table] + theirs.keys[table]) == everything, table


def test_private_rows_are_for_the_named_roles_of_one_organisation(worlds):
    """Neither a job, nor a device, nor a key, nor the operator (even as that organisation's guest) reads one."""
    ours, _ = worlds
    private = [model for model in tables() if tenant_of(model).private]
    assert private
    for model in private:
        table, tenant = model._meta.db_table, tenant_of(model)
        own = ours.principals()[READERS[tenant.readers[0]]]
        others = (
            *(replace(own, role=role.value) for role in Role if role.value not in tenant.private),
            replace(own, role="", person_id=None),
            replace(own, role="", site_id=ours.site),
            replace(OPERATOR, role="manager", person_id=ours.person),
            replace(ours.principals()["hub"], role="manager"),
        )
        for principal in others:
            with acting(principal):
                assert seen(model, ours.keys[table]) == 0, (table, principal)
        with as_system():
            assert seen(model, ours.keys[table]) == 0, table
        for role in tenant.private:
            with acting(replace(own, role=role)):
                assert seen(model, ours.keys[table]) == len(ours.keys[table]), (table, role)


def test_public_tables_are_public_and_no_others(worlds):
    _, theirs = worlds
    with acting(Principal()):
        open_ones = {m._meta.db_table for m in tables() if seen(m, theirs.keys[m._meta.db_table])}
    assert open_ones == set(PUBLIC)


def test_nobody_changes_or_deletes_a_row_of_the_other_world(worlds):
    ours, theirs = worlds
    done = []
    for name, principal in ours.principals().items():
        with acting(principal):
            for model in tables():
                table, keys = model._meta.db_table, theirs.keys[model._meta.db_table]
                for verb, sql in (
                    ("changes", f"UPDATE {table} SET {key(model)} = {key(model)} WHERE {key(model)} = ANY(%s)"),
                    ("deletes", f"DELETE FROM {table} WHERE {key(model)} = ANY(%s)"),
                ):
                    if _rows(sql, keys):
                        done.append(f"{name} {verb} {table}")
                if _survivors(f"DELETE FROM {table}", model, theirs) != len(keys):
                    done.append(f"{name} empties {table}")
    assert done == []


def _rows(sql: str, keys: list[Any]) -> int:
    """How many rows the statement touched; 0 when PostgreSQL refused it. Nothing stays."""
    with connection.cursor() as cursor:
        return cursor.rowcount if _allowed(partial(cursor.execute, sql, [keys])) else 0


def _eyes(model: type[Model], world: World) -> Principal:
    """Who sees every row of a world: the operator, or where it may not, the rows' own manager."""
    tenant = tenant_of(model)
    return world.principals()[READERS[tenant.readers[0]]] if tenant.private else OPERATOR


def _survivors(sql: str, model: type[Model], theirs: World) -> int:
    """How many of the world's rows are left, for eyes that see them, after a statement without any condition."""
    keys = theirs.keys[model._meta.db_table]
    left = len(keys)

    def work() -> None:
        nonlocal left
        with connection.cursor() as cursor:
            cursor.execute(sql)
        with acting(_eyes(model, theirs)):
            left = seen(model, keys)

    _allowed(work)
    return left


def _allowed(work: Callable[[], Any]) -> bool:
    """Whether PostgreSQL lets it happen; what happened is undone. An error of another kind is the test's."""
    try:
        with transaction.atomic():
            work()
            transaction.set_rollback(True)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        return False
    return True


def test_nobody_adds_a_row_to_the_other_world(worlds):
    ours, theirs = worlds
    added = []
    for name, principal in {**ours.principals(), "visitor": Principal()}.items():
        with acting(principal), connection.cursor() as cursor:
            for model in tables():
                columns = describe(cursor, model._meta.db_table)
                for organisation in theirs.organisations.values():
                    row = made(columns, theirs, organisation)
                    if _allowed(partial(insert, cursor, model, row)):
                        added.append(f"{name} adds to {model._meta.db_table}")
    assert sorted(set(added)) == []


def test_the_first_wall_holds_alone(worlds):
    """`visible_to` has its own predicate: it hides the other world even from eyes that see all (the operator's)."""
    ours, theirs = worlds
    leaks, without = [], []
    for model in tables():
        table, tenant = model._meta.db_table, tenant_of(model)
        if table in PUBLIC or not tenant.readers:
            continue
        if not hasattr(model._default_manager, "visible_to"):
            without.append(table)
            continue
        for name, principal in {**ours.principals(), "visitor": Principal()}.items():
            with acting(_eyes(model, theirs)):
                rows = model._default_manager.visible_to(principal)
                if rows.filter(pk__in=theirs.keys[table]).exists():
                    leaks.append(f"{name} finds {table}")
    assert leaks == []
    assert without == []


def test_the_trial_can_fail(worlds, fresh_database):
    """A table whose security is switched off shows the other world at once."""
    ours, theirs = worlds
    with fresh_database.admin() as admin:
        admin.execute("ALTER TABLE funders_campaign DISABLE ROW LEVEL SECURITY")
    with acting(ours.principals()["funder"]):
        assert seen(Campaign, theirs.keys["funders_campaign"])
        assert _rows('UPDATE funders_campaign SET "id" = "id" WHERE "id" = ANY(%s)', theirs.keys["funders_campaign"])
        assert _survivors("DELETE FROM funders_campaign", Campaign, theirs) == 0
