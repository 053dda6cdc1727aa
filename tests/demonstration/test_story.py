"""What the story leaves behind: books that agree, every kind of event, and no trace when it is stopped half-way."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone
from stdnum import iban
from stdnum.fr import siret

from actors.income_models import IncomeDeclaration
from actors.models import Payout, Settlement
from actors.standing import standing_of
from aptic.accounts.models import Role, User
from aptic.iban import check_iban
from aptic.ledger.models import Proof
from aptic.running.preparation import begin
from aptic.tenancy.demonstration import is_demonstration, mark_demonstration
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting, as_system
from impact import figures
from impact.demonstration import cast
from impact.demonstration.network import fictitious_iban
from impact.demonstration.story import seed
from impact.income import income_of
from impact.models import ActorRatio, Coverage, Observation, Publication, TerritoryRatio
from passes.models import Redemption, Session, Void
from qualification.models import Appeal, Application, Cap, Consent, Plan, PlanTask, Round
from tests.conftest import SCALE
from tests.factories import make_operator
from tests.servers import BASE


@pytest.mark.pg15
def test_every_account_agrees_and_the_counters_are_published(demonstration):
    with as_system():
        proof = Proof.objects.latest("id")
        assert (proof.differences, proof.accounts > 100) == (0, True)
        published = Publication.objects.latest("pk").figures
        assert published["usage"]["used"] == figures.usage().used > 300


@pytest.fixture
def in_november(fresh_database):
    """The story as it stood one day: after a week of holidays, one so small has no workshop, and no run to pay."""
    seed(at=datetime(2026, 11, 30, 15, tzinfo=timezone.get_current_timezone()), scale=SCALE)


def test_everything_that_happens_in_a_scheme_happened(in_november):
    with as_system():
        outcomes = dict(Redemption.objects.values_list("outcome").annotate(n=Count("*")).order_by())
        assert {"accepted", "already_redeemed"} <= outcomes.keys()
        assert Void.objects.exists()
        fates = dict(Application.objects.values_list("state").annotate(n=Count("*")).order_by())
        others = {"waiting": 2, "refused": 2, "submitted": 1, "correction": 1, "draft": 1}
        assert fates == {"accepted": len(cast.ACCEPTED), **others}
        assert Appeal.objects.filter(decided_at=None).count() == 1
        assert set(Consent.objects.values_list("side", flat=True)) == {"actor", "funder"}
        assert Plan.objects.live().get().tasks.filter(gap="share").exists()
        assert dict(PlanTask.objects.counted())["actors"][0] == 2
        assert Cap.objects.filter(qualified=5, cap=5).count() == 1
        assert set(Settlement.objects.values_list("state", flat=True)) == {"prepared", "closed"}
        assert {"settled", "rejected", "prepared"} == set(Payout.objects.values_list("state", flat=True))
        sessions = set(Redemption.objects.exclude(session=None).order_by().values_list("session", flat=True))
        assert sessions == set(Session.objects.order_by().values_list("pk", flat=True)) != set()
        assert Observation.objects.exists()
        money, usage = figures.money(), figures.usage()
        assert money.receivable > 0
        assert money.collected == money.safeguarded + money.settled + money.swept
        assert money.refunded == 2_000_00
        assert usage.expired_cents > 0


def test_the_first_actor_alone_declared_two_years_and_reads_them_alone(demonstration):
    actor = Organisation.objects.get(siret=cast.PROVIDERS[0].organisation.siret)
    person = User.objects.get(email="amina.diallo@clics-estey.example")
    principal = Principal(hat=Hat.ACTOR, organisation_id=actor.pk, person_id=person.pk, role=Role.MANAGER)
    with acting(principal):
        income, standing = income_of(principal), standing_of(principal)
    last = timezone.localdate().year - 1
    assert [mix.year for mix in income.mixes] == [last, last - 1]
    assert income.latest.passes_cents > 0
    assert not income.is_due
    assert [till.state for till in standing.tills] == ["waiting", "ok"]
    assert [one.name for one in standing.stopped] == ["Tablette des ateliers"]
    assert standing.hosts
    with demonstration.admin() as admin:
        assert admin.execute("SELECT DISTINCT actor_id FROM actors_incomedeclaration").fetchall() == [(actor.pk,)]
    with as_system():
        assert not IncomeDeclaration.objects.exists()


def test_it_is_not_played_twice(demonstration):
    with pytest.raises(CommandError, match="déjà jouée"):
        call_command("seed_demo", scale=0.01)


def test_it_is_not_played_beside_real_data(fresh_database):
    operator = make_operator("manager").organisation
    with pytest.raises(CommandError, match="vraies données"):
        call_command("seed_demo", scale=0.01)
    assert not is_demonstration()
    with acting(Principal(hat=Hat.OPERATOR)):
        assert list(Organisation.objects.all()) == [operator]


def test_the_command_that_gives_codes_away_is_refused_elsewhere(fresh_database):
    make_operator("manager")
    with pytest.raises(CommandError, match="n’est pas une démonstration"):
        call_command("demo", json=True)


def test_killed_half_way_it_leaves_an_empty_database_and_plays_again(fresh_database):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "APTIC_TEST_DATABASE": fresh_database.name,
    }
    playing = subprocess.Popen([sys.executable, "manage.py", "seed_demo"], cwd=BASE, env=environment)
    try:
        _wait_until_writing(fresh_database, playing)
    finally:
        playing.send_signal(signal.SIGKILL)
        playing.wait()
    assert is_demonstration()
    with acting(Principal(hat=Hat.OPERATOR)):
        assert not Organisation.objects.exists()
    assert seed(scale=0.01).organisations


def _wait_until_writing(database, process, seconds=240):
    """Until the story has stored people, which only its own transaction sees."""
    deadline = time.monotonic() + seconds
    with database.admin() as admin:
        while True:
            assert process.poll() is None, "the story ended before it was killed"
            assert time.monotonic() < deadline
            written = admin.execute(
                "SELECT pg_relation_size('passes_handout') > 0 FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'aptic_app' AND backend_xid IS NOT NULL"
            ).fetchone()
            if written and written[0]:
                return
            time.sleep(0.05)


def test_numbers_are_well_made_and_nobodys():
    for one in cast.organisations():
        assert siret.validate(one.siret).startswith("000")
        assert one.email.endswith(".example")
        assert one.phone.startswith("053649")
        number = fictitious_iban(one.rank)
        assert iban.validate(number) == check_iban(number)


def test_an_empty_database_left_empty_is_no_demonstration(fresh_database):
    mark_demonstration()  # what a demonstration killed half-way leaves
    begin(demonstration=False)
    assert not is_demonstration()


def test_territories_are_measured_and_not_all_operational(demonstration):
    with as_system():
        epcis = Coverage.objects.filter(territory__startswith="epci:", sites__gt=0)
        assert epcis.filter(operational=True).exists()
        assert epcis.filter(operational=False).exists()
        assert Round.objects.count() == 2
        levels = {key.partition(":")[0] for key in Cap.objects.values_list("pk", flat=True)}
        assert levels == {"epci", "departement"}
        assert Cap.objects.filter(extinction=1, cap=0).exclude(reason="").exists()
        whole = Cap.objects.get(pk="departement:33")
        assert 0 < whole.qualified < whole.cap
        assert ActorRatio.objects.filter(forecast_cents__gt=0).count() > 5
        assert TerritoryRatio.objects.get(pk="departement:33").forecast_cents > 0
