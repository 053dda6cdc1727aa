"""Somebody applies in front of a browser, with scripts and without; every page they see is checked."""

from collections.abc import Callable

import pytest

from aptic.tenancy.principal import acting
from qualification import link
from qualification.models import Application
from tests.browser import applicant
from tests.browser.person import Person
from tests.factories import OPERATOR, make_operator, make_siret
from tests.qualification.candidates import sent

Enter = Callable[..., Person]
IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.usefixtures("fresh_database")
def test_a_file_is_left_resumed_elsewhere_and_sent(enter: Enter) -> None:
    person = applicant.begins(enter(), name="Port d’attache", siret=make_siret(), email="amina@port.example")
    with acting(OPERATOR):
        row = Application.objects.get()
    elsewhere = enter(width=390).goes(f"/candidature/lien/{link.sign(row.pk)}/").reads("Port d’attache")
    applicant.sends(applicant.fills(elsewhere, site="Port d’attache, Bègles", commune="33130", iban=IBAN))
    person.goes(f"/candidature/{row.pk}/").reads("à l’étude")


@pytest.mark.usefixtures("fresh_database")
def test_a_whole_file_is_written_and_sent_without_scripts(enter: Enter) -> None:
    person = applicant.begins(
        enter(javascript=False), name="Sans script", siret=make_siret(), email="sans@script.example"
    )
    applicant.sends(applicant.fills(person, site="Port d’attache, Bègles", commune="33130 Bègles", iban=IBAN))
    with acting(OPERATOR):
        assert [row.state for row in Application.objects.all()] == ["submitted"]


@pytest.mark.usefixtures("fresh_database")
def test_the_operator_reads_a_file_asks_refuses_and_a_second_person_hears_the_appeal(enter: Enter) -> None:
    row = sent(organisation_name="Port d’attache")
    first, second = make_operator(), make_operator()
    manager = enter(first).goes(f"/operateur/{first.organisation.pk}/candidatures/").reads("Port d’attache")
    manager.types(q="attache").presses("Filtrer").follows("Port d’attache").reads("Vérifications", "points sur")
    manager.chooses("person", "Camille").presses("Attribuer").follows("Demander une correction")
    manager.chooses("field_1", "Adresse du siège").types(text_1="Il manque le code postal.")
    manager.presses("Demander une correction").reads("Rien à étudier")

    applicant_ = enter(width=390).goes(f"/candidature/lien/{link.sign(row.pk)}/").reads("Il manque le code postal.")
    applicant_.follows("Votre organisation").reads("À corriger : Il manque le code postal.")
    applicant_.types(address="1 rue du Port, 33130 Bègles").presses("Enregistrer et continuer")
    applicant.sends(applicant_)

    manager.goes(f"/operateur/{first.organisation.pk}/candidatures/{row.pk}/").follows("Refuser")
    manager.types(reason="Le lieu n’ouvre pas au public.").presses("Refuser la candidature")
    applicant_.goes(f"/candidature/{row.pk}/").reads("n’est pas retenue", "Le lieu n’ouvre pas au public.")
    applicant_.follows("Demander un second examen").types(text="Il ouvre depuis lundi.")
    applicant_.presses("Demander un second examen").reads("Une seconde personne l’examine")

    colleague = enter(second).goes(f"/operateur/{second.organisation.pk}/candidatures/?etat=recours")
    colleague.follows("Port d’attache").follows("Répondre au recours").ticks("Je remets la candidature")
    colleague.types(answer="Vérifié par téléphone.").presses("Répondre au recours").reads("recours accordé")


@pytest.mark.usefixtures("fresh_database")
def test_a_version_of_the_questionnaire_is_prepared_and_published(enter: Enter) -> None:
    person = make_operator()
    window = enter(person).goes(f"/operateur/{person.organisation.pk}/referentiel/").follows("Version 1")
    window.reads("À toute personne qui se présente").goes(f"/operateur/{person.organisation.pk}/referentiel/")
    window.presses("Préparer une nouvelle version").follows("Ajouter une question")
    window.types(text="Prêtez-vous du matériel ?", answers="yes | 2").chooses("kind", "Oui ou non")
    window.presses("Enregistrer").reads("Prêtez-vous du matériel ?").follows("Publier cette version")
    window.types(note="Le prêt de matériel.").presses("Publier cette version").reads("Publiée le")
    window.goes(f"/operateur/{person.organisation.pk}/referentiel/").follows("Écrire : charte")
    window.presses("Enregistrer").presses("Publier ce texte").reads("Publiée le")
