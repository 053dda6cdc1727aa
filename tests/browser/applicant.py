"""Somebody who applies, in front of a browser: a whole file, part by part, until it is sent."""

from tests.browser.person import Person
from tests.qualification.candidates import PDF

MOST_PAGES = 20  # of the questionnaire, coming back for further questions included
HELP = "Aide aux démarches administratives"


def begins(person: Person, *, name: str, siret: str, email: str, contact: str = "Amina Diallo") -> Person:
    """The four answers with which a file is found again."""
    person.goes("/candidature/").types(organisation_name=name, siret=siret, contact_name=contact, email=email)
    return person.presses("Commencer ma candidature").reads("n’est pas encore envoyée", "C’est à vous de jouer")


def fills(person: Person, *, site: str, commune: str, iban: str) -> Person:
    """Every part, in order."""
    person.follows("Votre organisation").ticks("Collectivité ou établissement public").types(address="1 rue du Port")
    person.presses("Enregistrer et continuer").follows("Les personnes")
    person.types(phone="05 56 11 22 33", representative_name="Amina Diallo").ticks("L’organisation m’a donné mandat")
    person.presses("Enregistrer et continuer").follows("Vos lieux").follows("Ajouter un lieu")
    person.types(name=site, address="1 rue du Port", commune=commune, opening_hours="lundi au vendredi 9h-12h")
    person.ticks(HELP).ticks("Se présenter").presses("Enregistrer et continuer")
    person.reads("Du lundi au vendredi, 9 h – 12 h").follows("Continuer", exact=True).follows("Le questionnaire")
    answers(person)
    person.follows("Être payé").types(iban=iban).presses("Enregistrer et continuer").follows("Les pièces")
    for kind in ("Délibération", "Relevé d’identité bancaire"):
        person.chooses("kind", kind)
        file = {"name": "piece.pdf", "mimeType": "application/pdf", "buffer": PDF}
        person.page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]
        person.presses("Joindre cette pièce").reads("La pièce est jointe")
    return person.follows("Continuer", exact=True)


def answers(person: Person) -> None:
    """Each page of the questionnaire: the first choice of each question, three of each number, a sentence."""
    for _ in range(MOST_PAGES):
        if "/questionnaire/" not in person.page.url:
            return
        form = person.page.locator("main form")
        for group in form.locator("fieldset").all():
            group.locator("input").first.check()
        for number in form.locator("input[type=number]").all():
            number.fill("3")
        for text in form.locator("textarea").all():
            text.fill("Nous faisons le point chaque mois.")
        person.presses("Enregistrer et continuer")
    raise AssertionError("the questionnaire does not end")


def sends(person: Person) -> Person:
    """Read again, agree, send."""
    person.follows("Relire et envoyer").ticks("J’accepte : charte").ticks("J’accepte : conditions générales")
    return person.presses("Envoyer la candidature").reads("à l’étude", "C’est à l’opérateur de jouer")
