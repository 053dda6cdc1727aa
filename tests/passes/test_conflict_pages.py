"""The pages of what goes wrong after the fact: the operator's queue, the two people, and what an actor reads."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.devices import revoke_device
from aptic.audit.models import Event
from aptic.ledger.models import GuaranteeFunding
from aptic.tenancy.principal import Hat, Principal, acting
from passes import offline
from passes.models import Held, Incident, OfflineCeiling, Redemption, VoidRequest
from passes.void_requests import request_void
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_member, make_operator
from tests.passes.conflicts import double_spend, fund_guarantee, incident, line, prepare, upload
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
D = Incident.Decision


@pytest.fixture
def people():
    """Two finance people of the operator with their browsers."""
    members = [make_operator("finance"), make_operator("finance")]
    return [(member, member.log_in(Client())) for member in members]


@pytest.fixture
def batch():
    return make_batch()


def url(name, member, *args):
    return reverse(name, args=[member.organisation.pk, *args])


def text(answer):
    """The page's words, spaces made plain."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(words).replace("\xa0", " "))


def test_an_incident_goes_from_the_queue_to_its_end(people, batch):
    (first, one), (_, two) = people
    fund_guarantee(Scheme(), 5000)
    opened = double_spend(make_till(), make_till(), batch)
    queue = text(one.get(url("operator_incidents", first)))
    assert "Pass déjà utilisé" in queue
    assert "La garantie" in queue
    page = url("operator_incident", first, opened.pk)
    shown = text(one.get(page))
    assert "a pris sans réseau un pass de 10 €" in shown
    assert "sans réseau il ne pouvait pas le savoir" in shown
    assert one.post(page, {"prepare": 1, "decision": "guarantee"}).status_code == 302
    assert "Vous avez préparé cette décision" in text(one.get(page))
    assert "Approuver cette décision" not in text(one.get(page))
    one.post(page, {"approve": "guarantee"})
    assert incident(opened.pk).state == "prepared"  # one person alone
    assert "Approuver cette décision" in text(two.get(page))
    two.post(page, {"approve": "guarantee"})
    assert incident(opened.pk).state == "closed"
    assert "La garantie paie le lieu." in text(two.get(page))
    assert "Pass déjà utilisé" in text(one.get(url("operator_incidents", first), {"etat": "closed"}))
    assert "Aucun incident ici" in text(one.get(url("operator_incidents", first)))


def test_what_cannot_be_done_is_said_on_the_page(people, batch):
    (first, one), (_, two) = people
    opened = double_spend(make_till(), make_till(), batch)
    page = url("operator_incident", first, opened.pk)
    answer = one.post(page, {"prepare": 1, "decision": "site"})
    assert "Écrivez pourquoi." in text(answer)
    one.post(page, {"prepare": 1, "decision": "guarantee"})
    assert "La garantie n’a plus que 0 €" in text(two.post(page, {"approve": "guarantee"}, follow=True))
    assert incident(opened.pk).state == "prepared"
    two.post(page, {"back": 1})
    assert incident(opened.pk).state == "open"


def test_filters(people, batch):
    (first, one), _ = people
    double_spend(make_till(), make_till(), batch)
    page = url("operator_incidents", first)
    assert "Pass déjà utilisé" in text(one.get(page, {"porteur": "guarantee", "q": "asso"}))
    assert "Aucun incident ici" in text(one.get(page, {"porteur": "site"}))
    assert "Aucun incident ici" in text(one.get(page, {"etat": "late"}))


def test_an_agent_of_the_operator_reads_and_does_not_decide(batch):
    agent = make_operator("agent")
    client = agent.log_in(Client())
    opened = double_spend(make_till(), make_till(), batch)
    page = url("operator_incident", agent, opened.pk)
    assert "Préparer cette décision" not in text(client.get(page))
    client.post(page, {"prepare": 1, "decision": "guarantee"})
    assert incident(opened.pk).state == "open"
    for name in ("operator_guarantee", "operator_held", "operator_offline_ceiling"):
        assert client.get(url(name, agent)).status_code == 403


def test_the_guarantee_is_fed_by_two_people(people):
    (first, one), (_, two) = people
    page = url("operator_guarantee", first)
    form = url("operator_guarantee_funding", first)
    assert "Rien dans la garantie" in text(one.get(page))
    bad = one.post(form, {"amount_cents": "50", "bank_reference": "VIR 9", "received_on": "2099-01-01"})
    assert "Ce jour n’est pas encore venu" in text(bad)
    one.post(form, {"amount_cents": "50", "bank_reference": "VIR 9", "received_on": "2026-01-02"})
    with acting(OPERATOR):
        funding = GuaranteeFunding.objects.get()
    assert "Confirmer, papier en main" not in text(one.get(page))
    one.post(page, {"funding": funding.pk, "confirm": 1})
    for unknown in ("abc", "", str(first.user.pk)):
        assert two.post(page, {"funding": unknown, "confirm": 1}).status_code == 404
    assert "Confirmer, papier en main" in text(two.get(page))
    assert "50 € dans la garantie aujourd’hui" in text(
        two.post(page, {"funding": funding.pk, "confirm": 1}, follow=True)
    )


def test_the_ceiling_is_three_figures_in_the_trail(people):
    (first, one), _ = people
    page = url("operator_offline_ceiling", first)
    assert 'value="200"' in one.get(page).content.decode()
    one.post(page, {"amount_cents": "150", "passes": "20", "hours": "48"})
    with acting(OPERATOR):
        assert offline.ceiling() == offline.Ceiling(15000, 20, 48)
        event = Event.objects.get(verb="offline_ceiling_set")
    assert set(event.fields) == {"amount_cents", "hours"}
    assert "72" in text(one.post(page, {"amount_cents": "150", "passes": "20", "hours": "73"}))
    assert "ne peut pas dépasser 10 000 €" in text(
        one.post(page, {"amount_cents": "25 000 000", "passes": 20, "hours": 48})
    )
    with acting(OPERATOR):
        assert OfflineCeiling.objects.get().hours == 48


def test_held_lines_are_ticked_proposed_and_approved(people, batch):
    (first, one), (_, two) = people
    till = make_till()
    sent = [line(code_of(batch, position=n), minutes=30 + n) for n in (1, 2, 3)]
    with acting(OPERATOR):
        revoke_device(device=till.device)
    upload(till, *sent)
    page, approve = url("operator_held", first), url("operator_held_approve", first)
    assert "Cochez au moins un encaissement" in text(one.post(page, {"prepare": "release"}))
    keys = [each["id"] for each in sent]
    assert "Écrivez pourquoi" in text(one.post(page, {"prepare": "refuse", "lines": keys[:1]}))
    one.post(page, {"prepare": "release", "lines": keys[:2]})
    one.post(page, {"prepare": "refuse", "lines": keys[2:], "reason": "Sans rendez-vous."})
    shown = text(two.get(page))
    assert "accepter 2 encaissements, 20 €" in shown
    assert "refuser 1 encaissement, 10 €" in shown
    assert "Vous avez préparé" in text(one.post(approve, {"lines": keys[:2], "release": 1, "approve": 1}, follow=True))
    make_till().redeem(sent[1]["code"])
    done = text(two.post(approve, {"lines": keys[:2], "release": 1, "approve": 1}, follow=True))
    assert "2 encaissements acceptés. 1 est devenu un incident." in done
    two.post(approve, {"lines": keys[2:], "release": 0, "approve": 1})
    with acting(OPERATOR):
        assert sorted(Held.objects.values_list("state", flat=True)) == ["refused", "released", "released"]
    assert two.post(approve, {"lines": ["x"], "release": 1}).status_code == 302
    assert two.get(approve).status_code == 302


def test_a_request_is_asked_at_the_counter_and_answered_by_a_manager(batch):
    till = make_till()
    key = till.redeem(code_of(batch)).json()["id"]
    agent, manager = (
        make_member(till.site.actor, Hat.ACTOR, role, name=f"Nom {role}") for role in ("agent", "manager")
    )
    at_the_counter, office = agent.log_in(Client()), manager.log_in(Client())
    ask = url("void_request", agent, key)
    assert at_the_counter.get(ask).status_code == 405
    at_the_counter.post(ask, {"reason": " "})
    with acting(OPERATOR):
        assert not VoidRequest.objects.exists()
    answer = at_the_counter.post(ask, {"reason": "Mauvais pass."})
    assert answer.url == reverse("counter_done", args=[till.site.actor_id, till.site.pk, key])
    with acting(OPERATOR):
        asked = VoidRequest.objects.get()
    listed = text(office.get(url("actor_incidents", manager)))
    assert "Mauvais pass." in listed
    assert "Nom agent" in listed
    page = url("actor_void_request", manager, asked.pk)
    assert at_the_counter.get(page).status_code == 403
    assert "Pourquoi refuser : Ce champ est obligatoire" in text(office.post(page, {"refuse": 1, "answer": ""}))
    office.post(page, {"approve": 1})
    with acting(OPERATOR):
        assert Redemption.objects.get(pk=key).is_voided
    assert "Annulé" in text(office.get(page))


def test_what_a_device_asks_shows_its_manager_why_there_is_no_button(people, batch):
    (first, one), _ = people
    till = make_till()
    key = till.redeem(code_of(batch)).json()["id"]
    with acting(Principal(hat=Hat.ACTOR, organisation_id=till.site.actor_id, site_id=till.site.pk)):
        asked = request_void(
            redemption=Redemption.objects.get(pk=key), reason="Mauvais pass.", device_id=till.device.pk
        )
    manager = make_member(till.site.actor, Hat.ACTOR, "manager")
    office = manager.log_in(Client())
    assert "L’opérateur seul : un appareil ne dit pas qui s’en servait." in text(
        office.get(url("actor_incidents", manager))
    )
    page = url("actor_void_request", manager, asked.pk)
    shown = text(office.get(page))
    assert "L’opérateur seul y répond" in shown
    assert "Annuler l’encaissement" not in shown
    assert "Ou refuser" not in shown
    assert "l’opérateur seul y répond" in text(office.post(page, {"approve": 1}, follow=True))
    assert "1 demande d’annulation" in text(one.get(url("operator_home", first)))
    assert "L’opérateur seul" in text(one.get(url("operator_void_requests", first)))
    one.post(url("operator_void_request", first, asked.pk), {"approve": 1})
    with acting(OPERATOR):
        assert Redemption.objects.get(pk=key).is_voided
    assert "1 demande d’annulation" not in text(one.get(url("operator_home", first)))


def test_a_scanner_asks_only_at_its_own_sites_and_a_stranger_nowhere(batch):
    till = make_till()
    key = till.redeem(code_of(batch)).json()["id"]
    scanner = make_member(till.site.actor, Hat.ACTOR, "scanner")
    stranger = make_member(make_till().site.actor, Hat.ACTOR, "manager")
    for member in (scanner, stranger):
        assert member.log_in(Client()).post(url("void_request", member, key), {"reason": "Non."}).status_code == 404


def test_the_operator_answers_too_and_a_paid_line_becomes_an_incident(people, batch, settings):
    (first, one), (_, two) = people
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    scheme, till = Scheme(), make_till()
    key = till.redeem(code_of(batch)).json()["id"]
    agent = make_member(till.site.actor, Hat.ACTOR, "agent")
    with acting(agent.principal):
        asked = request_void(redemption=Redemption.objects.get(pk=key), reason="Erreur.")
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    scheme.send(scheme.prepare())
    assert "Erreur." in text(one.get(url("operator_void_requests", first)))
    page = url("operator_void_request", first, asked.pk)
    assert "déjà dans un paiement" in text(one.post(page, {"approve": 1}, follow=True))
    assert "Motif de la demande" in text(one.get(url("operator_incident", first, key)))
    prepare(scheme.first, incident(key), D.REPAID)
    two.post(url("operator_incident", first, key), {"approve": "repaid"})
    assert "À faire : noter le remboursement" in text(one.get(url("operator_incident", first, key)))
    repaid = url("operator_incident_repaid", first, key)
    assert one.get(repaid).status_code == 200
    assert one.post(repaid, {"bank_reference": ""}).status_code == 200
    one.post(repaid, {"bank_reference": "VIR 12"})
    assert incident(key).state == "closed"
    assert "Virement VIR 12." in text(one.get(url("operator_incident", first, key)))


def test_an_actor_reads_its_own_and_who_bears(batch):
    first, second = make_till(), make_till()
    double_spend(first, second, batch)
    stopped = make_till(actor=second.site.actor)
    with acting(OPERATOR):
        revoke_device(device=stopped.device)
    upload(stopped, line(code_of(batch, position=2)))
    member = make_member(second.site.actor, Hat.ACTOR, "agent")
    shown = text(member.log_in(Client()).get(url("actor_incidents", member)))
    assert "L’opérateur instruit ; deux personnes décident." in shown
    assert "La garantie" in shown
    assert "L’opérateur vérifie" in shown
    other = make_member(first.site.actor, Hat.ACTOR, "agent")
    assert "Aucun incident" in text(other.log_in(Client()).get(url("actor_incidents", other)))


def test_the_number_of_queries_does_not_grow_with_the_queue(people, django_assert_max_num_queries):
    (first, one), _ = people
    batch, till, other = make_batch(), make_till(), make_till()
    for position in range(1, 9):
        double_spend(till, other, batch, position)
    with django_assert_max_num_queries(25):
        one.get(url("operator_incidents", first))


def test_every_amount_leads_to_a_page_that_answers(people, batch):
    (first, one), _ = people
    first_till, till = make_till(), make_till()
    opened = double_spend(first_till, till, batch)
    key = till.redeem(code_of(batch, position=2)).json()["id"]
    agent = make_member(till.site.actor, Hat.ACTOR, "agent")
    with acting(agent.principal):
        request_void(redemption=Redemption.objects.get(pk=key), reason="Erreur.")
    stopped = make_till(actor=till.site.actor)
    with acting(OPERATOR):
        revoke_device(device=stopped.device)
    upload(stopped, line(code_of(batch, position=3)))
    pages = [
        (first, one, url(name, first, *args)) for name, args in (
            ("operator_incidents", []), ("operator_incident", [opened.pk]), ("operator_held", []),
            ("operator_void_requests", []), ("operator_guarantee", []),
        )
    ]  # fmt: skip
    manager = make_member(till.site.actor, Hat.ACTOR, "manager")
    office = manager.log_in(Client())
    with acting(OPERATOR):
        asked = VoidRequest.objects.get()
    pages += [(manager, office, url("actor_incidents", manager))]
    pages += [(manager, office, url("actor_void_request", manager, asked.pk))]
    for _, client, page in pages:
        links = re.findall(r'<a class="money" href="([^"]+)"', client.get(page).content.decode())
        assert links, page
        for link in set(links):
            assert client.get(html.unescape(link), follow=True).status_code == 200, (page, link)
