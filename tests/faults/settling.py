"""One piece of settlement, done by a process that is killed at each of its SQL statements in turn.

`python -m tests.faults.settling prepare <job>` (or approve, file, sent, settled, with the run's id) forks a child that
does the work and kills itself with SIGKILL before its first statement; then one that dies before its second; and so
on, until a child comes to the end alive. It prints how many died. Each child finds what the former ones left, and is
the rerun: nobody cleans up between two.
"""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

MOST = 300  # a work of more statements than that is a mistake of this module


def main(step: str, identity: str) -> None:
    """Kill, and kill again, until one child lives."""
    django.setup()
    work = STEPS[step]
    for statements in range(1, MOST):
        child = os.fork()
        if child == 0:
            _child(work, uuid.UUID(identity), statements)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            if status:
                sys.exit(f"a child failed with {status}")
            sys.stdout.write(f"{statements - 1}\n")
            return
    sys.exit("no child came to the end")


def _child(work: Callable[[uuid.UUID], None], identity: uuid.UUID, statements: int) -> None:
    from django.db import connection

    left = statements

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(count):
            work(identity)
    except BaseException as error:  # noqa: BLE001 - a child never returns into its parent
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def _prepare(job_id: uuid.UUID) -> None:
    """What a worker does with a job whose former worker was killed: beat has queued it again."""
    from django.utils import timezone

    from aptic.jobs import recovery, running
    from aptic.jobs.models import Job
    from aptic.jobs.running import MACHINE
    from aptic.tenancy.principal import acting

    with acting(MACHINE):  # the minutes that beat would wait, and the five attempts that it allows
        past = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(lease_until=past, attempts=1)
    recovery.requeue_stale()
    running.run(job_id)


def _as(person: str, work: Callable[[Any], None]) -> Callable[[uuid.UUID], None]:
    def done(run_id: uuid.UUID) -> None:
        from actors.models import Settlement
        from aptic.accounts.models import Role, User
        from aptic.tenancy.models import Organisation
        from aptic.tenancy.principal import Hat, Principal, acting

        with acting(Principal(hat=Hat.OPERATOR)):
            operator = Organisation.objects.get(is_operator=True)
            user = User.objects.get(full_name=person)
        principal = Principal(hat=Hat.OPERATOR, organisation_id=operator.pk, person_id=user.pk, role=Role.FINANCE.value)
        with acting(principal):
            work(Settlement.objects.get(pk=run_id))

    return done


def _approve(run: Any) -> None:
    from actors.settlement.approve import approve_settlement

    if run.state == run.State.PREPARED:
        approve_settlement(settlement=run, digest=run.digest)


def _file(run: Any) -> None:
    from actors.settlement.send import write_bank_file

    write_bank_file(settlement=run)


def _sent(run: Any) -> None:
    from actors.settlement.send import mark_sent

    if run.state == run.State.APPROVED:
        mark_sent(settlement=run)


def _settled(run: Any) -> None:
    from actors.settlement.outcome import settle_all

    if run.state == run.State.SENT:
        settle_all(settlement=run, bank_reference="RLV-1")


STEPS: dict[str, Callable[[uuid.UUID], None]] = {
    "prepare": _prepare,
    "approve": _as("Bruno", _approve),
    "file": _as("Bruno", _file),
    "sent": _as("Bruno", _sent),
    "settled": _as("Bruno", _settled),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
