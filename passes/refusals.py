"""The closed list of why a pass is refused: code, HTTP status, what to say, what to do next, whom to call.

The API schema, the pages, the stored attempts and what the browser says all derive from here: the counter's page bears
these words for when it is alone (`_offline_reasons.html`), other scripts read `/guichet/refus.json`. The codes that the
counter's scripts answer with are compared with both (tests/passes/test_counter_reasons.py).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models


class Refusal(models.TextChoices):
    """Machine codes; stable for ever. `unknown` and `too_many_attempts` are never stored as outcomes."""

    UNKNOWN = "unknown", "Code inconnu"
    ALREADY_REDEEMED = "already_redeemed", "Pass déjà utilisé"
    NOT_ACTIVE = "not_active", "Pass pas encore activé"
    NOT_HANDED_OUT = "not_handed_out", "Carnet pas encore remis"
    EXPIRED = "expired", "Pass expiré"
    BLOCKED = "blocked", "Pass bloqué"
    SERVICE_NOT_COVERED = "service_not_covered", "Service non prévu"
    SITE_NOT_COVERED = "site_not_covered", "Lieu non prévu"
    TERRITORY_NOT_COVERED = "territory_not_covered", "Territoire non prévu"
    LIMIT_REACHED = "limit_reached", "Limite du jour atteinte"
    SITE_NOT_QUALIFIED = "site_not_qualified", "Lieu non autorisé"
    TOO_MANY_ATTEMPTS = "too_many_attempts", "Trop d’essais"


class Call(StrEnum):
    """Who can help; each has a telephone (`passes/guidance.py`)."""

    CAMPAIGN = "campaign"  # the number printed on the booklet
    DISTRIBUTOR = "distributor"  # who holds the booklet
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person at the counter reads, and the HTTP status of the same answer in the API.

    `elsewhere`: another site may take this pass, so the nearest ones are named.
    """

    status: int
    sentence: str
    next_step: str
    call: Call = Call.CAMPAIGN
    elsewhere: bool = False


EXPLANATIONS: dict[Refusal, Explanation] = {
    Refusal.UNKNOWN: Explanation(
        404,
        "Ce code n’existe pas.",
        "Vérifiez les seize caractères avec la personne, ou scannez le carré noir du pass.",
        call=Call.OPERATOR,
    ),
    Refusal.ALREADY_REDEEMED: Explanation(409, "Ce pass a déjà été utilisé.", "Proposez un autre pass du même carnet."),
    Refusal.NOT_ACTIVE: Explanation(
        422,
        "Ce pass n’est pas encore activé : il n’est pas encore financé, ou sa période n’a pas commencé.",
        "Gardez le pass et réessayez à partir de la date imprimée, ou appelez le numéro imprimé sur le carnet.",
    ),
    Refusal.NOT_HANDED_OUT: Explanation(
        422,
        "Ce carnet n’a pas encore été remis à une personne.",
        "La structure qui l’a donné doit enregistrer la remise ; appelez-la, cela prend une minute.",
        call=Call.DISTRIBUTOR,
    ),
    Refusal.EXPIRED: Explanation(
        422, "La date de ce pass est passée.", "La structure qui a remis le carnet peut en demander un nouveau."
    ),
    Refusal.BLOCKED: Explanation(
        422,
        "Ce pass a été bloqué, par exemple parce que le carnet a été déclaré perdu.",
        "Appelez le numéro imprimé sur le carnet.",
    ),
    Refusal.SERVICE_NOT_COVERED: Explanation(
        422, "Ce pass ne paie pas ce service.", "Choisissez un des services prévus par l’opération.", elsewhere=True
    ),
    Refusal.SITE_NOT_COVERED: Explanation(
        422,
        "Ce pass n’est pas accepté dans ce lieu.",
        "Proposez un des lieux proches qui l’acceptent ; ils sont aussi sur la page de solde du pass.",
        elsewhere=True,
    ),
    Refusal.TERRITORY_NOT_COVERED: Explanation(
        422,
        "Ce pass n’est pas accepté sur ce territoire.",
        "Proposez un des lieux proches qui l’acceptent ; ils sont aussi sur la page de solde du pass.",
        elsewhere=True,
    ),
    Refusal.LIMIT_REACHED: Explanation(
        422,
        "Le nombre de pass de ce carnet utilisables aujourd’hui est atteint.",
        "Le pass reste valable : revenez demain.",
    ),
    Refusal.SITE_NOT_QUALIFIED: Explanation(
        422,
        "Ce lieu n’est pas autorisé à encaisser des pass en ce moment.",
        "Le responsable du lieu peut appeler l’opérateur.",
        call=Call.OPERATOR,
        elsewhere=True,
    ),
    Refusal.TOO_MANY_ATTEMPTS: Explanation(
        429,
        "Trop de codes faux ont été essayés.",
        "Un vrai pass passe toujours : scannez-le. Sinon, attendez dix minutes.",
        call=Call.OPERATOR,
    ),
}


def constants() -> list[dict[str, Any]]:
    """The list as a browser keeps it, to answer in the same words without a network."""
    return [
        {
            "code": one.value,
            "label": one.label,
            "status": why.status,
            "sentence": why.sentence,
            "next_step": why.next_step,
            "call": why.call.value,
            "elsewhere": why.elsewhere,
        }
        for one, why in EXPLANATIONS.items()
    ]
