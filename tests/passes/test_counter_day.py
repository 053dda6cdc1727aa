"""The day of a counter: what it took, undid, refused and asked, with totals; receipts; late undoing."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import rules
from passes.conflict_errors import OperatorDecides
from passes.models import Incident, VoidRequest
from passes.views.counter import day as day_view
from passes.void_requests import approve_void, refuse_void
from tests.actors.money import Scheme
from tests.factories import OPERATOR, Member, make_member, make_operator
from tests.passes.test_sessions import opened
from tests.passes.test_void_requests import pay
from tests.passes.world import TestTill, code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme(settings) -> Scheme:
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    return Scheme()


@pytest.fixture
def manager(till: TestTill) -> Member:
    return make_member(till.site.actor, Hat.ACTOR, Role.MANAGER, name="Mona Responsable")


def base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def text(answer) -> str:
    """What is read, without marks and with plain spaces."""
    import re

    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\u00a0", " ").split())


def redeem(till: TestTill, code: str, **more: str) -> str:
    return till.redeem(code, **more).json()["id"]


def test_totals_in_passes_and_euros_and_each_line_with_its_state(tablet, till):
    batch = make_batch()
    for position in (1, 2):
        redeem(till, code_of(batch, position=position))
    till.post(f"redemptions/{redeem(till, code_of(batch, position=3))}/void/")
    till.redeem(code_of(batch))
    page = text(tablet.get(f"{base(till)}journee/"))
    for words in ("2 pass encaissés 20 €", "1 annulé 10 €", "1 refusé", "Ce pass a déjà été utilisé"):
        assert words in page


def test_another_day_is_chosen_and_a_strange_one_is_today(tablet, till):
    redeem(till, code_of(make_batch()))
    yesterday = timezone.localdate() - timedelta(days=1)
    page = text(tablet.get(f"{base(till)}journee/", {"jour": yesterday.isoformat()}))
    assert "0 pass encaissé 0 €" in page
    assert "Rien ce jour-là" in page
    for strange in ("2999-01-01", "0001-01-01", "2026-02-31", "demain", ""):
        assert "1 pass encaissé 10 €" in text(tablet.get(f"{base(till)}journee/", {"jour": strange, "page": "x"}))


def test_what_was_taken_before_and_undone_today_is_told_today(tablet, till, monkeypatch):
    key = redeem(till, code_of(make_batch()))
    midnight, today = day_view._midnight, timezone.localdate()
    between = timezone.now()
    monkeypatch.setattr(day_view, "_midnight", lambda chosen: between if chosen == today else midnight(chosen))
    till.post(f"redemptions/{key}/void/")
    page = text(tablet.get(f"{base(till)}journee/"))
    assert "0 pass encaissé 0 €" in page
    assert "Rien encore" not in page
    assert "Encaissés avant, annulés ce jour" in page
    before = text(tablet.get(f"{base(till)}journee/", {"jour": (today - timedelta(days=1)).isoformat()}))
    assert "1 annulé 10 €" in before
    assert f"annulé Le {today.day}" in before
    assert "annulés ce jour" not in before


def test_a_long_day_is_read_page_by_page_and_counted_whole(tablet, till, monkeypatch):
    monkeypatch.setattr(day_view, "MOST", 2)
    batch = make_batch()
    for position in range(1, 6):
        redeem(till, code_of(batch, position=position))
    page = tablet.get(f"{base(till)}journee/").content.decode()
    assert "5\u00a0pass encaissés" in page
    assert "page=2" in page
    last = tablet.get(f"{base(till)}journee/", {"page": 3}).content.decode()
    assert "page=2" in last
    assert "page=4" not in last


def test_its_sessions_are_there_with_what_they_took(tablet, till):
    session = opened(till)
    redeem(till, code_of(make_batch()), session=str(session.pk))
    page = text(tablet.get(f"{base(till)}journee/"))
    assert "Séances" in page
    assert "1 pass, 10 €" in page


def test_what_waits_on_the_device_has_a_place_on_its_own_today(tablet, client, till, manager):
    address = f"{base(till)}journee/"
    assert "Rien n’attend le réseau sur cet appareil" in text(tablet.get(address))
    assert "data-queue" not in tablet.get(address, {"jour": "2026-01-05"}).content.decode()
    manager.log_in(client)
    assert "data-queue" not in client.get(address).content.decode()


def test_a_day_of_many_lines_asks_for_no_more(tablet, till, django_assert_max_num_queries):
    batch = make_batch()
    for booklet in range(3):
        for position in range(1, 6):
            redeem(till, code_of(batch, booklet, position))
    opened(till)
    with django_assert_max_num_queries(20):
        tablet.get(f"{base(till)}journee/")


def test_the_receipt_says_where_when_and_each_pass_of_one_go(tablet, till):
    key = redeem(till, code_of(make_batch()))
    page = text(tablet.get(f"{base(till)}{key}/"))
    for words in ("Le reçu", till.site.address, "Imprimer le reçu"):
        assert words in page


def asked(client: Client, till: TestTill, key: str, reason: str = "Mauvais pass scanné.") -> str:
    return text(client.post(f"{base(till)}{key}/demander/", {"reason": reason}, follow=True))


def test_within_the_quarter_of_an_hour_it_is_undone_afterwards_it_is_asked(tablet, till, monkeypatch):
    key = redeem(till, code_of(make_batch()))
    assert "Demander l’annulation" not in text(tablet.get(f"{base(till)}{key}/"))
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    page = text(tablet.get(f"{base(till)}{key}/"))
    assert "C’était une erreur" not in page
    assert "Demander l’annulation" in page
    assert "l’opérateur seul répond" in page
    assert "Demande envoyée. L’opérateur doit l’approuver." in asked(tablet, till, key)
    with acting(OPERATOR):
        request = VoidRequest.objects.get()
    assert (request.device_id, request.asked_by) == (till.device.pk, None)
    for address in (f"{base(till)}{key}/", f"{base(till)}journee/"):
        page = text(tablet.get(address))
        assert "annulation demandée" in page
        assert "L’opérateur doit répondre à votre demande." in page
        assert "Demander l’annulation" not in page


def test_a_person_at_the_counter_asks_in_their_own_name(client, till, monkeypatch):
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    key, agent = redeem(till, code_of(make_batch())), make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    agent.log_in(client)
    assert "votre responsable ou l’opérateur" in text(client.get(f"{base(till)}{key}/"))
    assert "Demande envoyée. Une autre personne doit l’approuver." in asked(client, till, key)
    with acting(OPERATOR):
        assert VoidRequest.objects.get().asked_by == agent.user.pk


def test_without_a_reason_nothing_is_asked(tablet, till, monkeypatch):
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    key = redeem(till, code_of(make_batch()))
    assert "Écrivez pourquoi annuler" in asked(tablet, till, key, reason=" ")
    with acting(OPERATOR):
        assert not VoidRequest.objects.exists()


def test_the_answer_is_in_the_day_s_list(tablet, till, manager, monkeypatch):
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    batch = make_batch()
    kept, gone = (redeem(till, code_of(batch, position=n)) for n in (1, 2))
    for key in (kept, gone):
        asked(tablet, till, key)
    with acting(manager.principal), pytest.raises(OperatorDecides):
        approve_void(request=VoidRequest.objects.get(redemption=gone))
    with acting(make_operator("agent").principal):
        refuse_void(request=VoidRequest.objects.get(redemption=kept), answer="L’aide a été donnée.")
        approve_void(request=VoidRequest.objects.get(redemption=gone))
    page = text(tablet.get(f"{base(till)}journee/"))
    assert "Annulation refusée : L’aide a été donnée." in page
    assert "1 annulé 10 €" in page


def test_a_claimed_line_says_so_and_points_to_the_incident(tablet, till, scheme, monkeypatch):
    monkeypatch.setattr(rules, "VOID_WINDOW", timedelta(0))
    key = redeem(till, code_of(make_batch()))
    pay(scheme, till)
    assert "Déjà dans un paiement" in text(tablet.get(f"{base(till)}journee/"))
    assert "devient un incident" in text(tablet.get(f"{base(till)}{key}/"))
    asked(tablet, till, key)
    with acting(make_operator("agent").principal):
        assert isinstance(approve_void(request=VoidRequest.objects.get()), Incident)
    for address in (f"{base(till)}{key}/", f"{base(till)}journee/"):
        page = text(tablet.get(address))
        assert "l’opérateur en a fait un incident" in page
        assert "Demander l’annulation" not in page


def test_nobody_asks_about_another_counters_line(tablet, till):
    batch, sister = make_batch(), make_till(actor=till.site.actor)
    for other in (sister, make_till()):
        key = redeem(other, code_of(batch, position=1 if other is sister else 2))
        assert tablet.post(f"{base(till)}{key}/demander/", {"reason": "x"}).status_code == 404
        assert tablet.post(f"{base(other)}{key}/demander/", {"reason": "x"}).status_code == 404
    assert tablet.post(f"{base(till)}{uuid.uuid4()}/demander/", {"reason": "x"}).status_code == 404
