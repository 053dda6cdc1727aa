"""One euro, all the way: each role walks its part of the eight steps, and every figure on the way agrees.

One long walk on purpose: what one person does, the next one finds.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from tests.browser.person import Person
from tests.factories import OPERATOR, Member, make_member, make_operator, make_siret

Enter = Callable[..., Person]


def organisation(name: str) -> Organisation:
    with acting(OPERATOR):
        return Organisation.objects.get(name=name)


def space(member: Member, name: str) -> str:
    return f"/{name}/{member.organisation.pk}/"


def test_one_euro(live_site: str, worker: None, enter: Enter, fresh_database: Any) -> None:
    first, second = make_operator("finance"), make_operator("manager")
    finance, manager = enter(first), enter(second)

    # 1. The operator registers a funder; the funder opens an operation and orders; its money is recorded; issued.
    manager.goes(space(second, "operateur")).follows("Commanditaires").follows("Nouveau commanditaire")
    manager.types(
        name="Département d’essai", siret=make_siret(), commune="33000", email="contact@departement.example",
        phone="05 56 00 00 00", manager_email="camille@departement.example",
    ).presses("Enregistrer").reads("Département d’essai")  # fmt: skip
    funder_member = make_member(organisation("Département d’essai"), Hat.FUNDER)
    funder, today = enter(funder_member), timezone.localdate()
    funder.goes(space(funder_member, "commanditaire")).follows("Opérations").follows("Créer une opération")
    funder.types(
        name="Premiers clics", starts_on=today.isoformat(), ends_on=(today + timedelta(days=60)).isoformat()
    ).presses("Créer l’opération").reads("Premiers clics")
    funder.follows("Commander des carnets").types(booklets="3").presses("Voir ce que cela coûte")
    funder.reads("300 €", "Les fonds manquent encore").presses("Passer la commande").reads("3 carnets")

    finance.goes(space(first, "operateur")).follows("Commanditaires").follows("Département d’essai")
    finance.follows("Enregistrer un virement").ticks("Un versement direct").types(
        amount_cents="300", bank_reference="VIR-2026-001", received_on=today.isoformat()
    ).presses("Enregistrer le virement").reads("300 €")
    manager.goes(space(second, "operateur")).follows("Commandes").follows("Émettre")
    manager.presses("Émettre 30 pass").waits_for("Imprimer les carnets")
    manager.follows("Imprimer les carnets").presses("Préparer les fichiers").waits_for("Télécharger")
