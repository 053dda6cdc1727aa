"""The closed list of why a pass is refused: code, HTTP status, what to say, and what to do next.

The API schema, the pages and the stored attempts all derive from here.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person at the counter reads, and the HTTP status of the same answer in the API."""

    status: int
    sentence: str
    next_step: str


EXPLANATIONS: dict[Refusal, Explanation] = {
    Refusal.UNKNOWN: Explanation(
        404,
        "Ce code n’existe pas.",
        "Vérifiez les seize caractères avec la personne, ou scannez le carré noir du pass.",
    ),
    Refusal.ALREADY_REDEEMED: Explanation(409, "Ce pass a déjà été utilisé.", "Proposez un autre pass du même carnet."),
    Refusal.NOT_ACTIVE: Explanation(
        422,
        "Ce pass n’est pas encore activé : il n’est pas encore financé, ou sa période n’a pas commencé.",
        "Gardez le pass et réessayez à partir de la date imprimée, ou appelez le numéro au dos du carnet.",
    ),
    Refusal.NOT_HANDED_OUT: Explanation(
        422,
        "Ce carnet n’a pas encore été remis à une personne.",
        "La structure qui l’a donné doit enregistrer la remise ; appelez-la, cela prend une minute.",
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
        422, "Ce pass ne paie pas ce service.", "Choisissez un des services prévus par l’opération."
    ),
    Refusal.SITE_NOT_COVERED: Explanation(
        422,
        "Ce pass n’est pas accepté dans ce lieu.",
        "La page de solde du pass indique les lieux proches qui l’acceptent.",
    ),
    Refusal.TERRITORY_NOT_COVERED: Explanation(
        422,
        "Ce pass n’est pas accepté sur ce territoire.",
        "La page de solde du pass indique les lieux proches qui l’acceptent.",
    ),
    Refusal.LIMIT_REACHED: Explanation(
        422,
        "Le nombre de pass de ce carnet utilisables aujourd’hui est atteint.",
        "Le pass reste valable : revenez demain.",
    ),
    Refusal.SITE_NOT_QUALIFIED: Explanation(
        422,
        "Ce lieu n’est pas autorisé à encaisser des pass en ce moment.",
        "Le responsable du lieu peut appeler l’opérateur.",
    ),
    Refusal.TOO_MANY_ATTEMPTS: Explanation(
        429, "Trop de codes faux ont été essayés.", "Attendez quelques minutes, puis vérifiez le code avec la personne."
    ),
}
