"""The attendance sheet: made by a worker, taken by the device, without a name on it."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents.models import Document
from aptic.jobs.models import Job
from aptic.jobs.running import run
from aptic.tenancy.principal import Hat, acting
from passes import attendance
from passes.models import Session
from tests.factories import OPERATOR, make_member
from tests.passes.test_sessions import opened, standing
from tests.passes.world import TestTill, code_of, make_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(till: TestTill) -> Session:
    """A workshop: two people, one with two passes, and a slip that was removed."""
    batch, session = make_batch(), opened(till)
    for booklet, position in ((0, 1), (0, 2), (1, 1)):
        till.redeem(code_of(batch, booklet, position), session=str(session.pk))
    key = till.redeem(code_of(batch, 2), session=str(session.pk)).json()["id"]
    till.post(f"redemptions/{key}/void/")
    return session


def address(till: TestTill, session: Session) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/seances/{session.pk}/"


def work() -> None:
    with acting(OPERATOR):
        (job,) = Job.objects.filter(kind=attendance.SHEET, state=Job.State.QUEUED).order_by("id")
    assert run(job.pk)


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def test_whoever_came_with_two_passes_signs_once(till, session):
    with acting(standing(till)):
        rows = attendance.participants(session)
    assert [(len(row.names), row.cents) for row in rows] == [(2, 2000), (1, 1000)]


def test_a_device_has_it_made_waits_for_it_and_takes_it(tablet, till, session):
    base = address(till, session)
    page = tablet.post(f"{base}feuille/", follow=True).content.decode()
    assert "La feuille se prépare" in page
    tablet.post(f"{base}feuille/")  # an impatient finger makes no second one
    work()
    waited = tablet.get(f"{base}feuille/", headers={"HX-Request": "true"}).content.decode()
    assert "La feuille est prête" in waited
    assert "<html" not in waited
    assert tablet.get(f"{base}feuille/").url == base
    answer = tablet.get(f"{base}feuille.pdf")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    text = text_of(b"".join(answer.streaming_content))
    for words in ("Feuille d’émargement", till.site.name, "2 personnes, 3 pass, 30 €", "Signature"):
        assert words in text.replace("\u00a0", " ")
    with acting(OPERATOR):
        document = Document.objects.get(kind=attendance.DOCUMENT)
        verbs = Event.objects.filter(object_id=str(document.pk)).order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["document_stored", "document_downloaded"]
    assert document.owner_id == till.site.actor_id


def test_it_bears_nobodys_name_and_no_whole_code(client, till, session):
    agent = make_member(till.site.actor, Hat.ACTOR, Role.AGENT, name="Agathe Personne")
    agent.log_in(client)
    client.post(f"{address(till, session)}feuille/")
    work()
    text = text_of(b"".join(client.get(f"{address(till, session)}feuille.pdf").streaming_content))
    assert "Agathe" not in text
    with acting(standing(till)):
        names = [name for row in attendance.participants(session) for name in row.names]
    assert all(name in text for name in names)
    assert {len(name) for name in names} == {7}


def test_made_again_it_takes_the_place_of_the_first(tablet, till, session):
    for _ in range(2):
        tablet.post(f"{address(till, session)}feuille/")
        work()
    with acting(OPERATOR):
        latest = Document.objects.filter(kind=attendance.DOCUMENT).order_by("created_at").last()
        assert Session.objects.get(pk=session.pk).sheet == latest


def test_a_killed_worker_keeps_one_sheet(tablet, till, session):
    tablet.post(f"{address(till, session)}feuille/")
    work()
    with acting(OPERATOR):
        job = Job.objects.get(kind=attendance.SHEET)
        Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, finished_at=None)
    work()
    with acting(OPERATOR):
        assert Document.objects.filter(kind=attendance.DOCUMENT).count() == 1


def test_there_is_nothing_to_take_before_it_is_made(tablet, till, session):
    assert tablet.get(f"{address(till, session)}feuille.pdf").status_code == 404
