"""The eight steps of one euro: what happens, who does it, and the page where it happens."""

from contextlib import suppress
from dataclasses import dataclass

from django.db.models import Sum
from django.urls import NoReverseMatch, reverse

from aptic import french
from aptic.french import euros, number
from aptic.ledger.models import Proof
from aptic.tenancy.principal import Hat, Principal, acting
from impact import figures
from impact.demonstration.roles import ROLES, SPACES, membership_of
from passes.models import Batch


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as `components/steps.html` and `components/demo_step.html` read it."""

    title: str
    text: str
    role: str
    page: str
    label: str
    figure: str  # counted now
    action: str = "components/demo_step.html"


_STEPS = (
    (
        "Un commanditaire confie de l’argent",
        "L’opérateur enregistre le virement ou le mandat du Département ; la somme est cantonnée, à part de toutes "
        "les autres.",
        "finance",
        "operator_funders",
        "Voir les commanditaires et leurs fonds",
        lambda money, usage: f"{euros(money.collected)} reçus, {euros(money.receivable)} promis",
    ),
    (
        "L’argent devient un lot de pass",
        "Le Département ouvre une opération et commande des carnets : rien n’est émis au-delà de ce qui est financé.",
        "commanditaire",
        "funder_campaigns",
        "Voir les opérations du Département",
        lambda money, usage: f"{number(usage.issued)} pass émis, pour {euros(usage.issued_cents)}",
    ),
    (
        "Le lot devient des carnets",
        "Chaque pass porte un code que personne ne peut deviner ; les carnets imprimés partent vers les aiguilleurs.",
        "commanditaire",
        "funder_batches",
        "Voir les lots et leurs carnets",
        lambda money, usage: _booklets(),
    ),
    (
        "Un aiguilleur remet un carnet",
        "Le CCAS remet un carnet à une personne, qui reste anonyme : dès cet instant, il peut servir.",
        "aiguilleur",
        "distributor_home",
        "Remettre un carnet",
        lambda money, usage: f"{number(usage.handed_out)} pass remis à des personnes",
    ),
    (
        "Un habitant regarde ce qui lui reste",
        "Sans compte : ce qui reste, jusqu’à quand, et les lieux les plus proches qui peuvent l’aider.",
        "habitant",
        "balance",
        "Consulter un solde",
        lambda money, usage: f"{euros(money.circulation)} dans des pass encore utilisables",
    ),
    (
        "Un lieu encaisse un pass",
        "Au guichet : un code, un service, une réponse claire. L’euro quitte le pass et devient dû à l’acteur.",
        "guichet",
        "counter_home",
        "Ouvrir le guichet",
        lambda money, usage: f"{number(usage.used)} pass encaissés, pour {euros(usage.used_cents)}",
    ),
    (
        "L’opérateur règle, l’acteur est payé",
        "Une personne prépare le règlement, une autre l’approuve ; la banque exécute ; le relevé a une ligne par pass.",
        "finance",
        "operator_settlements",
        "Voir les règlements",
        lambda money, usage: f"{euros(money.settled)} versés, {euros(money.payable + money.in_transfer)} à verser",
    ),
    (
        "Chacun lit les mêmes chiffres",
        "L’acteur, le commanditaire et tout le monde comptent les mêmes lignes ; la preuve compare chaque compte à ce "
        "qu’il représente.",
        "habitant",
        "transparency",
        "Ouvrir la page de transparence",
        lambda money, usage: _agreement(),
    ),
)


def steps() -> list[Step]:
    """The tour, each step with the address of its page and what it counts now."""
    with acting(Principal(hat=Hat.OPERATOR)):
        money, usage = figures.money(), figures.usage()
        return [
            Step(title, text, role, _address(role, page), label, figure(money, usage))
            for title, text, role, page, label, figure in _STEPS
        ]


def _booklets() -> str:
    """How many booklets all batches hold."""
    held = Batch.objects.aggregate(n=Sum("booklets"))["n"] or 0
    return f"{number(held)} carnets"


def _agreement() -> str:
    """What the last proof said."""
    proof = Proof.objects.latest("id")
    if proof.differences:
        return french.plural(proof.differences, "compte en écart,comptes en écart")
    return f"{number(proof.accounts)} comptes vérifiés, aucun écart"


def _address(role_key: str, page: str) -> str:
    role = ROLES[role_key]
    if role.home in SPACES:
        with suppress(NoReverseMatch):
            return reverse(page, kwargs={"organisation": membership_of(role).organisation_id})
    return reverse(page)
