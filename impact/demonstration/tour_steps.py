"""The eight steps of one euro: what happens, who does it, and the page where it happens."""

from contextlib import suppress
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from impact.demonstration.roles import ROLES, SPACES, membership_of


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as `components/steps.html` and `components/demo_step.html` read it."""

    title: str
    text: str
    role: str
    page: str
    label: str
    action: str = "components/demo_step.html"


_STEPS = (
    (
        "Un commanditaire confie de l’argent",
        "L’opérateur enregistre le virement ou le mandat du Département ; la somme est cantonnée, à part de toutes "
        "les autres.",
        "finance",
        "operator_funders",
        "Voir les commanditaires et leurs fonds",
    ),
    (
        "L’argent devient un lot de pass",
        "Le Département ouvre une opération et commande des carnets : rien n’est émis au-delà de ce qui est financé.",
        "commanditaire",
        "funder_campaigns",
        "Voir les opérations du Département",
    ),
    (
        "Le lot devient des carnets",
        "Chaque pass porte un code que personne ne peut deviner ; les carnets imprimés partent vers les aiguilleurs.",
        "commanditaire",
        "funder_orders",
        "Voir les commandes et les lots",
    ),
    (
        "Un aiguilleur remet un carnet",
        "Le CCAS remet un carnet à une personne, qui reste anonyme : dès cet instant, il peut servir.",
        "aiguilleur",
        "distributor_home",
        "Remettre un carnet",
    ),
    (
        "Un habitant regarde ce qui lui reste",
        "Sans compte : ce qui reste, jusqu’à quand, et les lieux les plus proches qui peuvent l’aider.",
        "habitant",
        "balance",
        "Consulter un solde",
    ),
    (
        "Un lieu encaisse un pass",
        "Au guichet : un code, un service, une réponse claire. L’euro quitte le pass et devient dû à l’acteur.",
        "guichet",
        "counter_home",
        "Ouvrir le guichet",
    ),
    (
        "L’opérateur règle, l’acteur est payé",
        "Une personne prépare le règlement, une autre l’approuve ; la banque exécute ; le relevé a une ligne par pass.",
        "finance",
        "operator_settlements",
        "Voir les règlements",
    ),
    (
        "Chacun lit les mêmes chiffres",
        "L’acteur, le commanditaire et tout le monde comptent les mêmes lignes ; la preuve compare chaque compte à ce "
        "qu’il représente.",
        "habitant",
        "transparency",
        "Ouvrir la page de transparence",
    ),
)


def steps() -> list[Step]:
    """The tour, each step with the address of its page."""
    return [Step(title, text, role, _address(role, page), label) for title, text, role, page, label in _STEPS]


def _address(role_key: str, page: str) -> str:
    role = ROLES[role_key]
    if role.home in SPACES:
        with suppress(NoReverseMatch):
            return reverse(page, kwargs={"organisation": membership_of(role).organisation_id})
    return reverse(page)
