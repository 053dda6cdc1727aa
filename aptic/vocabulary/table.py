"""The services themselves, in the order in which screens show them.

Sources: the nine values of `services` in the « Standard des lieux de médiation numérique » (La MedNum, version 1),
and the fifteen of its first version, each under the service that the ANCT's library
`lieux-de-mediation-numerique` converts it to. « Utilisation sécurisée du numérique » is new in version 1 and has
no older service under it. Names are the standard's own; descriptions are ours, for citizens.

Ids: 1-9 the standard, 101-115 its first version, 1000 and above local parcours. An id is never used again.
"""

from collections.abc import Iterator
from typing import Any

Entry = tuple[int, str, str, str]
FIRST_PARCOURS_ID = 1000

STANDARD: tuple[Entry, ...] = (
    (
        1,
        "aide-aux-demarches-administratives",
        "Aide aux démarches administratives",
        "Faire vos démarches en ligne, seul ou avec quelqu’un : impôts, allocations, retraite, santé, papiers.",
    ),
    (
        2,
        "maitrise-des-outils-numeriques-du-quotidien",
        "Maîtrise des outils numériques du quotidien",
        "Apprendre à vous servir d’un ordinateur, d’un téléphone ou d’une tablette, d’internet et des courriels.",
    ),
    (
        3,
        "insertion-professionnelle-via-le-numerique",
        "Insertion professionnelle via le numérique",
        "Chercher un emploi ou une formation en ligne, faire votre CV, développer votre activité.",
    ),
    (
        4,
        "utilisation-securisee-du-numerique",
        "Utilisation sécurisée du numérique",
        "Reconnaître les arnaques, choisir de bons mots de passe, protéger vos données et payer sans risque.",
    ),
    (
        5,
        "parentalite-et-education-avec-le-numerique",
        "Parentalité et éducation avec le numérique",
        "Accompagner vos enfants face aux écrans et suivre leur scolarité en ligne.",
    ),
    (
        6,
        "loisirs-et-creations-numeriques",
        "Loisirs et créations numériques",
        "Créer et vous faire plaisir : photo, vidéo, musique, jeux, impression en 3D.",
    ),
    (
        7,
        "comprehension-du-monde-numerique",
        "Compréhension du monde numérique",
        "Comprendre ce que le numérique change : réseaux sociaux, information, intelligence artificielle.",
    ),
    (
        8,
        "acces-internet-et-materiel-informatique",
        "Accès internet et matériel informatique",
        "Utiliser sur place une connexion, un ordinateur, une imprimante ou un scanner.",
    ),
    (
        9,
        "acquisition-de-materiel-informatique-a-prix-solidaire",
        "Acquisition de matériel informatique à prix solidaire",
        "Acheter un ordinateur ou un téléphone, souvent reconditionné, à un prix adapté à vos moyens.",
    ),
)

FIRST_VERSION: tuple[tuple[int, tuple[Entry, ...]], ...] = (
    (
        1,
        (
            (
                101,
                "devenir-autonome-dans-les-demarches",
                "Devenir autonome dans les démarches administratives",
                "Apprendre à faire vos démarches en ligne par vous-même.",
            ),
            (
                102,
                "realiser-des-demarches-avec-un-accompagnement",
                "Réaliser des démarches administratives avec un accompagnement",
                "Faire une démarche en ligne avec quelqu’un à côté de vous.",
            ),
            (
                103,
                "accompagner-les-demarches-de-sante",
                "Accompagner les démarches de santé",
                "Ouvrir votre espace santé, prendre rendez-vous, suivre vos remboursements.",
            ),
        ),
    ),
    (
        2,
        (
            (
                104,
                "prendre-en-main-un-smartphone-ou-une-tablette",
                "Prendre en main un smartphone ou une tablette",
                "Régler et utiliser un téléphone ou une tablette, installer une application.",
            ),
            (
                105,
                "prendre-en-main-un-ordinateur",
                "Prendre en main un ordinateur",
                "Se servir de la souris et du clavier, ranger ses fichiers, écrire un document.",
            ),
            (
                106,
                "utiliser-le-numerique-au-quotidien",
                "Utiliser le numérique au quotidien",
                "Créer une adresse électronique, envoyer un message, chercher sur internet, acheter en ligne.",
            ),
        ),
    ),
    (
        3,
        (
            (
                107,
                "favoriser-mon-insertion-professionnelle",
                "Favoriser mon insertion professionnelle",
                "Écrire un CV, répondre à une offre, tenir à jour votre espace de demandeur d’emploi.",
            ),
            (
                108,
                "creer-et-developper-mon-entreprise",
                "Créer et développer mon entreprise",
                "Faire connaître votre activité, facturer et vendre en ligne.",
            ),
        ),
    ),
    (
        5,
        (
            (
                109,
                "soutenir-la-parentalite-et-l-education",
                "Soutenir la parentalité et l’éducation avec le numérique",
                "Parler des écrans en famille, suivre la scolarité de vos enfants en ligne.",
            ),
        ),
    ),
    (
        6,
        (
            (
                110,
                "creer-avec-le-numerique",
                "Créer avec le numérique",
                "Retoucher une photo, monter une vidéo, fabriquer un objet, apprendre à programmer.",
            ),
        ),
    ),
    (
        7,
        (
            (
                111,
                "approfondir-ma-culture-numerique",
                "Approfondir ma culture numérique",
                "Comprendre comment marchent internet, les réseaux sociaux et vos données.",
            ),
            (
                112,
                "promouvoir-la-citoyennete-numerique",
                "Promouvoir la citoyenneté numérique",
                "Vérifier une information, connaître vos droits, participer à la vie publique en ligne.",
            ),
        ),
    ),
    (
        8,
        (
            (
                113,
                "acceder-a-une-connexion-internet",
                "Accéder à une connexion internet",
                "Vous connecter sur place, avec votre appareil ou celui du lieu.",
            ),
            (
                114,
                "acceder-a-du-materiel",
                "Accéder à du matériel",
                "Utiliser sur place un ordinateur, une imprimante ou un scanner.",
            ),
        ),
    ),
    (
        9,
        (
            (
                115,
                "s-equiper-en-materiel-informatique",
                "S’équiper en matériel informatique",
                "Acheter un appareil à prix solidaire et le faire régler pour vous.",
            ),
        ),
    ),
)


def rows() -> Iterator[dict[str, Any]]:
    """One dict of `Service` fields per service, parents first."""
    for position, entry in enumerate(STANDARD, start=1):
        yield _row(entry, kind="standard", parent_id=None, position=position)
    for parent_id, children in FIRST_VERSION:
        for position, entry in enumerate(children, start=1):
            yield _row(entry, kind="first_version", parent_id=parent_id, position=position)


def _row(entry: Entry, *, kind: str, parent_id: int | None, position: int) -> dict[str, Any]:
    number, slug, name, description = entry
    return {
        "id": number,
        "slug": slug,
        "name": name,
        "description": description,
        "kind": kind,
        "parent_id": parent_id,
        "position": position,
        "active": True,
    }
