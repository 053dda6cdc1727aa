"""Pages of qualification: they open, say what they must, cost a fixed number of queries, and refuse kindly."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors import bank_accounts, sites
from actors.models import Actor, Site
from aptic.accounts.models import Role
from aptic.tenancy.principal import acting
from qualification import services
from qualification.models import Application, Cap
from qualification.suspension import suspend_actor
from tests.actors.network import IBAN, make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.world import LIBOURNE, METROPOLE, accept, apply, set_cap

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    person = make_operator()
    person.log_in(client)
    return person


def url(name, member, *args):
    return reverse(name, args=[member.organisation.pk, *args])


def text(response):
    return response.content.decode().replace("\xa0", " ")


def test_an_application_is_accepted_from_its_page(client, operator):
    set_cap(1)
    application = apply()
    assert application.organisation_name in text(client.get(url("operator_applications", operator)))
    address = url("operator_application", operator, application.pk)
    page = text(client.get(address))
    assert "Accepter la candidature" in page
    assert "Le prix de cette décision" in page
    assert "Bordeaux Métropole" in page
    response = client.post(address)
    assert response.status_code == 302
    page = text(client.get(response.url))
    assert application.site_name in page
    assert "Bordeaux Métropole" in page
    assert "Acceptée" in text(client.get(address))


def test_a_full_territory_offers_the_waiting_list(client, operator):
    set_cap(1)
    accept()
    late = apply()
    address = url("operator_application", operator, late.pk)
    page = text(client.get(address))
    assert "complet" in page
    assert "Accepter la candidature" not in page
    response = client.post(address)  # whoever kept an older page open
    assert response.status_code == 409
    assert "Le plafond de ce territoire est atteint" in text(response)
    wait = url("operator_application_wait", operator, late.pk)
    assert "à corriger" in text(client.post(wait, {"reason": " "}))
    assert client.post(wait, {"reason": "Complet jusqu’en mars."}).status_code == 302
    page = text(client.get(address))
    assert "Rang sur la liste d’attente" in page
    assert late.organisation_name in text(client.get(url("operator_applications", operator), {"etat": "waiting"}))


def test_a_territory_without_a_cap_leads_to_setting_it(client, operator):
    application = apply()
    assert "Aucun plafond n’est fixé" in text(client.get(url("operator_application", operator, application.pk)))
    page = text(client.get(url("operator_caps", operator)))
    assert "1 candidature l’attend" in page
    address = url("operator_cap", operator, METROPOLE)
    assert address in page
    data = {"cap": "2", "exceptions": "1"}
    assert "Une exception doit être motivée" in text(client.post(address, data))
    assert client.post(address, data | {"exception_reason": "Deux rives."}).status_code == 302
    page = text(client.get(url("operator_caps", operator)))
    assert "Bordeaux Métropole" in page
    assert "Deux rives." in page
    accept(application)
    accept()
    accept()
    assert "inférieur au nombre" in text(client.post(address, {"cap": "1", "exceptions": "0"}))


def test_a_cap_is_set_by_any_commune_of_its_territory(client, operator):
    address = url("operator_cap_create", operator)
    given = {"commune": "Bègles", "level": "epci", "cap": "4", "exceptions": "0"}
    assert client.post(address, given).status_code == 302
    assert client.post(address, {**given, "level": "departement"}).status_code == 302
    with acting(OPERATOR):
        assert sorted(Cap.objects.values_list("pk", flat=True)) == ["departement:33", METROPOLE]
    for wrong in ({"commune": "Nulle part"}, {"commune": ""}, {"cap": "-1"}, {"cap": "x"}):
        assert "à corriger" in text(client.post(address, {**given, **wrong}))
    assert client.get(url("operator_cap", operator, "epci:000000000")).status_code == 404


def test_caps_are_found_by_the_name_of_any_commune_and_the_fullest_come_first(client, operator):
    set_cap(3)
    set_cap(1, "epci:200070092")
    accept(commune=LIBOURNE)
    address = url("operator_caps", operator)
    page = text(client.get(address))
    assert page.index("Libournais") < page.index("Bordeaux Métropole")
    assert "places libres <b" in page
    for typed in ("bègles", "33130", "bordeaux métropole"):
        page = text(client.get(address, {"q": typed}))
        assert "Bordeaux Métropole" in page, typed
        assert "Libournais" not in page, typed
    assert "Aucun territoire plafonné" in text(client.get(address, {"q": "zzz"}))


def test_a_refusal_is_given_with_its_reason(client, operator):
    application = apply()
    address = url("operator_application_refuse", operator, application.pk)
    assert "Refuser la candidature ?" in text(client.get(address))
    assert client.post(address, {"reason": "Hors du périmètre."}).status_code == 302
    assert "Hors du périmètre." in text(client.get(url("operator_application", operator, application.pk)))
    assert "déjà reçu une réponse" in text(client.post(address, {"reason": "Encore."}))


def test_an_actor_is_suspended_and_reinstated_from_its_page(client, operator):
    actor = make_actor()
    address = url("operator_actor", operator, actor.organisation.pk)
    suspend = url("operator_actor_suspend", operator, actor.organisation.pk)
    assert "à corriger" in text(client.post(suspend, {"reason": ""}))
    assert client.post(suspend, {"reason": "Charte non respectée."}).status_code == 302
    page = text(client.get(address))
    assert "Charte non respectée." in page
    assert "Rétablir cet acteur" in page
    with acting(OPERATOR):
        assert Actor.objects.get().state == "suspended"
    assert client.post(url("operator_actor_reinstate", operator, actor.organisation.pk)).status_code == 302
    assert "Suspendre cet acteur" in text(client.get(address))


def test_the_operator_opens_closes_and_reopens_a_site(client, operator):
    actor = make_actor()
    address = url("operator_site_open", operator, actor.organisation.pk)
    data = {"name": "Second", "address": "2 rue", "commune": "Libourne", "phone": "0500000000", "services": ["1"]}
    assert "Aucun plafond n’est fixé" in text(client.post(address, data))
    set_cap(1, "epci:200070092")
    assert client.post(address, data).status_code == 302
    with acting(OPERATOR):
        site = Site.objects.get(name="Second")
    close = url("operator_site_close", operator, site.pk)
    assert "Fermer Second ?" in text(client.get(close))
    assert client.post(close, {"reason": "Local fermé."}).status_code == 302
    page = text(client.get(url("operator_actor", operator, actor.organisation.pk)))
    assert "Local fermé." in page
    assert "Libournais" in page
    assert client.post(url("operator_site_reopen", operator, site.pk)).status_code == 302


def test_a_bank_account_is_approved_by_another_person(client, operator):
    actor = make_actor()
    with acting(operator.principal):
        account = bank_accounts.propose_bank_account(actor=actor.organisation, holder="Essai", iban=IBAN)
    assert "coordonnées à approuver" in text(client.get(url("operator_actors", operator)))
    address = url("operator_bank_account_approve", operator, account.pk)
    page = text(client.get(address))
    assert "une autre personne doit l’approuver" in page
    assert IBAN not in page
    assert client.post(address).status_code == 403
    make_operator(Role.FINANCE).log_in(client)
    assert "Approuver ce compte" in text(client.get(address))
    assert client.post(address).status_code == 302
    assert client.get(address).status_code == 404
    assert "0189" in text(client.get(url("operator_actor", operator, actor.organisation.pk)))


def counted(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_cost_the_same_queries_however_long(client, operator):
    set_cap(30)
    actor, one = accept(), apply()
    pages = {
        url("operator_applications", operator): 15,
        url("operator_caps", operator): 20,
        url("operator_actors", operator): 14,
        url("operator_actor", operator, actor.pk): 20,
        url("operator_application", operator, one.pk): 28,
    }
    client.get(url("operator_applications", operator))  # the first page after a log-in writes to the session
    before = {address: counted(client, address) for address in pages}
    for _ in range(4):
        accept()
        apply()
    set_cap(3, "epci:200070092")
    for _ in range(2):
        accept(commune=LIBOURNE)
        apply(commune=LIBOURNE)
    with acting(OPERATOR):
        for n in range(4):
            sites.open_site(actor=actor, name=f"Lieu {n}", address="1", commune=one.commune, phone="0500000000")
    assert {address: counted(client, address) for address in pages} == before
    assert {address: count for address, count in before.items() if count > pages[address]} == {}


def test_finance_reads_and_does_not_decide(client):
    finance = make_operator(Role.FINANCE)
    finance.log_in(client)
    set_cap(2)
    application = apply()
    assert "Accepter la candidature" not in text(client.get(url("operator_application", finance, application.pk)))
    assert client.post(url("operator_application", finance, application.pk)).status_code == 403
    for name in ("operator_application_wait", "operator_application_refuse"):
        assert client.get(url(name, finance, application.pk)).status_code == 403
    assert client.get(url("operator_cap", finance, METROPOLE)).status_code == 403
    actor = accept(application)
    assert client.get(url("operator_actor_suspend", finance, actor.pk)).status_code == 403
    assert "Suspendre" not in text(client.get(url("operator_actor", finance, actor.pk)))


def test_empty_lists_say_what_will_come(client, operator):
    assert "Rien à étudier" in text(client.get(url("operator_applications", operator)))
    assert "Personne n’attend" in text(client.get(url("operator_applications", operator), {"etat": "waiting"}))
    assert "Aucune pour l’instant" in text(client.get(url("operator_applications", operator), {"etat": "refused"}))
    assert "Aucun plafond pour l’instant" in text(client.get(url("operator_caps", operator)))
    assert "Aucun acteur pour l’instant" in text(client.get(url("operator_actors", operator)))
    assert "Aucun nom ne commence ainsi" in text(client.get(url("operator_actors", operator), {"q": "zz"}))


def test_strangers_find_nothing(client):
    operator, application = make_operator(), apply()
    make_funder().log_in(client)
    for name in ("operator_applications", "operator_caps", "operator_actors"):
        assert client.get(url(name, operator)).status_code == 404
    assert client.get(url("operator_application", operator, application.pk)).status_code == 404
    client.logout()
    assert client.get(url("operator_actors", operator)).status_code == 302


def test_a_suspension_is_shown_to_the_actor(client):
    actor = make_actor()
    with acting(make_operator().principal):
        suspend_actor(actor=actor.organisation, reason="Signalement.")
    actor.manager.log_in(client)
    assert "Votre organisation est suspendue" in text(client.get(reverse("actor_sites", args=[actor.organisation.pk])))


def test_a_decision_is_kept_when_the_clock_is_given():
    application = apply()
    with acting(make_operator().principal):
        services.refuse(application=application, reason="Non.", at=application.submitted_at)
        assert Application.objects.get().decided_at == application.submitted_at
