"""Sessions at the counter's pages: opened by a form, filled by scanning, a slip removed, closed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from actors.models import Site
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from aptic.territories.models import Commune
from passes import rules
from passes.models import Redemption, Session
from tests.factories import OPERATOR, make_member
from tests.passes.conflicts import line, upload
from tests.passes.test_sessions import close, opened
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/seances/"


def answers(**more: Any) -> dict[str, Any]:
    """What the form proposes."""
    return {"service": first_service().pk, "held_on": timezone.localdate().isoformat(), "minutes": 180,
            "kind": "group", "mode": "home", **more}  # fmt: skip


def take(client: Client, address: str, *codes: str) -> str:
    """Look the codes up one after the other in a session, take them in one go; the page that follows."""
    hidden: list[tuple[str, str]] = []
    for code in codes:
        kept = [value for name, value in hidden if name == "code"]
        attempts = [value for name, value in hidden if name == "attempt"]
        page = client.post(address, {"code": code, "kept": kept, "attempt": attempts}).content.decode()
        form = page.split("data-confirm", 1)[1].split("</form>", 1)[0]
        hidden = re.findall(r'name="(code|attempt)" value="([^"]+)"', form)
    body = {name: [value for each, value in hidden if each == name] for name in ("code", "attempt")}
    return client.post(f"{address}encaisser/", {**body, "service": first_service().pk}, follow=True).content.decode()


def in_session(session: Session) -> int:
    with acting(OPERATOR):
        return Redemption.objects.live().filter(session=session.pk).count()


def test_a_workshop_from_opening_to_closing(tablet, till):
    batch = make_batch()
    assert "Ouvrir une séance" in tablet.get(base(till)).content.decode()
    address = tablet.post(base(till), answers()).url
    with acting(OPERATOR):
        session = Session.objects.get()
    assert (session.minutes, session.kind, session.mode) == (180, "group", "home")
    assert (session.opened_on_device, session.opened_by) == (till.device.pk, None)
    assert "Aucun pass encore" in tablet.get(address).content.decode()
    assert "C’est encaissé" in take(tablet, address, code_of(batch))
    page = take(tablet, address, code_of(batch, booklet=1))
    assert "2\u00a0personnes, 2 pass" in page
    assert "20\u00a0€" in page
    closed = tablet.post(f"{address}fermer/", follow=True).content.decode()
    assert "Séance fermée" in closed
    assert 'name="code"' not in closed.split('id="scan"')[0]
    assert in_session(session) == 2


def test_a_three_hour_service_takes_two_passes_of_a_booklet_in_one_go(tablet, till):
    batch, session = make_batch(), opened(till, minutes=180)
    page = take(tablet, f"{base(till)}{session.pk}/", code_of(batch), code_of(batch, position=2))
    assert "1\u00a0personne, 2 pass" in page
    assert in_session(session) == 2


def test_every_state_stays_in_the_session(tablet, till):
    batch, session = make_batch(), opened(till)
    address = f"{base(till)}{session.pk}/"
    till.redeem(code_of(batch, position=2))
    for code in (code_of(batch), code_of(batch, position=2), "ABCD"):
        page = tablet.post(address, {"code": code}).content.decode()
        assert f'data-counter="{address}"' in page
        assert f'data-session="{session.pk}"' in page
    shown = tablet.post(address, {"code": code_of(batch)}).content.decode()
    assert f'action="{address}encaisser/"' in shown
    assert f'value="{session.service_id}" selected' in shown


def test_a_slip_is_removed_by_a_void_and_the_list_says_so(tablet, till):
    batch, session = make_batch(), opened(till)
    address = f"{base(till)}{session.pk}/"
    page = take(tablet, address, code_of(batch))
    undo = re.search(r'action="([^"]+annuler/)"', page)[1]
    page = tablet.post(undo, {"session": "1"}, follow=True).content.decode()
    assert "Pass retiré" in page
    assert "annulé" in page
    assert "0 pass" in page
    assert one_pass(batch).state == "open"
    with acting(OPERATOR):
        assert Redemption.objects.count() == 1, "nothing is edited or deleted"


def test_after_the_quarter_of_an_hour_a_slip_is_asked_about(tablet, till, monkeypatch):
    batch, session = make_batch(), opened(till)
    take(tablet, f"{base(till)}{session.pk}/", code_of(batch))
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    page = tablet.get(f"{base(till)}{session.pk}/").content.decode()
    assert "Retirer le pass" not in page
    assert "Demander l’annulation" in page


def test_a_closed_session_says_what_to_do(tablet, till):
    batch, session = make_batch(), opened(till)
    address = f"{base(till)}{session.pk}/"
    shown = tablet.post(address, {"code": code_of(batch)}).content.decode()
    close(till, session)
    hidden = dict(re.findall(r'name="(code|attempt)" value="([^"]+)"', shown))
    for answer in (
        tablet.post(f"{address}encaisser/", {**hidden, "service": first_service().pk}),
        tablet.post(address, {"code": code_of(batch)}),
    ):
        assert answer.status_code == 422
        assert "Cette séance est fermée" in answer.content.decode()
    assert in_session(session) == 0


def test_a_session_that_nobody_closed_ends_with_its_day(tablet, till):
    now, batch = timezone.now(), make_batch()
    yesterday = timezone.localdate(now) - timedelta(days=1)
    forgotten = opened(
        till, held_on=yesterday, at=timezone.localtime(now) - timedelta(days=1)
    )  # of 25 hours, in October
    today, tomorrow = opened(till, held_on=yesterday), opened(till, held_on=yesterday + timedelta(days=2))
    address = f"{base(till)}{forgotten.pk}/"
    page = tablet.get(address).content.decode()
    assert "Séance fermée" in page
    assert "Fermer la séance" not in page
    assert "data-session" not in page
    assert "Préparer la feuille" in page
    assert "Cette séance est fermée" in tablet.post(address, {"code": code_of(batch)}).content.decode()
    assert tablet.get(f"{address}hors-ligne/").status_code == 404
    for session in (today, tomorrow):
        assert "Séance ouverte" in tablet.get(f"{base(till)}{session.pk}/").content.decode()
    listed = tablet.get(base(till)).content.decode()
    assert re.findall(r">(ouverte|fermée)</span>", listed) == ["ouverte", "ouverte", "fermée"]
    # A pass taken in it without a network and sent late, or already on the table at midnight, is still its own.
    (result,) = upload(till, line(code_of(batch), session=str(forgotten.pk)))
    assert result["status"] == 201
    assert in_session(forgotten) == 1


def test_the_day_of_a_session_is_that_of_its_site():
    at = datetime(2027, 3, 9, 23, 30, tzinfo=UTC)  # half past midnight in Paris, early in the afternoon in Tahiti
    for departement, is_over in (("33", True), ("987", False)):
        site = Site(commune=Commune(code=f"{departement}001", departement_id=departement))
        session = Session(site=site, held_on=date(2027, 3, 9), opened_at=at - timedelta(hours=8))
        assert session.is_over(at) is is_over


def test_what_is_wrong_in_the_form_is_said_beside_its_field(tablet, till):
    for more in ({"minutes": 5}, {"held_on": "2020-01-01"}, {"service": 999_999}, {"kind": "x"}):
        answer = tablet.post(base(till), answers(**more))
        assert answer.status_code == 422
        assert "à corriger" in answer.content.decode()
    with acting(OPERATOR):
        assert not Session.objects.exists()


def test_another_sites_session_does_not_exist_here(tablet, till):
    for other in (make_till(), make_till(actor=till.site.actor)):
        session = opened(other)
        address = f"{base(till)}{session.pk}/"
        assert tablet.get(address).status_code == 404
        for verb in ("", "encaisser/", "fermer/", "feuille/"):
            assert tablet.post(f"{address}{verb}").status_code == 404
        assert tablet.get(f"{address}feuille.pdf").status_code == 404


def test_a_person_of_the_actor_holds_one_too(client, till):
    batch, agent = make_batch(), make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    agent.log_in(client)
    address = client.post(base(till), answers()).url
    assert "C’est encaissé" in take(client, address, code_of(batch))
    client.post(f"{address}fermer/")
    with acting(OPERATOR):
        session = Session.objects.get()
    assert (session.opened_by, session.closed_by) == (agent.user.pk, agent.user.pk)
    assert (session.opened_on_device, session.closed_on_device) == (None, None)


def test_a_long_list_asks_for_no_more_than_a_short_one(tablet, till, django_assert_max_num_queries):
    batch, session = make_batch(booklets=3), opened(till)
    for booklet in range(3):
        for position in range(1, 6):
            till.redeem(code_of(batch, booklet, position), session=str(session.pk))
    with django_assert_max_num_queries(22):
        tablet.get(f"{base(till)}{session.pk}/")
    for _ in range(5):
        opened(till)
    with django_assert_max_num_queries(14):
        tablet.get(base(till))
