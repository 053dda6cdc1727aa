"""The scheme at national size, written straight into the database: 3,000 actors and 9,000 sites of the whole country,
five years of passes, nine thousand applications, caps at every level. Sizes may be lowered for a first look.

The figures that a job counts every night (ratio, coverage) are counted here by the same code.
"""

import json
import os
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction

from aptic.accounts.models import Membership, Role, User
from aptic.ledger.balances import PATIENCE
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from benchmarks.bed import Bed

HERE = Path(__file__).parent
ACTORS, SITES = 3_000, 9_000
REDEMPTIONS = int(os.environ.get("BENCH_REDEMPTIONS", "2400000"))  # some of them in the future, and left out
VARIANTS = 24  # of answers to the questionnaire
OPERATOR = Principal(hat=Hat.OPERATOR)


@cache
def network(bed: Bed) -> None:
    """Every commune, the actors and their sites; once, whichever measures ask for it."""
    from django.core.management import call_command

    call_command("load_territories", verbosity=0)
    call_command("collectstatic", "--noinput", verbosity=0)
    with acting(OPERATOR):
        Organisation.objects.get_or_create(is_operator=True, defaults={"name": "Opérateur"})
    _write(bed, "network.sql")
    session(bed).execute("VACUUM (ANALYZE)")


@cache
def five_years(bed: Bed) -> None:
    """And what happened since: passes, payments, applications, reports; then what the night counts."""
    from benchmarks.coverage import run
    from impact import scheme

    network(bed)
    _write(bed, "activity.sql")
    filling = session(bed)
    filling.execute("CREATE TEMPORARY TABLE given (rank int, answers jsonb)")
    with filling.cursor() as cursor:
        cursor.executemany("INSERT INTO given VALUES (%s, %s)", list(enumerate(map(json.dumps, _answers()))))
    _write(bed, "files.sql")
    filling.execute("VACUUM (ANALYZE)")
    run()
    with as_system(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(PATIENCE)
        scheme.keep()
    filling.execute("VACUUM (ANALYZE)")


def member(organisation: Organisation, hat: Hat, role: Role = Role.MANAGER) -> Principal:
    """One more person of an organisation, who may log in."""
    with acting(OPERATOR):
        user = User.objects.create_user(email=f"{uuid.uuid4().hex}@mesure.example", full_name="Mesure")
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return Principal(hat=hat, organisation_id=organisation.pk, person_id=user.pk, role=role)


def draft(principal: Principal) -> None:
    """The next version of the questionnaire and of the charter, being written."""
    from qualification import referentials

    with acting(principal):
        referentials.prepare_version()
        referentials.write_text(kind="charter", body="Charte.")


def operator() -> Organisation:
    """The one of the installation."""
    with acting(OPERATOR):
        return Organisation.objects.get(is_operator=True)


@cache
def session(bed: Bed) -> psycopg.Connection:
    """One superuser's session for all files, which share temporary tables."""
    made = bed.admin()
    made.execute(
        f"CREATE TEMPORARY TABLE wanted AS SELECT {ACTORS} AS actors, {SITES} AS sites, {REDEMPTIONS} AS redemptions"
    )
    return made


def _write(bed: Bed, name: str) -> None:
    session(bed).execute((HERE / name).read_bytes())


def _answers() -> list[dict[str, Any]]:
    """Whole questionnaires, each answered in its own way."""
    from qualification import rules
    from qualification.models import Referential

    with acting(OPERATOR):
        content = Referential.objects.published()[0].content
    return [{one["key"]: _answer(one, rules.choices_of(one), way) for one in rules.questions_of(content)}
            for way in range(VARIANTS)]  # fmt: skip


def _answer(question: Any, choices: Any, way: int) -> Any:
    keys = [one["key"] for one in choices]
    if question["kind"] == "choices":
        return keys[: 1 + way % len(keys)]
    if keys:
        return keys[way % len(keys)]
    return way % 5 if question["kind"] == "number" else "Nous accueillons chaque matin, sans rendez-vous."
