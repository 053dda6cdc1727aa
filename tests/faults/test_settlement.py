"""`kill -9` at every statement of every step of a run, by real processes: rerun, and there is one result."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from actors.models import Claim, Payout, Settlement
from actors.proof import REDEEMED_BY
from aptic.audit.models import Event
from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.jobs import services as jobs
from aptic.jobs.models import Job
from aptic.ledger.kinds import AccountKind as K
from aptic.ledger.models import Transfer
from aptic.ledger.proof import compare
from aptic.tenancy.principal import acting
from tests.actors.money import OPERATOR, Scheme, cents, person

pytestmark = pytest.mark.pg15
BASE = Path(__file__).resolve().parents[2]


@pytest.fixture
def scheme(fresh_database: Any, settings: Any, tmp_path: Any) -> Scheme:
    settings.MEDIA_ROOT = tmp_path
    return Scheme(first=person("Anne"), second=person("Bruno"))


def kill_at_every_statement(database: Any, step: str, identity: Any, media: Path) -> int:
    """How many processes were killed before one did the work."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "APTIC_TEST_DATABASE": database.name,
        "APTIC_TEST_MEDIA": str(media),
    }
    command = [sys.executable, "-m", "tests.faults.settling", step, str(identity)]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.strip().splitlines()[-1])


def check_books() -> None:
    with acting(OPERATOR):
        kinds = {K.PAYABLE, K.IN_TRANSFER, K.FEES_DUE, K.VAT_DUE}
        # The lines were posted without any pass: what the passes' room counts is another test's.
        assert not [str(one) for one in compare()[1] if one.kind in kinds and one.by != REDEEMED_BY]


def verbs(run: Settlement) -> list[str]:
    """What the trail says was done to a run."""
    with acting(OPERATOR):
        return sorted(Event.objects.filter(object_id=str(run.pk)).values_list("verb", flat=True))


def test_a_run_killed_at_every_statement_of_its_life_is_one_run(
    scheme: Scheme, fresh_database: Any, settings: Any
) -> None:
    media = Path(settings.MEDIA_ROOT)
    purse, poor, actors = scheme.funder(cash=100_000), scheme.funder(cash=1500), [scheme.actor(), scheme.actor()]
    for actor in actors:
        scheme.redeem(purse, actor, times=3)
        scheme.redeem(poor, actor)
    with acting(scheme.first):
        job = jobs.start(kind="settlement", params={"cutoff": timezone.now().isoformat()}, title="Règlement")

    assert kill_at_every_statement(fresh_database, "prepare", job.pk, media) > 15
    with acting(OPERATOR):
        run = Settlement.objects.get()
        job.refresh_from_db()
        assert (run.state, job.state) == (Settlement.State.PREPARED, Job.State.DONE)
        assert run.prepared_by == scheme.first.person_id
        assert str(run.pk) in job.result["url"]
        assert (Payout.objects.count(), Claim.objects.count()) == (2, 7)
        assert Payout.objects.aggregate(cents=Sum("gross_cents"))["cents"] == 7000
    check_books()

    assert kill_at_every_statement(fresh_database, "approve", run.pk, media) > 5
    assert kill_at_every_statement(fresh_database, "file", run.pk, media) > 8
    with acting(OPERATOR):
        run.refresh_from_db()
        assert run.state == Settlement.State.APPROVED
        document = Document.objects.get(kind="bank_file")
        assert run.bank_file == document
        content = documents.read(document)
        assert content.count(b"<CdtTrfTxInf>") == 2
        assert not Transfer.objects.filter(kind="payout_sent").exists()

    assert kill_at_every_statement(fresh_database, "sent", run.pk, media) > 8
    with acting(OPERATOR):
        assert Transfer.objects.filter(kind="payout_sent").count() == 3  # one actor is paid by both purses
        assert Transfer.objects.filter(kind="fee").count() == 3
    check_books()

    assert kill_at_every_statement(fresh_database, "settled", run.pk, media) > 8
    with acting(OPERATOR):
        run.refresh_from_db()
        assert run.state == Settlement.State.CLOSED
        assert Transfer.objects.filter(kind="payout_settled").count() == 3
    assert cents(purse, K.SAFEGUARDED) == 100_000 - 2 * 2856
    check_books()
    assert verbs(run) == [
        "settlement_approved",
        "settlement_prepared",
        "settlement_sent",
        "settlement_settled",
    ]
