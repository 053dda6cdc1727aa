"""Two clicks on what a worker makes: one piece of work, and both see it."""

from typing import Any

import pytest

from aptic.jobs.models import Job
from aptic.tenancy.principal import acting
from impact import tasks
from passes import attendance
from tests.factories import OPERATOR
from tests.passes.test_sessions import opened, standing
from tests.passes.world import make_till
from tests.races.overlap import overlapped

pytestmark = pytest.mark.pg15


def test_two_touches_ask_for_one_sheet(fresh_database: Any, together: Any) -> None:
    till = make_till()
    session = opened(till)

    def ask() -> Any:
        with acting(standing(till)):
            return attendance.request_sheet(session=session)

    first, second = overlapped(fresh_database, together, ask, ask)
    assert isinstance(second, Job), second
    assert first == second


def test_the_territories_are_measured_by_one_job(fresh_database: Any, together: Any) -> None:
    def ask() -> Any:
        with acting(OPERATOR):
            return tasks.measure_again()

    first, second = overlapped(fresh_database, together, ask, ask)
    assert isinstance(second, Job), second
    assert first == second
    with acting(OPERATOR):
        assert Job.objects.filter(kind=tasks.TERRITORIES).count() == 1
