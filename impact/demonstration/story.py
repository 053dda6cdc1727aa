"""Playing the demonstration: fourteen months, day by day, by calling the services with the clock that they take.

Everything is one transaction, so that a killed `make run` leaves an empty database and the next one starts again.
What needs committed rows (closings, proof, public counters) follows, and may run any number of times.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.utils import timezone

from aptic.documents.tasks import delete_expired
from aptic.ledger.tasks import prove_nightly
from aptic.tenancy.demonstration import is_demonstration, mark_demonstration
from aptic.tenancy.models import Organisation
from impact.coverage import needs_in_force, set_thresholds
from impact.demonstration import buying, counters, earning, handing, network, paying, reseau, tills
from impact.demonstration.errors import AlreadyPlayed, RealDataHere
from impact.demonstration.logins import write_logins
from impact.demonstration.opening import open_scheme
from impact.demonstration.stage import Stage
from impact.measuring import measure_all
from impact.tasks import publish_counters


def seed(*, at: datetime | None = None, scale: float = 1.0) -> Stage:
    """Make this installation a demonstration and play its story up to `at` (default now).

    `scale` shrinks the number of booklets. Raises RealDataHere and AlreadyPlayed.
    """
    refuse_beside_data()
    mark_demonstration()
    stage = Stage(now=at or timezone.now(), scale=scale)
    with transaction.atomic():
        play(stage)
        set_thresholds_of_the_story(stage)
        with _without_statistics("default"), stage.playing(network.DECIDES):
            measure_all(at=stage.now)
        reseau.propose_tasks(stage)
        write_logins()  # before the end: whoever finds the story played finds its log-ins too
    publish_figures()
    return stage


def refuse_beside_data() -> None:
    """Raise RealDataHere, or AlreadyPlayed, when the database has organisations."""
    if Organisation.objects.exists():
        raise AlreadyPlayed if is_demonstration() else RealDataHere


def play(stage: Stage) -> None:
    """The story itself, in the running transaction."""
    open_scheme(stage)
    network.plan_network(stage)
    buying.plan_programmes(stage, handing.deliver(stage))
    paying.plan_payments(stage)
    earning.plan_declarations(stage)
    tills.plan_tills(stage)
    reseau.plan_hub(stage)
    day = stage.first_day
    while day <= stage.today:
        for act in stage.agenda[day]:  # an act may plan another one for the same day
            act(day)
        handing.open_desks(stage, day)
        counters.open_tills(stage, day)
        day += timedelta(days=1)
    paying.close_accounts(stage)


def set_thresholds_of_the_story(stage: Stage) -> None:
    """Thresholds of a young scheme, so that some territories are operational and others say what they lack."""
    with stage.playing(network.DECIDES):
        needs = replace(needs_in_force()[0], inhabitants_per_site=120_000, services=(1, 2, 4))
        set_thresholds(needs=needs, reason="Le réseau de Gironde se construit : un lieu pour 120 000 habitants suffit.",
                       at=stage.at(stage.day(1), 10))  # fmt: skip


def publish_figures() -> None:
    """What the nightly and hourly jobs would do: delete old files, close the books, prove every account, publish."""
    delete_expired()
    with _without_statistics("system"):
        prove_nightly()
        publish_counters()


@contextmanager
def _without_statistics(role: str) -> Iterator[None]:
    """Tables filled a minute ago have no statistics yet, and the planner takes them for empty: no loop in a loop."""
    with connections[role].cursor() as cursor:
        cursor.execute("SET enable_nestloop = off")
        try:
            yield
        finally:
            cursor.execute("RESET enable_nestloop")
