"""The first questionnaire, charter and terms, which every installation starts with; the operator writes the \
next ones.

Written in a short form here: (key, text, kind, choices with their points, more). Migration 0006 publishes it as
version 1 and never again.
"""

from typing import Any

Choices = tuple[tuple[str, str, int], ...]
Entry = tuple[str, str, str, Choices, dict[str, Any]]

PASS_MARK = 50  # percent: below, the file deserves a conversation before an answer
HOW_OFTEN: Choices = (
    ("always", "Toujours", 4),
    ("often", "Souvent", 2),
    ("rarely", "Rarement", 1),
    ("never", "Jamais", 0),
)

SECTIONS: tuple[tuple[str, str, str, tuple[Entry, ...]], ...] = (
    (
        "quality",
        "La qualité de l’accompagnement",
        "Comment vous préparez, suivez et améliorez ce que vous faites avec les personnes.",
        (
            (
                "years",
                "Depuis combien d’années accompagnez-vous des personnes avec le numérique ?",
                "number",
                (("1", "", 2), ("3", "", 4), ("5", "", 5)),
                {"hint": "0 si vous commencez : cela n’écarte personne."},
            ),
            (
                "needs",
                "Évaluez-vous les besoins de la personne avant de commencer ?",
                "choice",
                HOW_OFTEN,
                {"hint": "Un échange, une grille, un test : tout compte."},
            ),
            (
                "follow_up",
                "Comment suivez-vous les progrès ?",
                "choices",
                (
                    ("talk", "Par un échange à la fin de la séance", 1),
                    ("booklet", "Par un livret ou une fiche que la personne garde", 2),
                    ("later", "En reprenant contact quelques semaines après", 3),
                ),
                {"required": False},
            ),
            (
                "improve",
                "Comment améliorez-vous votre accompagnement ?",
                "text",
                (),
                {"hint": "Questionnaires, réunions d’équipe, échanges entre pairs… En quelques phrases."},
            ),
        ),
    ),
    (
        "reception",
        "L’accueil du public",
        "Qui vous recevez, et dans quelles conditions.",
        (
            (
                "public",
                "À qui votre accompagnement est-il ouvert ?",
                "choice",
                (
                    ("everybody", "À toute personne qui se présente", 5),
                    ("area", "Aux habitants d’un secteur", 3),
                    ("members", "À nos adhérents ou usagers seulement", 0),
                ),
                {},
            ),
            (
                "hours",
                "Combien d’heures par semaine accompagnez-vous, tous lieux réunis ?",
                "number",
                (("4", "", 1), ("12", "", 3), ("20", "", 5)),
                {},
            ),
            (
                "discretion",
                "Une personne peut-elle être reçue sans être entendue des autres ?",
                "yes_no",
                (("yes", "", 3), ("no", "", 0)),
                {"hint": "Un bureau, une cloison, un créneau sans autre public."},
            ),
        ),
    ),
    (
        "skills",
        "Les compétences de l’équipe",
        "Qui accompagne, et comment ces personnes sont formées et encadrées.",
        (
            (
                "team",
                "Qui accompagne les personnes ?",
                "choices",
                (
                    ("mediators", "Des médiatrices ou médiateurs numériques salariés", 5),
                    ("trainers", "D’autres professionnels formés", 3),
                    ("civic", "Des volontaires en service civique", 1),
                    ("volunteers", "Des bénévoles", 1),
                ),
                {},
            ),
            (
                "supervision",
                "Bénévoles et volontaires accompagnent-ils toujours en présence d’un professionnel ?",
                "choice",
                HOW_OFTEN,
                {"condition": {"question": "team", "values": ["civic", "volunteers"]}},
            ),
            (
                "training",
                "Ces personnes ont-elles été formées à la médiation numérique ?",
                "choice",
                (
                    ("diploma", "Oui, par un titre ou un certificat", 5),
                    ("course", "Oui, par des formations plus courtes", 3),
                    ("practice", "Par la pratique", 1),
                ),
                {},
            ),
            (
                "renewal",
                "Ont-elles suivi une formation dans les deux dernières années ?",
                "yes_no",
                (("yes", "", 2), ("no", "", 0)),
                {},
            ),
        ),
    ),
    (
        "equipment",
        "L’équipement",
        "Ce que les personnes trouvent sur place.",
        (
            (
                "computers",
                "Combien d’ordinateurs ou de tablettes le public peut-il utiliser ?",
                "number",
                (("1", "", 1), ("4", "", 3), ("8", "", 4)),
                {},
            ),
            (
                "on_site",
                "Qu’y trouve-t-on aussi ?",
                "choices",
                (
                    ("internet", "Une connexion ouverte au public", 2),
                    ("printer", "Une imprimante et un scanner", 2),
                    ("own_device", "De quoi travailler sur son propre appareil", 2),
                ),
                {"required": False},
            ),
        ),
    ),
    (
        "data",
        "La protection des données",
        "Les personnes vous confient des identifiants, des papiers, parfois leur situation.",
        (
            (
                "passwords",
                "Que faites-vous des mots de passe des personnes ?",
                "choice",
                (
                    ("never", "Nous ne les notons jamais : la personne les tape elle-même", 5),
                    ("mandate", "Nous agissons avec un mandat écrit (Aidants Connect par exemple)", 5),
                    ("kept", "Il nous arrive de les noter", 0),
                ),
                {},
            ),
            (
                "sessions",
                "Les postes publics oublient-ils ce qui a été fait entre deux personnes ?",
                "yes_no",
                (("yes", "", 3), ("no", "", 0)),
                {"hint": "Sessions effacées, téléchargements vidés, navigation privée."},
            ),
            (
                "register",
                "Tenez-vous un registre des traitements de données personnelles ?",
                "yes_no",
                (("yes", "", 2), ("no", "", 0)),
                {},
            ),
        ),
    ),
    (
        "accessibility",
        "L’accessibilité",
        "Venir, entrer, comprendre.",
        (
            (
                "access",
                "Une personne en fauteuil peut-elle entrer et être accompagnée ?",
                "choice",
                (
                    ("yes", "Oui, partout", 4),
                    ("partly", "Dans une partie de nos lieux", 2),
                    (
                        "no",
                        "Pas \
encore",
                        0,
                    ),
                ),
                {},
            ),
            (
                "plan",
                "Que prévoyez-vous pour y arriver ?",
                "text",
                (),
                {"condition": {"question": "access", "values": ["partly", "no"]}},
            ),
            (
                "reading",
                "Savez-vous accompagner une personne qui lit difficilement, ou dans une autre langue ?",
                "yes_no",
                (("yes", "", 3), ("no", "", 0)),
                {},
            ),
        ),
    ),
    (
        "partners",
        "Les partenaires",
        "Ceux qui vous envoient des personnes, ceux vers qui vous les orientez.",
        (
            (
                "referrals",
                "Qui vous oriente des personnes ?",
                "choices",
                (
                    ("social", "Un CCAS, une maison des solidarités, une caisse", 2),
                    ("work", "France Travail, une mission locale", 2),
                    ("town", "La mairie, France services", 2),
                    ("nobody", "Personne pour l’instant", 0),
                ),
                {},
            ),
            (
                "network",
                "Participez-vous à un réseau de la médiation numérique ?",
                "yes_no",
                (("yes", "", 2), ("no", "", 0)),
                {"hint": "Un hub, une tête de réseau, un collectif local."},
            ),
        ),
    ),
)

CHARTER = """1. Nous accueillons toute personne qui présente un pass, sans distinction, et nous la traitons \
avec respect.

2. Nous partons de ses besoins, nous avançons à son rythme, et nous cherchons à la rendre plus autonome.

3. Nous n’encaissons un pass que pour un accompagnement réellement donné, au service que nous indiquons.

4. Nous ne demandons aucun supplément pour ce que le pass paie entièrement, et nous disons les prix avant de \
commencer.

5. Nous ne notons pas les mots de passe, nous ne gardons pas les papiers, nous ne répétons pas ce qui nous est \
confié.

6. Nous tenons à jour nos adresses, nos horaires et nos services : quelqu’un s’y fie pour venir.

7. Nous formons celles et ceux qui accompagnent, et nous encadrons les bénévoles et les volontaires.

8. Nous répondons aux questions de l’opérateur, et nous acceptons qu’il vérifie ce que nous déclarons."""

TERMS = """Objet. Ces conditions règlent l’encaissement des pass par un acteur qualifié et leur paiement par \
l’opérateur.

Qualification. Elle est donnée pour une durée, dans un territoire où une place est libre. L’acteur demande son \
renouvellement avant la fin.

Paiement. Chaque pass encaissé est dû à sa valeur, moins les frais du dispositif. Il est versé dans la limite \
de ce que le commanditaire a réellement payé ; ce qui attend est montré avec sa date.

Contrôle. L’acteur garde de quoi montrer qu’un accompagnement a eu lieu. Un encaissement sans accompagnement \
est annulé et dû à l’opérateur.

Suspension et sortie. L’opérateur peut suspendre un acteur, ou retirer sa qualification, par une décision \
motivée qui prend effet aussitôt à tous ses guichets. Ce qui est dû reste dû. L’acteur peut demander qu’une \
seconde personne réexamine un refus.

Données. Le nom, l’adresse, les horaires et le téléphone des lieux sont publics. Les pièces et les coordonnées \
bancaires sont chiffrées et réservées à l’opérateur."""


def content() -> dict[str, Any]:
    """The questionnaire as `rules.py` reads it."""
    return {
        "sections": [
            {"key": key, "title": title, "intro": intro, "questions": [_question(entry) for entry in entries]}
            for key, title, intro, entries in SECTIONS
        ]
    }


def points() -> dict[str, dict[str, int]]:
    """What each answer is worth."""
    return {
        key: {choice: worth for choice, _, worth in choices}
        for *_, entries in SECTIONS
        for key, _, _, choices, _ in entries
        if choices
    }


def _question(entry: Entry) -> dict[str, Any]:
    key, text, kind, choices, more = entry
    listed = [{"key": choice, "label": label} for choice, label, _ in choices] if kind in ("choice", "choices") else []
    return {
        "key": key,
        "text": text,
        "hint": more.get("hint", ""),
        "kind": kind,
        "required": more.get("required", True),
        "choices": listed,
        "condition": more.get("condition"),
    }
