"""The hub's space: what each page says, what it never says, how many queries it costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from funders.models import Campaign
from impact import coverage
from impact import hub as hub_module
from impact.models import Coverage
from qualification.models import Plan, PlanTask
from tests.factories import OPERATOR, make_funder, make_member
from tests.impact.test_coverage import make_site, measure
from tests.qualification.hubs import GIRONDE, METROPOLE, begin, bought, consent, earned, make_hub, manager_of, take_back
from tests.qualification.world import apply

pytestmark = pytest.mark.django_db
PAGES = ("hub_home", "hub_actors", "hub_applications", "hub_funders", "hub_plan")


def url(name, member, *rest):
    return reverse(name, args=[member.organisation.pk, *rest])


def plain(response):
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.fixture
def hub(client):
    member = make_hub(METROPOLE)
    member.log_in(client)
    return member


def page(client, name, member, *rest, **query):
    answer = client.get(url(name, member, *rest), query)
    assert answer.status_code == 200, name
    return plain(answer)


def counted(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


def test_before_anything_there_is_what_will_come(client, hub):
    home = page(client, "hub_home", hub)
    assert "Bordeaux Métropole" in home
    assert "La couverture n’est pas encore mesurée" in home
    assert "Aucun plan n’est ouvert" in home
    assert "Aucun acteur sur ce territoire" in page(client, "hub_actors", hub)
    assert "Aucune candidature en cours" in page(client, "hub_applications", hub)
    assert "Aucune opération" in page(client, "hub_funders", hub)
    assert "Ouvrir un plan" in page(client, "hub_plan", hub)


def test_without_a_territory_the_space_says_whom_to_ask(client, hub):
    take_back(hub)
    assert "Aucun territoire ne vous est confié" in page(client, "hub_home", hub)
    for name in PAGES[1:]:
        answer = client.get(url(name, hub))
        assert answer.status_code == 409
        assert "Aucun territoire ne vous est confié aujourd’hui." in plain(answer)


def test_home_tells_the_territory(client, hub):
    first, second = make_site(), make_site(hours="", services=[1])
    earned(first.actor, 12_000_00)
    earned(second.actor, 18_000_00)
    measure_without_ratio()
    apply()
    bought(make_funder(), territories=(METROPOLE,))
    home = page(client, "hub_home", hub)
    assert "pas encore opérationnel" in home
    assert "Ce qui manque" in home
    for words in ("acteurs y ont un lieu ouvert", "candidature en cours", "commanditaire y a une opération en cours"):
        assert words in home
    assert "Moins de 15 k€" in home
    assert "De 15 à 25 k€" in home
    assert "12 000" not in home


def measure_without_ratio():
    """Coverage, with the ratios that the test wrote kept as they are."""
    with acting(OPERATOR):
        now, places, after = timezone.now(), coverage.places_of_help(), ""
        while (step := coverage.measure_chunk(places, after=after, at=now))[1]:
            after = step[0]
        coverage.measure_territories(at=now)


def test_a_wide_territory_names_its_parts_that_lack_something(client):
    hub = make_hub(GIRONDE)
    hub.log_in(client)
    assert "Intercommunalité par" not in page(client, "hub_home", hub)  # not measured yet
    make_site()
    measure()
    home = page(client, "hub_home", hub)
    assert "<b>0</b> sur 28 est opérationnelle." in home
    assert "Bordeaux Métropole : trop peu d’acteurs" in home
    assert home.count(" : aucun lieu") == hub_module.MOST_PARTS - 1
    assert 'aria-label="Territoires opérationnels"' in home
    for territory, has_map in (("region:75", True), (METROPOLE, False)):
        wider = make_hub(territory)
        wider.log_in(client)
        assert ("fill-opacity" in page(client, "hub_home", wider)) == has_map
    hub.log_in(client)
    assert counted(client, url("hub_home", hub)) <= 30


def test_actors_are_filtered_and_say_no_amount_unless_they_consent(client, hub):
    poor, rich, silent = make_site(), make_site(), make_site()
    for site, name, cents in ((poor, "Alpha", 3_000_00), (rich, "Bêta", 27_000_00), (silent, "Gamma", 27_500_00)):
        with acting(OPERATOR):
            site.actor.name = name
            site.actor.save()
        earned(site.actor, cents)
    consent(manager_of(rich.actor), hub)
    listed = page(client, "hub_actors", hub)
    assert "27 000 €" in listed
    for amount in ("3 000", "27 500"):
        assert amount not in listed
    above = page(client, "hub_actors", hub, tranche="above")
    assert ("Alpha" in above, "Bêta" in above, "Gamma" in above) == (False, True, True)
    assert "Alpha" in page(client, "hub_actors", hub, tranche="under")
    assert "Rien ne correspond" in page(client, "hub_actors", hub, etat="suspended")
    assert "Bêta" in page(client, "hub_actors", hub, q="beta")
    assert "27 000 €" in page(client, "hub_actor", hub, rich.actor_id)
    quiet = page(client, "hub_actor", hub, silent.actor_id)
    assert "ne partage pas ses montants" in quiet
    assert "27 500" not in quiet
    elsewhere = make_site("33243")
    assert client.get(url("hub_actor", hub, elsewhere.actor_id)).status_code == 404


def test_applications_and_operations_by_state(client, hub):
    one = apply()
    assert one.organisation_name in page(client, "hub_applications", hub)
    assert one.organisation_name not in page(client, "hub_applications", hub, etat="acceptees")
    shares, hides = make_funder(), make_funder()
    bought(shares, name="Partagée", territories=(METROPOLE,), booklets=7)
    bought(hides, name="Discrète", territories=(METROPOLE,), booklets=9)
    coming = timezone.localdate() + timedelta(days=5)
    bought(hides, name="Bientôt", territories=(METROPOLE,), starts_on=coming, ends_on=coming)
    consent(shares, hub)
    listed = page(client, "hub_funders", hub)
    assert "700 €, en pass de 10 €" in listed
    assert "90" in listed  # how many passes
    assert "900 €" not in listed
    assert "Bientôt" not in listed
    assert "Bientôt" in page(client, "hub_funders", hub, etat="a-venir")
    with acting(OPERATOR):
        Campaign.objects.filter(name="Discrète").update(state="closed")
    assert "Discrète" in page(client, "hub_funders", hub, etat="terminees")


def test_a_plan_from_opening_to_operational(client, hub):
    assert client.post(url("hub_plan_begin", hub)).url == url("hub_plan_edit", hub)
    late = timezone.localdate() - timedelta(days=2)
    client.post(url("hub_plan_edit", hub), {"diagnosis": "Le sud est loin.", "aimed_on": "2027-06-30"})
    shown = page(client, "hub_plan", hub)
    assert "Le sud est loin." in shown
    assert "30 juin 2027" in shown
    assert "à corriger" in plain(client.post(url("hub_plantask_create", hub), {"step": "actors", "text": ""}))
    given = {"step": "actors", "text": "Ouvrir une tournée", "who": "Le Fil", "due_on": late.isoformat()}
    assert client.post(url("hub_plantask_create", hub), given).status_code == 302
    assert "en retard" in page(client, "hub_plan", hub)
    assert "Ouvrir une tournée (Le Fil)" in page(client, "hub_home", hub)
    with acting(hub.principal):
        task = PlanTask.objects.get()
    answer = client.post(url("hub_plantask_mark", hub, task.pk), {"faite": "1"})
    assert answer.url == url("hub_plan", hub) + "#actors"
    assert f"par {hub.user.full_name}" in page(client, "hub_plan", hub)
    assert "1 sur 1" in page(client, "hub_plan", hub)
    client.post(url("hub_plantask_mark", hub, task.pk), {"faite": "0"})
    assert "rouverte le" in page(client, "hub_plan", hub)
    client.post(url("hub_plantask", hub, task.pk), {**given, "text": "Ouvrir deux tournées"})
    assert "Ouvrir deux tournées" in page(client, "hub_plan", hub)
    assert "Ouvrir deux tournées" in page(client, "hub_plantask_remove", hub, task.pk)
    client.post(url("hub_plantask_remove", hub, task.pk))
    assert "Ouvrir deux tournées" not in page(client, "hub_plan", hub)
    assert "ne se modifient plus" in page(client, "hub_plan_end", hub)
    client.post(url("hub_plan_end", hub))
    assert "Plans clos" in page(client, "hub_plan", hub)
    assert client.get(url("hub_plantask", hub, task.pk)).status_code == 404


def test_tasks_are_proposed_by_what_is_missing(client, hub):
    begin(hub)
    make_site(hours="", services=[1])
    measure()
    done = client.post(url("hub_plan_propose", hub), follow=True)
    assert "tâches proposées" in plain(done)
    with acting(hub.principal):
        gaps = set(PlanTask.objects.values_list("gap", flat=True))
    with acting(OPERATOR):
        missing = set(Coverage.objects.get(pk=METROPOLE).missing)
    assert gaps == missing | {"share", "no_funder", "announce"}
    assert "Rien de nouveau" in plain(client.post(url("hub_plan_propose", hub), follow=True))
    with acting(OPERATOR):  # what was missing is there
        make_site()
    measure()
    assert "la couverture ne le demande plus" in page(client, "hub_plan", hub)


def test_a_territory_is_noted_operational_when_coverage_says_so(client, hub):
    begin(hub)
    today = timezone.localdate()
    address = url("hub_plan_reach", hub)
    refused = client.post(address, {"reached_on": today.isoformat()})
    assert refused.status_code == 409
    assert "nomme encore ce qui manque" in plain(refused)
    first = make_site()
    for _ in range(30):
        make_site(actor=first.actor)
    make_site()
    measure()
    assert "Noter ce jour" in page(client, "hub_plan", hub)
    assert client.post(address, {"reached_on": ""}).status_code == 422
    later = client.post(address, {"reached_on": (today + timedelta(days=1)).isoformat()})
    assert later.status_code == 409
    assert "Ce jour est à venir" in plain(later)
    assert client.post(address, {"reached_on": today.isoformat()}).status_code == 302
    assert "opérationnel depuis le" in page(client, "hub_home", hub)
    client.post(address, {"effacer": "1"})
    with acting(hub.principal):
        assert Plan.objects.get().reached_on is None


def test_who_only_reads_finds_no_button(client, hub):
    begin(hub)
    reader = make_member(hub.organisation, Hat.HUB, Role.FINANCE)
    reader.log_in(client)
    shown = page(client, "hub_plan", reader)
    for words in ("Proposer les tâches", "Ajouter une tâche", "Clore ce plan", "Modifier le diagnostic"):
        assert words not in shown
    for name in ("hub_plan_begin", "hub_plan_edit", "hub_plan_propose", "hub_plantask_create", "hub_plan_reach"):
        assert client.post(url(name, reader)).status_code == 403, name


def test_pages_cost_the_same_queries_however_long(client, hub):
    plan = begin(hub)
    site = make_site()
    bought(territories=(METROPOLE,))
    apply()
    measure()
    most = {"hub_home": 24, "hub_actors": 15, "hub_applications": 15, "hub_funders": 14, "hub_plan": 20}
    before = {name: counted(client, url(name, hub)) for name in PAGES}
    for _ in range(6):
        make_site()
        bought(territories=(METROPOLE,))
        apply()
        with acting(hub.principal):
            PlanTask.objects.create(plan=plan, hub=hub.organisation, step="actors", text="X", created_at=timezone.now())
    with acting(hub.principal):
        PlanTask.objects.update(done=True, marked_at=timezone.now(), marked_by=hub.user.pk)
    measure()
    after = {name: counted(client, url(name, hub)) for name in PAGES}
    assert {name: after[name] - before[name] for name in PAGES if name != "hub_plan"} == dict.fromkeys(
        [name for name in PAGES if name != "hub_plan"], 0
    )
    assert {name: after[name] for name in PAGES if after[name] > most[name]} == {}
    detail = counted(client, url("hub_actor", hub, site.actor_id))
    for _ in range(4):
        make_site(actor=site.actor)
    assert counted(client, url("hub_actor", hub, site.actor_id)) == detail <= 15


def test_another_hubs_space_does_not_exist(client, hub):
    other = make_hub(GIRONDE)
    for name in (*PAGES, "hub_team"):
        assert client.get(url(name, other)).status_code == 404


def test_the_menu_leads_through_the_space(client, hub):
    menu = page(client, "hub_home", hub)
    for name in (*PAGES, "hub_team"):
        assert re.search(f'href="{url(name, hub)}"', menu), name
