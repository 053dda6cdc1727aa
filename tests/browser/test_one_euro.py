"""One euro, all the way: each role walks its part of the eight steps, and every figure on the way agrees.

One long walk on purpose: what one person does, the next one finds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.utils import timezone

from aptic.ledger.balances import close_books
from aptic.ledger.proof import prove
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting, as_system
from impact.publishing import publish
from passes import codes
from passes.models import Batch
from tests.browser import applicant
from tests.browser.person import Person
from tests.factories import OPERATOR, Member, make_distributor, make_member, make_operator, make_siret

Enter = Callable[..., Person]
IBAN = "FR76 3000 6000 0112 3456 7890 189"
HELP = applicant.HELP


@dataclass
class Cast:
    """Who takes part, and the windows they sit in front of."""

    enter: Enter
    finance: Member
    manager: Member
    today: date

    def at(self, member: Member, place: str) -> Person:
        """A member's window, on the first page of a space."""
        return self.enter(member).goes(f"/{place}/{member.organisation.pk}/")


def organisation(name: str) -> Organisation:
    with acting(OPERATOR):
        return Organisation.objects.get(name=name)


@pytest.mark.usefixtures("worker", "fresh_database")
def test_one_euro(enter: Enter) -> None:
    cast = Cast(enter, make_operator("finance"), make_operator("manager"), timezone.localdate())
    funder = _a_funder_orders(cast)
    _its_money_arrives_and_the_passes_are_printed(cast)
    actor = _an_actor_joins(cast)
    distributor = make_distributor("CCAS d’essai")
    batch = _booklets_reach_the_distributor(cast, funder, distributor)
    cover, *passes = (codes.encode(batch.first_booklet << 4 | n, batch.code_key) for n in range(4))
    _a_booklet_is_handed_out(cast, distributor, cover)
    _the_counter_takes_two_passes(cast, actor, passes)
    _the_citizen_sees_what_is_left(cast, cover)
    _the_operator_pays(cast)
    _everybody_reads_the_same_figures(cast, funder, actor, passes[0])


def _a_funder_orders(cast: Cast) -> Member:
    """The operator registers a funder; the funder opens an operation and orders three booklets."""
    manager = cast.at(cast.manager, "operateur").follows("Commanditaires").follows("Nouveau commanditaire")
    manager.types(
        name="Département d’essai", siret=make_siret(), commune="33000", email="contact@departement.example",
        phone="05 56 00 00 00", manager_email="camille@departement.example",
    ).presses("Enregistrer et inviter").reads("Département d’essai")  # fmt: skip
    member = make_member(organisation("Département d’essai"), Hat.FUNDER)
    funder = cast.at(member, "commanditaire").follows("Opérations").follows("Créer une opération")
    ends_on = cast.today + timedelta(days=60)
    funder.types(name="Premiers clics", starts_on=cast.today.isoformat(), ends_on=ends_on.isoformat())
    funder.presses("Créer l’opération").reads("Premiers clics")
    funder.follows("Commander des carnets").types(booklets="3").presses("Voir ce que cela coûte")
    funder.reads("300 €", "Les fonds manquent encore").presses("Passer la commande").reads("3 carnets")
    return member


def _its_money_arrives_and_the_passes_are_printed(cast: Cast) -> None:
    finance = cast.at(cast.finance, "operateur").follows("Commanditaires").follows("Département d’essai")
    finance.follows("Enregistrer un virement").ticks("Un versement direct")
    finance.types(amount_cents="300", bank_reference="VIR-2026-001", received_on=cast.today.isoformat())
    finance.presses("Enregistrer le virement").reads("300 €")
    manager = cast.at(cast.manager, "operateur").follows("Commanditaires").follows("Commandes").follows("émettre")
    manager.presses("Émettre 30 pass").waits_for("Imprimer les carnets")
    manager.follows("Imprimer les carnets").presses("Préparer les fichiers").waits_for("Télécharger")
    manager.presses("Impression confirmée").reads("Où en sont les carnets")


def _an_actor_joins(cast: Cast) -> Member:
    """It applies without an account, is accepted under the cap of its territory, and gives its bank account."""
    visitor = applicant.begins(cast.enter(), name="Port d’attache", siret=make_siret(), email="amina@port.example")
    applicant.sends(applicant.fills(visitor, site="Port d’attache, Bègles", commune="33130", iban=IBAN))
    manager = cast.at(cast.manager, "operateur").follows("Réseau").follows("Candidatures").follows("Plafonds")
    manager.follows("Fixer un plafond").types(commune="33130", cap="2").presses("Enregistrer le plafond")
    manager.follows("Candidatures").follows("Port d’attache").presses("Accepter la candidature").reads("Qualifié")

    member = make_member(organisation("Port d’attache"), Hat.ACTOR, name="Amina Diallo")
    actor = cast.at(member, "acteur").goes(f"/acteur/{member.organisation.pk}/coordonnees-bancaires/")
    actor.types(holder="Port d’attache", iban=IBAN, bic="AGRIFRPP").presses("Proposer ce compte").reads("0189")
    finance = cast.at(cast.finance, "operateur").follows("Réseau").follows("Port d’attache")
    finance.follows("Vérifier et approuver").presses("Approuver ce compte").reads("0189")
    return member


def _booklets_reach_the_distributor(cast: Cast, funder: Member, distributor: Member) -> Batch:
    """The funder chooses to whom, from its stock; the number of booklets is already there."""
    window = cast.at(funder, "commanditaire").follows("Stock").follows("Confier des carnets")
    window.chooses("distributor", str(distributor.organisation)).types(booklets="3")
    window.presses("Confier ces carnets").reads("CCAS d’essai", "Tous sont confiés")
    with acting(funder.principal):
        return Batch.objects.get()


def _a_booklet_is_handed_out(cast: Cast, distributor: Member, cover: str) -> None:
    """Typed by hand in lower case, with a letter O for a zero: it is read all the same."""
    agent = cast.at(distributor, "aiguilleur").types(code=cover.lower().replace("0", "o"))
    agent.presses("Regarder ce carnet").reads("Remettre ce carnet ?").presses("Remettre ce carnet")
    agent.reads("Le carnet est remis", "10 €")


def _the_counter_takes_two_passes(cast: Cast, actor: Member, passes: list[str]) -> None:
    """One by typing, one by a scanner that types the whole link, and again the first; a third is a mistake, undone."""
    till = cast.enter(actor).goes("/guichet/")
    for typed in (passes[0], f"HTTPS://APTIC.EXAMPLE/P/{passes[1]}/AAAAAAAA"):
        till.types(code=typed).presses("Regarder ce pass").reads("Ce pass est valable", "10 €")
        till.chooses("service", HELP).presses("Encaisser 10 €").reads("C’est encaissé")
        till.follows("Pass suivant")
    till.types(code=passes[0]).presses("Regarder ce pass").reads("déjà").follows("Essayer un autre pass")
    till.types(code=passes[2]).presses("Regarder ce pass").chooses("service", HELP).presses("Encaisser 10 €")
    till.reads("C’est encaissé").presses("C’était une erreur").reads("Encaissement annulé")
    till.follows("Journée").reads("2 pass", "20 €", "1 annulé")


def _the_citizen_sees_what_is_left(cast: Cast, cover: str) -> None:
    citizen = cast.enter(javascript=False, width=390)
    citizen.page.goto(f"/P/{cover}")
    citizen.reads("8 pass", "Port d’attache, Bègles", "05 56 11 22 33")


def _the_operator_pays(cast: Cast) -> None:
    """One prepares, another approves; sent and executed are two facts."""
    finance = cast.at(cast.finance, "operateur").follows("Argent").follows("Préparer un règlement")
    finance.types(last_day=timezone.localdate().isoformat()).presses("Préparer le règlement").waits_for(
        "Voir le règlement"
    )
    finance.follows("Voir le règlement").reads("20 €", "une autre personne")
    manager = cast.enter(cast.manager).goes(finance.page.url)
    manager.follows("Vérifier et approuver").presses("Approuver ce règlement")
    manager.presses("Préparer l’ordre de virement").presses("Marquer comme envoyé")
    manager.follows("Noter les virements exécutés").types(bank_reference="RELEVE-48")
    manager.presses("Noter ces virements comme exécutés").reads("Exécuté")


def _everybody_reads_the_same_figures(cast: Cast, funder: Member, actor: Member, used: str) -> None:
    """Twenty euros used, whoever looks: less the fee (4 %, VAT added), 19.04 € reached the actor's bank."""
    cast.at(actor, "acteur").follows("Argent").reads("19,04 €", "20 €")
    till = cast.enter(actor).goes("/guichet/").follows("Journée")
    till.page.get_by_role("row").filter(has_text="Déjà dans un paiement").first.get_by_role("link", name="10 €").click()
    till.reads("Dû par", "RELEVE-48")
    reader = cast.at(funder, "commanditaire").reads("300 €", "20 €")
    reader.follows("Opérations").follows("Premiers clics").follows("Rapport").reads("Utilisés", "20 €")
    reader.follows("Suivre un euro").types(q=used[:7]).presses("Suivre")
    reader.reads("VIR-2026-001", "Port d’attache, Bègles", "RELEVE-48")
    with as_system():
        close_books()
        _, differences = prove()
        publish()
    assert differences == []
    cast.at(cast.manager, "operateur").follows("Argent").follows("Preuve")
    anybody = cast.enter().goes("/transparence/").reads("300 €", "30 pass", "moins de 5 pass", "aucun écart")
    anybody.follows("300 €").reads("Émis en pass", "300 €", "Moins de 5 pass")
