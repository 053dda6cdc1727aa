"""Declaring a year of income: who may, when, how it is corrected, and that nobody else ever reads it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from actors.income import IncomeChanged, YearClosed, declare_income, last_of, versions_of
from actors.income_models import MAX_CENTS, IncomeDeclaration
from actors.income_rules import Kind
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from tests.actors.network import make_actor
from tests.factories import OPERATOR, make_funder, make_operator

pytestmark = pytest.mark.pg15
PARIS = ZoneInfo("Europe/Paris")
YEAR = 2025
NOON = datetime(2026, 5, 4, 12, tzinfo=PARIS)


@pytest.fixture
def actor(db):
    return make_actor()


def declare(member, *, year=YEAR, after=0, at=NOON, **amounts):
    with acting(member.principal):
        return declare_income(year=year, amounts={Kind(k): v for k, v in amounts.items()}, after=after, at=at)


def row(actor, **more):
    """A whole row, for those who would write it by hand."""
    cents = {f"{kind}_cents": 0 for kind in Kind}
    said = {"year": YEAR, "version": 1, "declared_at": NOON, "declared_by": actor.manager.user}
    return IncomeDeclaration(actor=actor.organisation, **{**cents, **said, **more})


# --- saying it -------------------------------------------------------------------------------------------------------


def test_a_year_is_declared_and_a_kind_left_out_brought_nothing(actor):
    declared = declare(actor.manager, training=1_234_56, other=10_00)
    assert (declared.year, declared.version, declared.total_cents) == (YEAR, 1, 1_244_56)
    assert declared.amounts[Kind.ROOMS] == 0
    assert declared.declared_by == actor.manager.user
    with acting(OPERATOR):
        (event,) = Event.objects.filter(object_type="actors.incomedeclaration")
    assert (event.verb, event.fields) == ("income_declared", ["amounts"]), "never how much"


def test_a_correction_is_a_new_version_and_the_former_stays(actor):
    finance = actor.member(Role.FINANCE)
    declare(actor.manager, training=100_00)
    declare(finance, training=90_00, after=1, at=NOON + timedelta(days=9))
    with acting(actor.manager.principal):
        assert last_of(YEAR).amounts[Kind.TRAINING] == 90_00
        versions = versions_of([YEAR, 2024])
        assert [one.version for one in versions[YEAR]] == [2, 1]
        assert [one.declared_by for one in versions[YEAR]] == [finance.user, actor.manager.user]
        assert versions[2024] == []
        assert [one.version for one in IncomeDeclaration.objects.in_force()] == [2]
    with acting(OPERATOR):
        verbs = (
            Event.objects.filter(object_type="actors.incomedeclaration").order_by("pk").values_list("verb", flat=True)
        )
        assert list(verbs) == ["income_declared", "income_corrected"]


def test_the_same_again_makes_no_version(actor):
    first = declare(actor.manager, rooms=5_00)
    assert declare(actor.manager, rooms=5_00, after=1) == first


@pytest.mark.parametrize("after", [0, 2])
def test_whoever_saw_another_version_is_told(actor, after):
    declare(actor.manager, rooms=5_00)
    with pytest.raises(IncomeChanged):
        declare(actor.manager, rooms=6_00, after=after)
    with acting(actor.manager.principal):
        assert last_of(YEAR).version == 1


def test_two_at_once_leave_one_version(actor, monkeypatch):
    declare(actor.manager, rooms=5_00)
    monkeypatch.setattr("actors.income.last_of", lambda year: None)  # it read before the other wrote
    with pytest.raises(IncomeChanged):
        declare(actor.manager, rooms=6_00)


def test_of_two_people_at_the_same_instant_one_is_told(fresh_database, together):
    actor = make_actor()
    people = [actor.manager, actor.member(Role.FINANCE)]
    results = together(2, lambda index: declare(people[index], rooms=index + 1))
    assert sorted(type(one).__name__ for one in results) == ["IncomeChanged", "IncomeDeclaration"]
    with acting(actor.manager.principal):
        assert IncomeDeclaration.objects.count() == 1


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        (datetime(2025, 12, 31, 23, 59, tzinfo=PARIS), False),
        (datetime(2026, 1, 1, 0, 1, tzinfo=PARIS), True),
        (datetime(2026, 12, 31, 23, 59, tzinfo=PARIS), True),
        (datetime(2027, 1, 1, 0, 1, tzinfo=PARIS), False),
    ],
)
def test_a_year_is_declared_during_the_next_one_in_paris(actor, at, open_):
    if open_:
        assert declare(actor.manager, at=at).version == 1
    else:
        with pytest.raises(YearClosed):
            declare(actor.manager, at=at)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SCANNER])
def test_other_roles_of_the_actor_declare_nothing(actor, role):
    with pytest.raises(NotAllowed):
        declare(actor.member(role))


def test_neither_the_operator_nor_a_funder_nor_a_key_declares(actor):
    key = Principal(hat=Hat.ACTOR, organisation_id=actor.organisation.pk, role=Role.MANAGER)
    for principal in (make_operator().principal, make_funder().principal, key):
        with acting(principal), pytest.raises(NotAllowed):
            declare_income(year=YEAR, amounts={}, at=NOON)


# --- alone -----------------------------------------------------------------------------------------------------------


def test_only_its_managers_and_finance_read_it(actor):
    """By the policies alone, without `visible_to`."""
    declare(actor.manager, rooms=5_00)
    for role in (Role.MANAGER, Role.FINANCE):
        with acting(actor.member(role).principal):
            assert IncomeDeclaration.objects.count() == 1, role
    neighbour = make_actor()
    nobody = [
        make_operator().principal, make_funder().principal, neighbour.manager.principal, Principal(),
        actor.member(Role.AGENT).principal, actor.member(Role.SCANNER).principal,
        Principal(hat=Hat.ACTOR, organisation_id=actor.organisation.pk),
        Principal(hat=Hat.ACTOR, organisation_id=actor.organisation.pk, site_id=actor.site.pk),
    ]  # fmt: skip
    for principal in nobody:
        with acting(principal):
            assert IncomeDeclaration.objects.count() == 0, principal
            assert not IncomeDeclaration.objects.visible_to(principal).exists()


def test_no_job_reads_it(fresh_database):
    actor = make_actor()
    declare(actor.manager, rooms=5_00)
    with as_system():
        assert IncomeDeclaration.objects.count() == 0
    with fresh_database.admin() as admin:
        assert admin.execute("SELECT count(*) FROM actors_incomedeclaration").fetchone() == (1,), "it was there"


def test_without_its_policies_others_would_read_it(fresh_database):
    """The trial can fail: security switched off, the operator reads the row at once."""
    actor = make_actor()
    declare(actor.manager, rooms=5_00)
    with fresh_database.admin() as admin:
        admin.execute("ALTER TABLE actors_incomedeclaration DISABLE ROW LEVEL SECURITY")
    with acting(OPERATOR):
        assert IncomeDeclaration.objects.count() == 1


# --- what PostgreSQL holds, broken on purpose ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({"rooms_cents": -1}, "income_rooms_sound"),
        ({"other_cents": MAX_CENTS + 1}, "income_other_sound"),
        ({"version": 0}, "income_version_counts"),
        ({"year": 2024}, "income_declared_in_time"),
        ({"year": 2026}, "income_declared_in_time"),
        ({"declared_at": datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC"))}, "income_declared_in_time"),
    ],
)
def test_a_row_that_cannot_be_is_refused(actor, more, broken):
    with acting(actor.manager.principal), pytest.raises(IntegrityError, match=broken):
        row(actor, **more).save(force_insert=True)


def test_a_version_is_written_once(actor):
    declare(actor.manager)
    with acting(actor.manager.principal), pytest.raises(IntegrityError, match="income_version_once"):
        row(actor, rooms_cents=1).save(force_insert=True)


@pytest.mark.parametrize("who", ["operator", "neighbour", "agent"])
def test_nobody_writes_it_for_the_actor(actor, who):
    principal = {
        "operator": lambda: make_operator().principal,
        "neighbour": lambda: make_actor().manager.principal,
        "agent": lambda: actor.member(Role.AGENT).principal,
    }[who]()
    with acting(principal), pytest.raises(ProgrammingError, match="row-level security"):
        row(actor).save(force_insert=True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE actors_incomedeclaration SET rooms_cents = 1",
        "DELETE FROM actors_incomedeclaration",
        "TRUNCATE actors_incomedeclaration",
    ],
)
def test_what_was_declared_is_neither_edited_nor_deleted(actor, sql):
    declare(actor.manager)
    with (
        acting(actor.manager.principal),
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_the_clock_of_the_page_is_the_present(actor):
    with acting(actor.manager.principal):
        declared = declare_income(year=timezone.localdate().year - 1, amounts={})
    assert abs(declared.declared_at - timezone.now()) < timedelta(minutes=1)
