"""A draft that nobody goes on with: announced once, then emptied of people; touched, it starts anew."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aptic.audit.models import Event
from aptic.documents.errors import DocumentGone
from aptic.tenancy.principal import acting
from qualification import attachments, candidacy, forgetting, link
from qualification.models import Application
from qualification.tasks import forget_applications
from tests.factories import OPERATOR, make_operator
from tests.qualification.candidates import PUBLIC, begin, fill, holding, sent
from tests.qualification.test_applications import mails

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def after(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def letters() -> list[str]:
    return [address for template, address in mails() if template == "application_ending"]


def run(days: float) -> tuple[int, int]:
    """What the job does on that day: (letters, files emptied)."""
    with acting(OPERATOR):
        return forgetting.announce(at=after(days)), forgetting.forget(at=after(days))


def row(application: Application) -> Application:
    with acting(OPERATOR):
        return Application.objects.get(pk=application.pk)


def happened(database: Any, application: Application, verb: str, days: float) -> None:
    """A line of the trail on another day than today: the owner alone may say when."""
    with database.connect("owner") as owner:
        owner.execute(
            "INSERT INTO audit_event (verb, hat, object_type, object_id, fields, at)"
            " VALUES (%s, 'public', 'qualification.application', %s, '{}', %s)",
            [verb, str(application.pk), after(days)],
        )


@pytest.mark.django_db
def test_a_draft_is_announced_once_and_forgotten_a_month_later() -> None:
    draft = begin()
    assert run(149) == (0, 0)
    assert run(151) == (1, 0)
    assert run(179) == (0, 0)
    assert letters() == [draft.email]
    assert run(181) == (0, 1)
    assert run(182) == (0, 0)


def test_it_is_not_forgotten_before_the_letter_is_a_month_old(fresh_database: Any) -> None:
    draft = begin()
    happened(fresh_database, draft, forgetting.ANNOUNCED, 170)  # the job did not run for a while
    assert run(181) == (0, 0)
    assert run(201) == (0, 1)


def test_whoever_comes_back_has_six_months_again(fresh_database: Any) -> None:
    draft = begin()
    assert run(151) == (1, 0)
    happened(fresh_database, draft, "application_edited", 160)
    assert run(181) == (0, 0)
    assert run(311) == (1, 0)


@pytest.mark.django_db
def test_saving_a_part_as_it_stands_is_going_on() -> None:
    draft = begin()
    assert run(151) == (1, 0)
    with holding(draft) as mine:
        candidacy.edit(application=mine, contact_name=mine.contact_name)
    with acting(OPERATOR):
        assert not forgetting._to_forget(after(181)).exists()


@pytest.mark.django_db
def test_what_it_said_of_people_is_gone_and_the_organisation_stays() -> None:
    draft = fill(begin(organisation_name="Port d’attache"))
    with acting(OPERATOR):
        papers = list(row(draft).documents.all())
    assert papers
    run(151)
    assert run(181) == (0, 1)
    found = row(draft)
    assert (found.state, found.organisation_name, found.siret) == ("withdrawn", "Port d’attache", draft.siret)
    assert {name: getattr(found, name) for name in forgetting.OF_PEOPLE} == forgetting.OF_PEOPLE
    with acting(OPERATOR):
        assert not found.sites.exists()
        assert set(found.documents.values_list("filename", flat=True)) == {""}
        for paper in found.documents.all():
            with pytest.raises(DocumentGone):
                attachments.read(paper)
        assert Event.objects.about(found).filter(verb=forgetting.FORGOTTEN).count() == 1
    with acting(PUBLIC):
        candidacy.find_by_address(draft.email)
    assert not [template for template, _ in mails() if template == "application_link"]
    begin(siret=draft.siret)  # it may apply again


@pytest.mark.django_db
def test_what_was_sent_stays_and_what_was_given_up_goes_without_a_letter() -> None:
    kept, given_up = sent(), begin(email="autre@ateliers.example")
    with holding(given_up) as mine:
        candidacy.withdraw(application=mine)
    assert run(151) == (0, 0)
    assert run(181) == (0, 1)
    assert (row(kept).email, row(given_up).email) == (kept.email, "")


def test_a_file_that_is_touched_meanwhile_is_left_alone(fresh_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = begin()
    run(151)
    held = forgetting._held

    def touched(pk: uuid.UUID) -> Application:
        happened(fresh_database, draft, "application_edited", 180)
        return held(pk)

    monkeypatch.setattr(forgetting, "_held", touched)
    assert run(181) == (0, 0)


@pytest.mark.django_db
def test_the_job_runs_as_the_operator() -> None:
    assert forget_applications() == 0  # nobody operates yet
    make_operator()
    begin()
    assert forget_applications() == 0


@pytest.mark.django_db
def test_the_page_of_a_forgotten_file_says_that_it_is_over(client: Client) -> None:
    draft = begin()
    run(151)
    run(181)
    page = client.get(f"/candidature/lien/{link.sign(draft.pk)}/", follow=True)
    assert page.status_code == 200
    assert "abandonnée" in page.content.decode().lower()
