"""An actor reads its first page, declares its income with a mistake, corrects it, sees its mix; on a telephone too."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from actors.site_changes import report_change
from aptic.tenancy.principal import Principal, acting
from tests.actors.network import Network, make_actor
from tests.browser.person import Person
from tests.passes.world import code_of, make_batch, make_till

Enter = Callable[..., Person]
pytestmark = pytest.mark.usefixtures("live_site", "fresh_database")


@pytest.fixture
def actor(fresh_database: Any) -> Network:
    """An actor that redeemed two passes, with a report about its site."""
    made = make_actor()
    till, batch = make_till(actor=made.organisation), make_batch()
    for position in (1, 2):
        assert till.redeem(code_of(batch, position=position)).status_code == 201
    with acting(Principal()):
        report_change(site=made.site, kind="hours", message="Fermé le lundi")
    return made


def test_an_actor_declares_and_sees_its_mix(enter: Enter, actor: Network) -> None:
    year = timezone.localdate().year - 1
    person = enter(actor.manager).goes(f"/acteur/{actor.organisation.pk}/")
    person.reads("Votre prochain paiement", "Nous ne savons pas où vous payer", "1 signalement attend")
    person.reads("Il manque aux habitants", "Qui vous accueille", "Tablette", f"Déclarez vos revenus de {year}")
    person.follows("Déclarer").reads("Vous seuls lisez ces montants", "Services aux adhérents")
    person.types(training="12 400", rooms="mille", other="8000").presses(f"Déclarer {year}")
    person.reads("Un point est à corriger", "Location de salles et de matériel : Écrivez un montant")
    person.types(rooms="1000,50").presses(f"Déclarer {year}")
    person.reads("Vous seuls les lisez", f"D’où viennent vos revenus de {year}", "58 %", "Vos publics")
    person.page.get_by_text("Voir les chiffres").first.click()
    person.look().reads("Formations et prestations", "12 400 €")
    person.follows("Corriger la dernière année").types(rooms="2000").presses("Enregistrer la correction")
    person.reads("sont corrigés", "en vigueur", "22 400 €")
    person.goes(f"/acteur/{actor.organisation.pk}/").reads("de vos revenus venaient des pass", "pas de pass")


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_telephone_without_scripts(enter: Enter, actor: Network, width: int) -> None:
    person = enter(actor.manager, width=width, javascript=False)
    page = person.page
    page.goto(f"/acteur/{actor.organisation.pk}/revenus/")
    person.reads("Rien n’est encore déclaré")
    page.get_by_role("link", name="Déclarer la dernière année").click()
    person.types(training="100").page.locator("main form.form button.btn").click()
    person.reads("Vous seuls les lisez", "Formations et prestations", "100 %")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"/acteur/{actor.organisation.pk}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
