"""Who plays: organisations, people and places. Communes are real, everything else is made up and says so.

SIRETs start with 000, which the register never gave; telephones are in the block that Arcep keeps for fiction
(05 36 49); addresses end in .example, which nobody can own (RFC 2606).
"""

import unicodedata
from dataclasses import dataclass

from stdnum import luhn

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat

OPERATOR, GIRONDE, CAISSE, FONDATION = "operateur", "gironde", "caisse", "fondation"
RESEAU = "reseau-gironde"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the demonstration; `key` names it in our own tables."""

    key: str
    name: str
    commune: str
    hat: Hat
    rank: int  # makes its SIRET and its telephone

    @property
    def siret(self) -> str:
        """A SIRET with right keys that no organisation has."""
        siren = f"000{self.rank:05d}"
        siren += luhn.calc_check_digit(siren)
        return f"{siren}0001" + luhn.calc_check_digit(f"{siren}0001")

    @property
    def phone(self) -> str:
        """A telephone number kept for fiction."""
        return f"053649{self.rank:04d}"

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"contact@{self.key}.example"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of an organisation. `login` is true for those whose password is printed."""

    key: str
    name: str
    organisation: str
    role: str
    login: bool = False

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"{self.key}@{self.organisation}.example"


@dataclass(frozen=True, slots=True)
class Place:
    """A site: its commune, how much of the region's help it gives, its weekly workshop (0 is Monday)."""

    name: str
    commune: str
    address: str
    weight: int
    workshop: int


@dataclass(frozen=True, slots=True)
class Provider:
    """An actor, its sites, and what becomes of its application."""

    organisation: Organisation
    places: tuple[Place, ...]
    joins: float = 0  # months after the first
    fate: str = "accepted"  # also suspended (for a while), and the states of an application
    charges_vat: bool = False


INSTITUTIONS = (
    Organisation(OPERATOR, "Coopérative de démonstration", "Bordeaux", Hat.OPERATOR, 1),
    Organisation(GIRONDE, "Département de démonstration (Gironde)", "Bordeaux", Hat.FUNDER, 2),
    Organisation(CAISSE, "Caisse sociale de démonstration", "Bordeaux", Hat.FUNDER, 3),
    Organisation(FONDATION, "Fondation d’entreprise Exemple", "Mérignac", Hat.FUNDER, 4),
)

DISTRIBUTORS = (
    Organisation("ccas-begles", "CCAS de démonstration (Bègles)", "Bègles", Hat.DISTRIBUTOR, 11),
    Organisation("ccas-bordeaux", "CCAS de démonstration (Bordeaux)", "Bordeaux", Hat.DISTRIBUTOR, 12),
    Organisation("mission-cenon", "Mission locale de démonstration (Cenon)", "Cenon", Hat.DISTRIBUTOR, 13),
    Organisation("mission-libourne", "Mission locale de démonstration (Libourne)", "Libourne", Hat.DISTRIBUTOR, 14),
    Organisation("mds-lesparre", "Maison des solidarités d’exemple (Lesparre)", "Lesparre-Médoc", Hat.DISTRIBUTOR, 15),
    Organisation("mds-langon", "Maison des solidarités d’exemple (Langon)", "Langon", Hat.DISTRIBUTOR, 16),
    Organisation("mds-arcachon", "Maison des solidarités d’exemple (Arcachon)", "Arcachon", Hat.DISTRIBUTOR, 17),
    Organisation("ccas-blaye", "CCAS de démonstration (Blaye)", "Blaye", Hat.DISTRIBUTOR, 18),
)

HUB = Organisation(RESEAU, "Réseau d’inclusion numérique d’exemple (Gironde)", "Bordeaux", Hat.HUB, 21)
"""The hub of the département."""

PEOPLE = (
    Person("claire.bonnet", "Claire Bonnet", OPERATOR, Role.MANAGER, login=True),
    Person("hugo.mercier", "Hugo Mercier", OPERATOR, Role.FINANCE, login=True),
    Person("ines.caron", "Inès Caron", OPERATOR, Role.FINANCE, login=True),
    Person("marc.delmas", "Marc Delmas", GIRONDE, Role.MANAGER, login=True),
    Person("sonia.petit", "Sonia Petit", CAISSE, Role.MANAGER, login=True),
    Person("paul.girard", "Paul Girard", FONDATION, Role.MANAGER),
    Person("nadia.roche", "Nadia Roche", "ccas-begles", Role.MANAGER, login=True),
    Person("yann.lebrun", "Yann Lebrun", "ccas-bordeaux", Role.AGENT),
    Person("lea.fabre", "Léa Fabre", "mission-cenon", Role.AGENT),
    Person("thomas.noel", "Thomas Noël", "mission-libourne", Role.AGENT),
    Person("julie.marty", "Julie Marty", "mds-lesparre", Role.AGENT),
    Person("karim.adam", "Karim Adam", "mds-langon", Role.AGENT),
    Person("emma.colin", "Emma Colin", "mds-arcachon", Role.AGENT),
    Person("luc.perrin", "Luc Perrin", "ccas-blaye", Role.AGENT),
    Person("elodie.garnier", "Élodie Garnier", RESEAU, Role.MANAGER, login=True),
    Person("amina.diallo", "Amina Diallo", "clics-estey", Role.MANAGER, login=True),
    Person("theo.lacaze", "Théo Lacaze", "clics-estey", Role.SCANNER, login=True),
)
"""Those the bar can become, and those who act in the story; every other actor's two people come from `NAMES`."""

NAMES = (
    ("Camille Renard", "Sofia Nunes"),
    ("Baptiste Aubert", "Malik Traoré"),
    ("Hélène Vidal", "Lucas Morin"),
    ("Fatou Ndiaye", "Chloé Barbier"),
    ("Antoine Leclerc", "Maëlle Guérin"),
    ("Mireille Dupuy", "Samir Belkacem"),
    ("Olivier Castaing", "Jeanne Lamarque"),
    ("Sabrina Haddad", "Quentin Faure"),
    ("Denis Labat", "Elsa Moreau"),
    ("Virginie Sarrazin", "Idriss Camara"),
    ("Pascal Lafon", "Manon Rey"),
    ("Nathalie Bonneau", "Rayan Cherif"),
    ("Gilles Duprat", "Louise Gaillard"),
    ("Aurélie Marchand", "Noé Pasquier"),
)
"""(manager, who stands at the counters) of each accepted actor after the first, in the order of `PROVIDERS`."""


def _actor(key: str, name: str, commune: str, rank: int) -> Organisation:
    return Organisation(key, f"{name} (exemple)", commune, Hat.ACTOR, rank)


PROVIDERS = (
    Provider(
        _actor("clics-estey", "Les Clics de l’Estey", "Bègles", 31),
        (
            Place("Les Clics de l’Estey", "Bègles", "12 rue de l’Exemple", 15, 1),
            Place("Permanence de Talence", "Talence", "3 place de l’Exemple", 6, 3),
            Place("Permanence de Villenave", "Villenave-d'Ornon", "40 avenue de l’Exemple", 5, 4),
        ),
    ),
    Provider(
        _actor("fabrique-bassins", "Fabrique numérique des Bassins", "Bordeaux", 32),
        (
            Place("Fabrique des Bassins", "Bordeaux", "8 quai de l’Exemple", 14, 2),
            Place("Fabrique des Bassins, côté gare", "Bordeaux", "51 cours de l’Exemple", 9, 0),
        ),
        charges_vat=True,
    ),
    Provider(
        _actor("port-attache", "Port d’attache numérique", "Lormont", 33),
        (
            Place("Port d’attache de Lormont", "Lormont", "2 rue de l’Exemple", 10, 1),
            Place("Port d’attache de Cenon", "Cenon", "17 avenue de l’Exemple", 8, 4),
        ),
    ),
    Provider(
        _actor("entraide-libournais", "Entraide connectée du Libournais", "Libourne", 34),
        (
            Place("Entraide connectée", "Libourne", "26 rue de l’Exemple", 14, 2),
            Place("Entraide connectée de Coutras", "Coutras", "5 place de l’Exemple", 4, 0),
            Place("Entraide connectée de Castillon", "Castillon-la-Bataille", "9 rue de l’Exemple", 3, 3),
        ),
    ),
    Provider(
        _actor("fil-medoc", "Le Fil du Médoc", "Lesparre-Médoc", 35),
        (
            Place("Le Fil du Médoc", "Lesparre-Médoc", "14 cours de l’Exemple", 8, 1),
            Place("Le Fil du Médoc, Pauillac", "Pauillac", "3 quai de l’Exemple", 5, 3),
        ),
    ),
    Provider(
        _actor("bassin-en-ligne", "Bassin en ligne", "Arcachon", 36),
        (
            Place("Bassin en ligne, Arcachon", "Arcachon", "21 boulevard de l’Exemple", 6, 2),
            Place("Bassin en ligne, La Teste", "La Teste-de-Buch", "7 rue de l’Exemple", 6, 4),
        ),
    ),
    Provider(
        _actor("tiers-lieu-sud", "Tiers-lieu du Sud-Gironde", "Langon", 37),
        (
            Place("Tiers-lieu de Langon", "Langon", "4 cours de l’Exemple", 10, 1),
            Place("Tiers-lieu de Bazas", "Bazas", "1 place de l’Exemple", 4, 4),
        ),
        joins=1,
    ),
    Provider(
        _actor("deux-rives", "Atelier des Deux Rives", "La Réole", 38),
        (Place("Atelier des Deux Rives", "La Réole", "11 rue de l’Exemple", 8, 2),),
        joins=2,
    ),
    Provider(
        _actor("blaye-clics", "Clics de la Citadelle", "Blaye", 39),
        (Place("Clics de la Citadelle", "Blaye", "6 rue de l’Exemple", 6, 3),),
    ),
    Provider(
        _actor("cubzac-numerique", "Relais numérique du Cubzaguais", "Saint-André-de-Cubzac", 40),
        (Place("Relais du Cubzaguais", "Saint-André-de-Cubzac", "30 rue de l’Exemple", 9, 0),),
        joins=3,
    ),
    Provider(
        _actor("pessac-entraide", "Pessac Entraide numérique", "Pessac", 41),
        (Place("Pessac Entraide", "Pessac", "19 avenue de l’Exemple", 7, 2),),
        joins=1,
    ),
    Provider(
        _actor("merignac-liens", "Liens numériques de Mérignac", "Mérignac", 42),
        (
            Place("Liens numériques", "Mérignac", "2 place de l’Exemple", 11, 1),
            Place("Liens numériques, Saint-Médard", "Saint-Médard-en-Jalles", "45 avenue de l’Exemple", 7, 3),
        ),
        joins=2,
    ),
    Provider(
        _actor("pays-foyen", "La Clé du Pays foyen", "Sainte-Foy-la-Grande", 43),
        (Place("La Clé du Pays foyen", "Sainte-Foy-la-Grande", "8 rue de l’Exemple", 9, 4),),
        joins=4,
    ),
    Provider(
        _actor("creon-mediation", "Créon Médiation", "Créon", 44),
        (Place("Créon Médiation", "Créon", "13 place de l’Exemple", 10, 1),),
        joins=5,
    ),
    Provider(
        _actor("val-eyre", "Val de l’Eyre en ligne", "Belin-Béliet", 45),
        (Place("Val de l’Eyre en ligne", "Belin-Béliet", "22 route de l’Exemple", 14, 2),),
        joins=3,
        fate="suspended",
    ),
    Provider(
        _actor("pixels-chartrons", "Pixels des Chartrons", "Bordeaux", 46),
        (Place("Pixels des Chartrons", "Bordeaux", "70 rue de l’Exemple", 0, 0),),
        joins=9,
        fate="waiting",
    ),
    Provider(
        _actor("talence-clic", "Talence en un clic", "Talence", 47),
        (Place("Talence en un clic", "Talence", "28 cours de l’Exemple", 0, 0),),
        joins=11,
        fate="waiting",
    ),
    Provider(
        _actor("cafe-soulac", "Café numérique de la Pointe", "Soulac-sur-Mer", 48),
        (Place("Café de la Pointe", "Soulac-sur-Mer", "2 esplanade de l’Exemple", 0, 0),),
        joins=13.9,
        fate="submitted",
    ),
    Provider(
        _actor("flash-depannage", "Flash Dépannage informatique", "Libourne", 49),
        (Place("Flash Dépannage", "Libourne", "61 avenue de l’Exemple", 0, 0),),
        joins=6,
        fate="refused",
    ),
    Provider(
        _actor("rives-ciron", "Les Rives du Ciron numériques", "Langon", 50),
        (
            Place("Les Rives du Ciron", "Langon", "7 rue de l’Exemple", 0, 0),
            Place("Permanence de Bazas", "Bazas", "1 place de l’Exemple", 0, 2),
        ),
        joins=13.4,
        fate="correction",
    ),
    Provider(
        _actor("clavier-blaye", "Le Clavier de la Citadelle", "Blaye", 51),
        (Place("Le Clavier de la Citadelle", "Blaye", "15 cours de l’Exemple", 0, 0),),
        joins=13.2,
        fate="appealed",
    ),
    Provider(
        _actor("souris-vertes", "Les Souris vertes", "Arcachon", 52),
        (Place("Les Souris vertes", "Arcachon", "9 boulevard de l’Exemple", 0, 0),),
        joins=13.8,
        fate="draft",
    ),
)
"""The first of them has the counter that `demo --json` lists first."""


ACCEPTED = tuple(one for one in PROVIDERS if one.fate in {"accepted", "suspended"})


def _staff() -> tuple[Person, ...]:
    """Two people for each accepted actor that `PEOPLE` does not staff."""
    people = []
    for provider, names in zip(ACCEPTED[1:], NAMES, strict=True):
        for name, role in zip(names, (Role.MANAGER, Role.SCANNER), strict=True):
            key = "".join(letter for letter in unicodedata.normalize("NFD", name.lower()) if letter.isascii())
            people.append(Person(key.replace(" ", "."), name, provider.organisation.key, role))
    return tuple(people)


EVERYBODY = PEOPLE + _staff()
CAPS = {"Bordeaux": 5}
"""Actors that the EPCI of a commune feeds; `OTHER_CAPS` for every other EPCI of the département."""
OTHER_CAPS = 2
DEPARTEMENT_CAP = 20
"""Of the whole Gironde, above those of its EPCI."""
ROUND = ("fil-medoc", ("Saint-Laurent-Médoc", "Saint-Vivien-de-Médoc"))
"""An actor, and the communes that its first site goes to."""
CLOSING = "Blaye"  # in its EPCI nobody else will be accepted: the cap was lowered under who is there


def organisations() -> list[Organisation]:
    """Everybody who takes part, the operator first."""
    return [*INSTITUTIONS, *DISTRIBUTORS, HUB, *(one.organisation for one in PROVIDERS)]


def people_of(organisation: str) -> list[Person]:
    """The people of an organisation, its manager first."""
    return [person for person in EVERYBODY if person.organisation == organisation]
