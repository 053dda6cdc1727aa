"""Pages of ratio, coverage and simulation: what they say first, to whom, and for how many queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.jobs import running
from aptic.jobs.models import Job
from aptic.tenancy.principal import acting
from impact import ratio
from impact.models import ActorRatio, Coverage, TerritoryRatio, Thresholds
from qualification.models import Cap, CapChange
from tests.factories import OPERATOR, make_funder, make_operator
from tests.impact.test_coverage import BORDEAUX, GIRONDE, METROPOLE, make_site, measure
from tests.qualification.world import apply, set_cap

pytestmark = pytest.mark.django_db
PLACES = ("france", "region:75", GIRONDE, METROPOLE, "commune:33063")


def text(response):
    return response.content.decode()


def plain(response):
    return text(response).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.fixture
def operator(client):
    member = make_operator()
    member.log_in(client)
    return member


def url(name, member, *rest):
    return reverse(name, args=[member.organisation.pk, *rest])


def counted(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


def test_before_anything_is_measured_each_page_says_what_will_come(client, operator):
    assert "Rien n’est encore mesuré" in text(client.get(url("operator_territories", operator)))
    assert "n’est pas encore mesuré" in text(client.get(url("operator_territory", operator, METROPOLE)))
    assert "Personne ici" in text(client.get(url("operator_ratios", operator)))
    assert client.get(url("operator_territory", operator, "epci:000000000")).status_code == 404
    assert client.get(url("operator_territory", operator, "n'importe quoi")).status_code == 404


def test_a_funder_reads_first_what_is_missing(client):
    funder = make_funder()
    funder.log_in(client)
    make_site(hours="", services=[1])
    measure()
    page = plain(client.get(url("funder_territory", funder, METROPOLE)))
    assert "pas encore opérationnel" in page
    assert page.index("Ce qui manque") < page.index("Ce que les habitants y trouvent")
    order = [page.index(words) for words in ("1 acteur sur place", "Personne n’y propose", "Les horaires de 0 lieu")]
    assert order == sorted(order)
    assert "lieux de plus." in page
    assert "Ratio consolidateur" not in page
    for place in PLACES:
        assert client.get(url("funder_territory", funder, place)).status_code == 200
    commune = plain(client.get(url("funder_territory", funder, "commune:33240")))
    assert "Aucun lieu n’y accepte de pass." in commune


def test_an_operational_territory_says_that_nothing_is_missing(client):
    funder = make_funder()
    funder.log_in(client)
    first = make_site()
    for _ in range(30):
        make_site(actor=first.actor)
    make_site()
    measure()
    page = plain(client.get(url("funder_territory", funder, METROPOLE)))
    assert "Rien ne manque." in page
    assert "environ <b>5 000 pass</b> de 10 € de plus par an, à côté de ceux déjà émis ou commandés" in page
    assert "compte dans cette capacité pour la part de ses lieux qui est ici" in page
    table = plain(client.get(url("funder_territories", funder), {"etat": "operationnels"}))
    assert "Bordeaux Métropole" in table
    assert "Places libres" not in table
    assert "Bordeaux Métropole" not in plain(client.get(url("funder_territories", funder), {"etat": "deserts"}))
    found = plain(client.get(url("funder_territories", funder), {"q": "lesparre"}))
    assert url("funder_territory", funder, "commune:33240") in found
    assert "Aucun territoire ne commence ainsi" in plain(client.get(url("funder_territories", funder), {"q": "zzz"}))


def test_the_map_and_its_table_agree(client, operator):
    make_site()
    measure()
    set_cap(0, reason="Personne de plus.")
    page = plain(client.get(url("operator_territories", operator), {"departement": "33"}))
    assert "Complet : le plafond est atteint" in page
    assert "Désert : plus de la moitié" in page
    assert "0 sur 0" in page
    full = plain(client.get(url("operator_territories", operator), {"etat": "complets"}))
    assert "Bordeaux Métropole" in full
    assert full.count('<th scope="row">') == 1
    assert "fill-opacity" in page
    for level, has_outlines in (("departement", True), ("region", True), ("epci", False)):
        page = plain(client.get(url("operator_territories", operator), {"niveau": level}))
        assert "Sans plafond" in page
        assert ("fill-opacity" in page) == has_outlines, level


def test_lists_cost_the_same_queries_however_long(client, operator):
    make_site()
    measure()
    set_cap(5, reason="Essai.")  # the ratio gives another number
    pages = [
        (url("operator_territories", operator), 24),
        (url("operator_territories", operator) + "?departement=33&niveau=epci", 26),
        (url("operator_territory", operator, METROPOLE), 26),
        (url("operator_ratios", operator), 16),
        (url("operator_simulator", operator), 12),
        (url("operator_thresholds", operator), 16),
    ]
    before = {address: counted(client, address) for address, _ in pages}
    for _ in range(5):
        make_site("33243")
    measure()
    set_cap(2, "epci:200070092", reason="Essai.")
    set_cap(2, GIRONDE, reason="Essai.")
    with acting(OPERATOR):
        for row in Coverage.objects.filter(territory__startswith="epci:")[:5]:
            TerritoryRatio.objects.create(
                territory=row.territory, stock_cents=1, earned_cents=1, actors=1, starving=0, overloaded=0,
                forecast_cents=10, lowest_cents=1, median_cents=1, highest_cents=1, computed_at=timezone.now(),
            )  # fmt: skip
    after = {address: counted(client, address) for address, _ in pages}
    assert {
        address: after[address] - before[address] for address, _ in pages if after[address] > most(pages, address)
    } == {}


def most(pages, address):
    return dict(pages)[address]


def test_a_decision_shows_what_it_costs_the_neighbours(client, operator):
    for _ in range(3):
        make_site()
    set_cap(9)
    with acting(OPERATOR):
        TerritoryRatio.objects.create(
            territory=METROPOLE, stock_cents=0, earned_cents=0, actors=3, starving=0, overloaded=0,
            forecast_cents=54_000_00, computed_at=timezone.now(),
        )  # fmt: skip
    application = apply()
    page = plain(client.get(url("operator_application", operator, application.pk)))
    assert "54 000 €" in page
    assert "les acteurs qui y sont passent de <b>18 000 €</b> à <b>13 500 €</b>" in page
    assert "sous le ratio" in page
    cap_page = plain(client.get(url("operator_cap", operator, METROPOLE)))
    assert "Le ratio donne" in cap_page
    assert "54 000 € de pass attendus" in cap_page


def test_a_cap_that_is_not_the_ratio_s_says_why(client, operator):
    with acting(OPERATOR):
        TerritoryRatio.objects.create(
            territory=METROPOLE, stock_cents=0, earned_cents=0, actors=0, starving=0, overloaded=0,
            forecast_cents=400_000_00, computed_at=timezone.now(),
        )  # fmt: skip
    address = url("operator_cap", operator, METROPOLE)
    assert "si le ratio donne un autre nombre" in text(client.get(address))
    given = {"cap": 25, "exceptions": 0, "exception_reason": "", "reason": ""}
    refused = plain(client.post(address, given))
    assert "Le ratio donne 20 acteurs : écrivez pourquoi ce plafond diffère." in refused
    with acting(operator.principal):
        assert not Cap.objects.exists()
    assert client.post(address, {**given, "cap": 20}).status_code == 302
    assert client.post(address, given).status_code == 200
    assert client.post(address, {**given, "reason": "Une commande signée."}).status_code == 302
    with acting(operator.principal):
        kept = CapChange.objects.order_by("id").values_list("cap", "computed", "reason")
        assert list(kept) == [(20, 20, ""), (25, 20, "Une commande signée.")]


def test_thresholds_are_changed_on_a_page(client, operator):
    make_site()
    measure()
    address = url("operator_thresholds", operator)
    given = {"near_percent": 50, "mean_km": 40, "actors": 1, "inhabitants_per_site": 1_000_000, "hours_percent": 0,
             "services": [1], "reason": "Démarrer."}  # fmt: skip
    assert "à corriger" in text(client.post(address, {**given, "reason": ""}))
    assert client.post(address, given).url == url("operator_territories", operator)
    with acting(OPERATOR):
        assert Thresholds.objects.get(pk=2).services == [1]
        assert Coverage.objects.get(pk=METROPOLE).operational
    assert "N° 2" in text(client.get(address))


def test_computing_now_shows_its_work(client, operator):
    address = url("operator_territories_measure", operator)
    response = client.post(address)
    with acting(OPERATOR):
        job = Job.objects.get()
    here = url("operator_territories", operator)
    assert response.url == f"{here}?travail={job.pk}"
    with acting(OPERATOR):
        Job.objects.update(created_by=None, organisation=None)
    assert client.post(address).url == response.url  # the machinery's own is under way: that one is shown
    bar = f'hx-get="/travaux/{job.pk}/"'
    assert bar in text(client.get(here))
    assert client.get(f"/travaux/{job.pk}/", headers={"HX-Request": "true"}).status_code == 200
    running.run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
    assert job.done == job.total > 0  # a full bar
    assert "terminé" in text(client.get(response.url))
    assert "terminé" not in text(client.get(here))
    with acting(OPERATOR):
        assert Job.objects.count() == 1


def test_finance_reads_and_decides_nothing(client):
    finance = make_operator(Role.FINANCE)
    finance.log_in(client)
    make_site()
    measure()
    assert "Changer les seuils" not in text(client.get(url("operator_territories", finance)))
    assert client.get(url("operator_thresholds", finance)).status_code == 403
    assert client.post(url("operator_territories_measure", finance)).status_code == 403


def test_the_simulator_works_both_ways_and_keeps_what_was_typed(client, operator):
    address = url("operator_simulator", operator)
    usual = plain(client.get(address))
    assert "Avec 99 989,68 €" in usual  # whole passes
    there = plain(client.get(address, {"budget": "104 800"}))
    assert ">10 000</b>" in there.replace(" ", " ")
    assert "acteurs en vivent" in there
    back = plain(client.get(address, {"actors": "3", "use_percent": "100"}))
    assert "Pour faire vivre 3 acteurs" in back
    assert 'value="100"' in back
    for wrong in ({"use_percent": "0"}, {"budget": "beaucoup"}, {"months": "-1"}, {"face_value_cents": "x"}):
        page = plain(client.get(address, wrong))
        assert "à corriger" in page, wrong


def test_a_funder_simulates_too(client):
    funder = make_funder()
    funder.log_in(client)
    assert client.get(url("funder_simulator", funder)).status_code == 200


@pytest.mark.parametrize(
    "name", ["operator_territories", "operator_ratios", "operator_simulator", "operator_thresholds"]
)
def test_strangers_find_nothing(client, name):
    operator = make_operator()
    make_funder().log_in(client)
    assert client.get(url(name, operator)).status_code == 404


def test_ratios_are_listed_the_poorest_first(client, operator):
    poor, rich = make_site().actor, make_site(BORDEAUX).actor
    with acting(OPERATOR):
        ratio.write_actors(ratio.count(timezone.now()))
        ActorRatio.objects.filter(pk=rich.pk).update(earned_cents=26_000_00, pace_cents=27_000_00, alert="overloaded")
        ActorRatio.objects.filter(pk=poor.pk).update(earned_cents=3_000_00, alert="starving")
    page = plain(client.get(url("operator_ratios", operator)))
    assert page.index("3 000 €") < page.index("26 000 €")
    over = plain(client.get(url("operator_ratios", operator), {"alerte": "overloaded"}))
    assert "surchargé" in over
    assert "3 000 €" not in over
