"""The dates of an accepted file's papers: one letter a month before, once each, and a line on the operator's page."""

from datetime import date, datetime, time, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from actors.models import Actor
from aptic.tenancy.principal import acting
from qualification import candidacy, paper_dates, renewal, services
from qualification.disqualification import disqualify_actor
from qualification.models import ApplicationDocument
from qualification.tasks import remind_renewals
from tests.actors.network import Network, make_actor
from tests.factories import OPERATOR, make_operator
from tests.qualification.candidates import holding, join_papers, send, sent
from tests.qualification.test_applications import mails
from tests.qualification.test_pages import text, url

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def network() -> Network:
    return make_actor(application=sent())


def insurance(network: Network) -> ApplicationDocument:
    with acting(OPERATOR):
        return paper_dates.dated().get(application__organisation=network.organisation)


def run(day: date) -> int:
    """What the job does on that morning."""
    with acting(OPERATOR):
        return paper_dates.remind(at=timezone.make_aware(datetime.combine(day, time(6))))


def letters() -> list[str]:
    return [address for template, address in mails() if template == "paper_expiring"]


def test_a_letter_leaves_a_month_before_and_once(network: Network) -> None:
    ends = insurance(network).expires_on
    assert ends is not None
    days = (-31, -30, -29, -1, 0, 1, 400)
    assert [run(ends + timedelta(days=day)) for day in days] == [0, 1, 0, 0, 0, 0, 0]
    assert letters() == [network.manager.user.email]


def test_the_mornings_job_tells_what_nobody_could_tell_in_time(network: Network) -> None:
    with acting(OPERATOR):
        ApplicationDocument.objects.filter(pk=insurance(network).pk).update(expires_on=timezone.localdate())
    remind_renewals()
    remind_renewals()
    assert len(letters()) == 1


def test_only_what_must_hold_on_is_told() -> None:
    """A recent extract of the register is asked once: its date says nothing when the file has been read."""
    company = make_actor(application=sent())
    with acting(OPERATOR):
        ApplicationDocument.objects.filter(application__organisation=company.organisation, kind="insurance").update(
            kind="registration"
        )
        assert not paper_dates.dated().exists()
    assert run(timezone.localdate() + timedelta(days=300)) == 0


def test_who_left_the_network_is_not_written_to(network: Network) -> None:
    with acting(make_operator().principal):
        disqualify_actor(actor=network.organisation, reason="Sorti.")
    assert run(timezone.localdate() + timedelta(days=190)) == 0


def test_papers_that_never_were_accepted_are_nobodys() -> None:
    sent()
    assert run(timezone.localdate() + timedelta(days=190)) == 0


def test_a_renewal_brings_the_next_papers(network: Network) -> None:
    former = insurance(network)
    with acting(OPERATOR):
        Actor.objects.filter(pk=network.organisation.pk).update(qualified_until=timezone.now() + timedelta(days=60))
        ApplicationDocument.objects.filter(pk=former.pk).update(expires_on=timezone.localdate() + timedelta(days=9))
    with acting(network.manager.principal):
        row = renewal.begin_renewal(actor=network.organisation)
    with holding(row) as mine:
        candidacy.edit(application=mine, mandated=True)
        join_papers(mine)
    send(row)
    assert run(timezone.localdate()) == 0, "the next one is being read"
    with acting(make_operator().principal):
        services.accept(application=row)
    assert insurance(network).application_id == row.pk != former.application_id
    assert run(timezone.localdate()) == 0
    assert run(timezone.localdate() + timedelta(days=180)) == 1


def test_the_operator_reads_each_paper_and_its_date(client, network: Network) -> None:
    operator = make_operator()
    operator.log_in(client)
    address = url("operator_actor", operator, network.organisation.pk)
    page = text(client.get(address))
    assert "Attestation d’assurance responsabilité civile</a>, jusqu’au" in page
    assert "date passée" not in page
    with acting(OPERATOR):
        ApplicationDocument.objects.filter(pk=insurance(network).pk).update(
            expires_on=timezone.localdate() - timedelta(days=1)
        )
    assert "date passée" in text(client.get(address))


def test_the_letter_names_the_paper_and_its_date() -> None:
    words = {"organisation": "Essai", "paper": "Attestation d’assurance (assurance.pdf)", "until": "3 mars 2027"}
    letter = render_to_string("mail/paper_expiring.txt", words)
    assert "est valable jusqu’au 3 mars 2027 : Attestation d’assurance (assurance.pdf)." in letter
    assert "3 mars 2027" in render_to_string("mail/paper_expiring.subject.txt", words)
