"""The operator from the map of places to the price of a decision; a funder before it buys; on a narrow screen too."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from aptic.tenancy.principal import acting
from impact.measuring import measure_all
from impact.models import TerritoryRatio
from tests.browser.person import Person
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.world import METROPOLE, accept, apply, set_cap

Enter = Callable[..., Person]
GIRONDE = "departement:33"
pytestmark = pytest.mark.usefixtures("live_site", "fresh_database")


@pytest.fixture
def late(fresh_database: Any) -> Any:
    """Three actors under two nested caps, their year forecast, and somebody who waits for an answer."""
    set_cap(5)
    set_cap(4, GIRONDE)
    for _ in range(3):
        accept()
    with acting(OPERATOR):
        measure_all(at=timezone.now())
        TerritoryRatio.objects.filter(territory=METROPOLE).update(forecast_cents=54_000_00)
    return apply()


def test_the_operator_goes_from_the_map_to_the_price_of_a_decision(enter: Enter, late: Any) -> None:
    operator = make_operator()
    home = f"/operateur/{operator.organisation.pk}/"
    person = enter(operator)
    person.goes(home).follows("Réseau").follows("Territoires")
    person.reads("Des places sont libres", "Bordeaux Métropole", "2 sur 5", "Ce qui manque d’abord")
    person.chooses("departement", "Gironde").presses("Voir").reads("Désert : plus de la moitié", "Bordeaux Métropole")
    person.goes(f"{home}candidatures/{late.pk}/")
    person.reads("Le prix de cette décision", "passent de 18 000 € à 13 500 €", "sous le ratio", "Gironde (33)")
    person.presses("Accepter la candidature").reads("Bordeaux Métropole", "Gironde (33)")
    person.goes(f"{home}territoires/{METROPOLE}/")
    person.reads("pas encore opérationnel", "Ce qui manque", "Ratio consolidateur", "4 sur 5 places prises")
    person.goes(f"{home}candidatures/plafonds/").reads("complet", "Intercommunalités").follows("Changer la règle")
    person.goes(f"{home}candidatures/plafonds/{GIRONDE}/attente/").reads("Personne n’attend ici")
    person.goes(f"{home}candidatures/plafonds/{METROPOLE}/").types(cap="2").presses("Enregistrer le plafond")
    person.reads("écrivez pourquoi ce plafond diffère").types(cap="2", reason="Moins de pass attendus.")
    person.presses("Enregistrer le plafond").reads("2 acteurs par extinction")
    person.goes(f"{home}ratio/").reads("Tout le réseau", "trop récent pour le dire")
    person.goes(f"{home}territoires/seuils/").types(inhabitants_per_site="1000000", reason="Pour démarrer.")
    person.presses("Enregistrer cette version").reads("version 2")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_funder_reads_what_is_missing_before_it_buys(enter: Enter, late: Any, scripts: bool) -> None:
    funder = make_funder()
    home = f"/commanditaire/{funder.organisation.pk}/"
    person = enter(funder, width=390, javascript=scripts)
    page = person.page
    page.goto(f"{home}territoires/")
    page.locator("[name=q]").fill("bordeaux")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="Bordeaux Métropole").first.click()
    person.reads("pas encore opérationnel", "Ce qui manque", "Ouvrir", "Services", "Simuler un budget")
    page.get_by_role("link", name="Simuler un budget").click()
    page.locator("[name=budget]").fill("104800")
    page.get_by_role("button", name="Calculer").click()
    person.reads("10 000", "pass achetés", "3", "acteurs en vivent", "vous reviennent en avoir")
    page.locator("[name=actors]").fill("5")
    page.get_by_role("button", name="Calculer").click()
    person.reads("Pour faire vivre 5 acteurs")
    if scripts:  # axe is a script
        person.look().goes(f"{home}territoires/").goes(f"{home}territoires/{METROPOLE}/")
