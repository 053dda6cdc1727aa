"""`kill -9` at each step of issuing and printing, then again from the start: one result, and nothing lost.

Every commit of a job is a step. A worker is killed just before and just after each of them in turn, whatever the job
does between; then beat and another worker take the job up.
"""

import pytest
from django.core.files.storage import default_storage

from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.jobs.models import Job
from aptic.ledger.balances import balance
from aptic.ledger.models import Transfer
from aptic.tenancy.principal import acting
from funders import services as funders
from funders.models import Order
from passes import issuance, printing
from passes.models import Batch, Booklet, Pass, PrintedFile
from tests.factories import OPERATOR, Member, make_campaign, make_funder, make_paid_line
from tests.faults.dying import (
    AFTER,
    BEFORE,
    celery_worker,
    dies_at_commit,
    hold_documents,
    hold_last_booklet,
    kill,
    look,
    resume,
    take_back,
    wait_for,
)
from tests.passes.world import make_batch

pytestmark = pytest.mark.pg15
BOOKLETS = 7


class Buyer:
    """A funder with one rich line, and as many orders as a test needs."""

    def __init__(self) -> None:
        self.member: Member = make_funder()
        self.campaign = make_campaign(self.member)
        self.line = make_paid_line(self.campaign, cents=1_000_000_000)

    def order(self, booklets: int = BOOKLETS) -> tuple[Order, Job]:
        """One more order, and the work that issues it."""
        with acting(self.member.principal):
            order = funders.place_order(campaign=self.campaign, line=self.line, booklets=booklets)
        with acting(OPERATOR):
            return order, issuance.request_issue(order=order)


def assert_issued_once(order: Order) -> None:
    """One batch, each of its passes once, its money moved once, and usable."""
    with acting(OPERATOR):
        (batch,) = Batch.objects.filter(order=order)
        assert batch.activated_at is not None
        assert Booklet.objects.filter(batch=batch).count() == order.booklets
        assert Pass.objects.filter(batch=batch, state="open").count() == order.passes
        assert balance(batch.circulation) == order.amount_cents
        assert Transfer.objects.filter(kind="issue", event=batch.uuid).count() == 1
        assert Order.objects.get(pk=order.pk).state == Order.State.ISSUED


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_issuing_survives_a_death_at_each_step(fresh_database, monkeypatch, when):
    monkeypatch.setattr(issuance.fill_batch, "__kwdefaults__", {"progress": None, "step": 3})
    buyer, deaths = Buyer(), 0
    while True:
        order, job = buyer.order()
        died = dies_at_commit(job.pk, deaths + 1, when)
        ended = resume(job.pk) if died else look(job.pk)
        assert ended.state == Job.State.DONE, (deaths, ended.error)
        assert_issued_once(order)
        if not died:
            break
        deaths += 1
    assert deaths >= 10  # the lease, the batch, three sets of rows with their progress, activation, the end
    with acting(OPERATOR):
        spent = sum(batch.amount_cents for batch in Batch.objects.all())
        buyer.line.account.refresh_from_db()
        assert buyer.line.account.guarded_cents == 1_000_000_000 - spent


def test_five_deaths_in_a_row_give_up_and_a_person_takes_it_up_again(fresh_database):
    order, job = Buyer().order()
    for _ in range(5):
        assert dies_at_commit(job.pk, 3, BEFORE)
        take_back(job.pk)
    assert look(job.pk).state == Job.State.FAILED
    with acting(OPERATOR):
        again = issuance.request_issue(order=order)
    assert again.pk != job.pk
    assert resume(again.pk).state == Job.State.DONE
    assert_issued_once(order)


def assert_printed_once(batch: Batch) -> None:
    """Each file once, with its bytes, which open."""
    with acting(OPERATOR):
        files = list(PrintedFile.objects.filter(batch=batch).select_related("document").order_by("first_number"))
        assert [(one.first_number, one.last_number) for one in files] == [(1, 1), (2, 2)]
        assert Document.objects.filter(title__startswith=f"Lot {batch.pk},").count() == 2
        for one in files:
            assert default_storage.exists(one.document.storage_name)
            assert documents.read(one.document).startswith(b"%PDF")


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_printing_survives_a_death_at_each_step(fresh_database, monkeypatch, settings, tmp_path, when):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "PER_FILE", 1)
    campaign, deaths = make_campaign(), 0
    while True:
        batch = make_batch(campaign=campaign, booklets=2)
        with acting(OPERATOR):
            job = printing.request_print(batch=batch)
        died = dies_at_commit(job.pk, deaths + 1, when)
        ended = resume(job.pk) if died else look(job.pk)
        assert ended.state == Job.State.DONE, (deaths, ended.error)
        assert_printed_once(batch)
        if not died:
            break
        deaths += 1
    assert deaths >= 9  # the lease, what the batch says, for each file two signs of life and the file, the end


def test_a_file_made_before_the_death_is_not_made_again(fresh_database, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "PER_FILE", 1)
    batch = make_batch(booklets=2)
    with acting(OPERATOR):
        job = printing.request_print(batch=batch)
    assert dies_at_commit(job.pk, 5, AFTER)
    with acting(OPERATOR):
        (first,) = PrintedFile.objects.filter(batch=batch)
    assert resume(job.pk).state == Job.State.DONE
    assert_printed_once(batch)
    with acting(OPERATOR):
        assert PrintedFile.objects.get(pk=first.pk).document_id == first.document_id


def test_a_celery_worker_killed_while_issuing_is_followed_by_another(fresh_database):
    buyer = Buyer()
    with fresh_database.admin() as rival, celery_worker(fresh_database) as worker:
        rival.execute("BEGIN")
        hold_last_booklet(rival, 15_000)
        order, job = buyer.order(booklets=15_000)
        wait_for(job.pk, lambda one: one.done > 0, worker)
        kill(worker)
        rival.rollback()
    half = look(job.pk)
    assert half.state == Job.State.RUNNING
    with acting(OPERATOR):
        assert 0 < Pass.objects.count() < order.passes
    for job_id, kind in take_back(job.pk):
        issuance.jobs.send(job_id, kind)
    with celery_worker(fresh_database) as worker:
        wait_for(job.pk, lambda one: one.state == Job.State.DONE, worker)
    assert_issued_once(order)


def test_a_celery_worker_killed_while_printing_is_followed_by_another(fresh_database):
    batch = make_batch(booklets=41)
    with fresh_database.admin() as rival, celery_worker(fresh_database) as worker:
        rival.execute("BEGIN")
        hold_documents(rival)
        with acting(OPERATOR):
            job = printing.request_print(batch=batch)
        wait_for(job.pk, lambda one: one.done > 0, worker)
        kill(worker)
        rival.rollback()
    assert look(job.pk).state == Job.State.RUNNING
    with acting(OPERATOR):
        assert not PrintedFile.objects.filter(batch=batch).exists()
    for job_id, kind in take_back(job.pk):
        printing.jobs.send(job_id, kind)
    with celery_worker(fresh_database) as worker:
        wait_for(job.pk, lambda one: one.state == Job.State.DONE, worker)
    with acting(OPERATOR):
        (file,) = printing.files_of(batch)
        assert documents.read(file.document).startswith(b"%PDF")
        default_storage.delete(file.document.storage_name)
