"""What the counter answers when it does not redeem."""

from typing import Any

from aptic.errors import DomainError
from passes.refusals import EXPLANATIONS, Refusal


class Refused(DomainError):
    """A decision on a genuine pass: stored, and the same for ever under the same id."""

    def __init__(self, reason: Refusal, **details: Any) -> None:
        explanation = EXPLANATIONS[reason]
        super().__init__(explanation.sentence, **details)
        self.reason = reason
        self.code = reason.value  # type: ignore[misc]
        self.status = explanation.status  # type: ignore[misc]
        self.next_step = explanation.next_step  # type: ignore[misc]


class CodeUnknown(Refused):
    """The code is not genuine, or no pass answers to it. Never stored: the same id may be tried again."""

    def __init__(self, **details: Any) -> None:
        super().__init__(Refusal.UNKNOWN, **details)


class TooManyAttempts(Refused):
    """Too many false codes from one device or address. Never stored."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(Refusal.TOO_MANY_ATTEMPTS)
        self.retry_after = retry_after  # seconds


class IdReused(DomainError):
    """The id was used for another site, pass or service, or by somebody else."""

    code = "id_reused"
    status = 422
    message = "Cet identifiant a déjà servi pour une autre demande."
    next_step = "Recommencez avec un nouvel identifiant."


class VoidRefused(DomainError):
    """A redemption that can no longer be undone at the till."""

    status = 409
    SENTENCES = {
        "void_window_closed": "Le délai de 15 minutes pour annuler est passé, ou c’est un autre appareil.",
        "settled": "Cet encaissement est déjà dans un paiement : il ne peut plus être annulé ici.",
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.SENTENCES[code])
        self.code = code  # type: ignore[misc]
        self.next_step = "Demandez une correction à l’opérateur."  # type: ignore[misc]


class NotIssuable(DomainError):
    """The order cannot be issued: not funded, or cancelled."""

    code = "not_issuable"
    status = 409
    message = "Cette commande ne peut pas être émise."


class StockRefused(DomainError):
    """Booklets that are not where the person says they are."""

    code = "not_in_stock"
    status = 409
    message = "Ces carnets ne sont pas dans votre stock."
