"""A hub from its first territory to a plan half done; an actor that reads what it sees, and lets it read more."""

from collections.abc import Callable
from typing import Any

import pytest

from aptic.tenancy.principal import acting
from tests.browser.person import Person
from tests.factories import OPERATOR, make_funder, make_operator
from tests.impact.test_coverage import make_site, measure
from tests.qualification.hubs import METROPOLE, bought, earned, make_hub, manager_of
from tests.qualification.world import apply

Enter = Callable[..., Person]
pytestmark = pytest.mark.usefixtures("live_site", "fresh_database")


@pytest.fixture
def territory(fresh_database: Any) -> Any:
    """An actor of Bordeaux that lacks services and hours, an application, an operation; all of it measured."""
    site = make_site(hours="", services=[1])
    with acting(OPERATOR):
        site.actor.name = "Les Clics d’essai"
        site.actor.save()
    apply(organisation_name="Le Relais d’essai")
    bought(make_funder(), name="Métropole connectée", territories=(METROPOLE,))
    measure()
    earned(site.actor, 18_400_00)
    return site


def test_a_hub_goes_from_the_figures_to_its_plan(enter: Enter, territory: Any) -> None:
    hub = make_hub(METROPOLE)
    home = f"/tete-de-reseau/{hub.organisation.pk}/"
    person = enter(hub)
    person.goes(home).reads("Bordeaux Métropole", "Ce qui manque", "candidature en cours", "De 15 à 25 k€")
    person.follows("Acteurs").reads("Les Clics d’essai", "de 15 à 25 k€", "non")
    person.chooses("tranche", "De 15 à").presses("Filtrer").follows("Les Clics d’essai").reads(
        "ne partage pas ses montants"
    )
    person.follows("Candidatures").reads("Le Relais d’essai", "À étudier")
    person.follows("Commanditaires").reads("Métropole connectée", "non")
    person.follows("Plan").presses("Ouvrir un plan").types(diagnosis="Le sud est loin.", aimed_on="2027-06-30")
    person.presses("Enregistrer").reads("30 juin 2027", "Aucune tâche à cette étape")
    person.presses("Proposer les tâches").reads("Partager le diagnostic", "0 sur")
    person.follows("Ajouter une tâche : Acteurs").types(text="Rencontrer la mission locale", due_on="2026-01-05")
    person.presses("Enregistrer la tâche").reads("en retard")
    person.presses("C’est fait").reads("faite", "par Camille Essai")
    person.goes(home).reads("En retard", "Rencontrer la mission locale")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_actor_reads_what_its_hub_sees_and_lets_it_read_more(enter: Enter, territory: Any, scripts: bool) -> None:
    hub, manager = make_hub(METROPOLE, name="Réseau du Sud"), manager_of(territory.actor)
    person = enter(manager, width=390, javascript=scripts)
    page = person.page
    page.goto(f"/acteur/{manager.organisation.pk}/tetes-de-reseau/")
    page.get_by_role("link", name="Réseau du Sud").click()
    person.reads("Ce qu’elle voit de vous", "de 15 à 25 k€", "seulement avec votre accord", "18 400 €")
    page.get_by_role("button", name="Donner notre accord").click()
    person.reads("il n’est jamais supposé")
    page.get_by_label("je permets à Réseau du Sud").check()
    page.get_by_role("button", name="Donner notre accord").click()
    person.reads("Retirer notre accord")
    if scripts:  # axe is a script
        person.look()
        enter(hub).goes(f"/tete-de-reseau/{hub.organisation.pk}/acteurs/").reads("18 400 €")
    page.get_by_role("button", name="Retirer notre accord").click()
    person.reads("Donner notre accord")


def test_the_operator_gives_a_territory(enter: Enter, territory: Any) -> None:
    operator, hub = make_operator(), make_hub("", name="Réseau du Sud")
    person = enter(operator)
    person.goes(f"/operateur/{operator.organisation.pk}/").follows("Réseau", exact=True).follows("Têtes de réseau")
    person.reads("Réseau du Sud", "aucun").follows("Réseau du Sud").follows("Confier un territoire")
    person.types(commune="Bègles").ticks("Son intercommunalité").presses("Confier ce territoire")
    person.reads("Bordeaux Métropole", "Aucun plan n’est ouvert").follows("Reprendre ce territoire")
    person.reads("Reprendre ce territoire ?").presses("Reprendre le territoire").reads("Aucun : elle ne lit rien.")
    enter(hub).goes(f"/tete-de-reseau/{hub.organisation.pk}/").reads("Aucun territoire ne vous est confié")
