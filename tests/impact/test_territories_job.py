"""The job that measures every territory: one at a time, committed by steps, taken up where it stopped."""

import pytest

from aptic.jobs.models import Job
from aptic.jobs.running import run
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from impact import coverage, tasks
from impact.models import CommuneAccess, Coverage
from tests.factories import OPERATOR
from tests.impact.test_coverage import METROPOLE, make_site

pytestmark = pytest.mark.pg15


def test_the_job_measures_everything_and_goes_on_where_it_stopped(fresh_database, monkeypatch):
    make_site()
    monkeypatch.setattr(coverage, "CHUNK", 200)
    tasks.measure_territories_nightly()
    with acting(OPERATOR):
        job = Job.objects.get(kind=tasks.TERRITORIES)
        assert tasks.measure_again().pk == job.pk  # one at a time

    def die(**_):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(coverage, "measure_territories", die)
        run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
        assert (job.state, job.step_state["done"]) == ("failed", Commune.objects.count())
        assert not Coverage.objects.exists()
        seen = CommuneAccess.objects.latest("computed_at").computed_at
        Job.objects.filter(pk=job.pk).update(state="queued", finished_at=None)
    assert run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
        whole = Commune.objects.count() + 3
        assert (job.state, job.done, job.total) == ("done", whole, whole)
        assert {seen} == set(CommuneAccess.objects.values_list("computed_at", flat=True))
        assert Coverage.objects.get(pk=METROPOLE).sites == 1
