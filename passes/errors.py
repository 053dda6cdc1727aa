"""What the counter answers when it does not redeem."""

from typing import Any, ClassVar

from aptic import french
from aptic.errors import DomainError
from aptic.ledger.errors import InsufficientFunds
from funders.models import Order
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


class _NotHere(CodeUnknown):
    """A genuine code that this counter does not take, said in its own words; to a program it is `unknown`."""

    sentence: ClassVar[str]
    next_word: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.text, self.next_step = self.sentence, self.next_word  # type: ignore[misc]


class CoverShown(_NotHere):
    """The cover's code: it shows the balance and never redeems."""

    sentence = "C’est la couverture du carnet : elle montre le solde et ne s’encaisse pas."
    next_word = "Scannez un des pass du carnet."


class TrainingCode(_NotHere):
    """A training code at the real counter."""

    sentence = "C’est un pass d’entraînement : il ne vaut pas d’argent."
    next_word = "Essayez-le dans l’entraînement, ou scannez le pass de la personne."


class RealPass(_NotHere):
    """A real pass in training: refused without being looked up."""

    sentence = "C’est un vrai pass : l’entraînement ne le regarde pas."
    next_word = "Revenez au guichet pour l’encaisser."


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


class SessionNotOpen(DomainError):
    """The session named is closed, of another site, or unknown. Never stored: the same id may be tried without it."""

    code = "session_not_open"
    status = 422
    message = "Cette séance est fermée, ou elle n’est pas de ce lieu."
    next_step = "Encaissez ce pass hors séance, ou ouvrez une autre séance."


class SessionDay(DomainError):
    """A session is of this week."""

    code = "session_day"
    status = 422
    message = "Une séance se tient à sept jours d’aujourd’hui au plus."
    next_step = "Choisissez un autre jour."


class DeviceStopped(DomainError):
    """A line of a device that was stopped: it hands in only what it did before, off line, for 72 hours."""

    code = "unauthorised"
    status = 401
    message = "Cet appareil a été arrêté."
    next_step = (
        "Associez un autre appareil à ce lieu. Les encaissements hors ligne d’avant l’arrêt restent à transmettre."
    )


class VoidRefused(DomainError):
    """A redemption that can no longer be undone at the till."""

    status = 409
    SENTENCES = {
        "void_window_closed": "Le délai de 15 minutes pour annuler est passé, ou c’est un autre appareil.",
        "settled": "Cet encaissement est déjà dans un paiement : il ne peut plus être annulé ici.",
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.SENTENCES[code])
        self.code = code  # type: ignore[misc]
        self.next_step = "Demandez une correction à l’opérateur."  # type: ignore[misc]


class NotIssuable(DomainError):
    """The order cannot be issued: cancelled, issued already, or its campaign is over."""

    code = "not_issuable"
    status = 409
    message = "Cette commande ne peut pas être émise."


class NotFunded(InsufficientFunds):
    """Issued would exceed funded on the order's line."""

    next_step = "Enregistrez le virement ou le mandat qui manque, puis émettez."

    def __init__(self, order: Order) -> None:
        free, needed = order.line.account.guarded_cents or 0, order.amount_cents
        super().__init__(
            f"La ligne « {order.line.source} » a {french.euros(free)} disponibles et cette commande en demande "
            f"{french.euros(needed)} : il manque {french.euros(max(0, needed - free))}."
        )


class NotPrintable(DomainError):
    """The batch cannot be printed, or its printing cannot be confirmed, as things stand."""

    code = "not_printable"
    status = 409
    message = "Ce lot ne peut pas être imprimé pour l’instant."


class NotReplaceable(DomainError):
    """Booklets that cannot be replaced as things stand."""

    code = "not_replaceable"
    status = 409
    message = "Ces carnets ne peuvent pas être remplacés."


class StockRefused(DomainError):
    """Booklets that are not where the person says they are."""

    code = "not_in_stock"
    status = 409
    message = "Ces carnets ne sont pas dans votre stock."


class HandOutRefused(DomainError):
    """A booklet that cannot be handed out, or whose hand-out can no longer be undone."""

    status = 409
    SENTENCES = {
        "given": ("Ce carnet est déjà remis à une personne.", "Prenez un autre carnet, et mettez celui-ci de côté."),
        "not_in_stock": (
            "Ce carnet n’est pas dans votre stock.",
            "Vérifiez d’où il vient avec le commanditaire ; en attendant, ne le remettez pas.",
        ),
        "not_active": ("Ce carnet n’est pas encore activé.", "Demandez au commanditaire quand ses pass serviront."),
        "expired": ("La date de ce carnet est passée.", "Mettez-le de côté : le commanditaire le reprendra."),
        "nothing_left": (
            "Aucun pass de ce carnet n’est utilisable : il a été bloqué ou remplacé, ou il est déjà utilisé.",
            "Mettez-le de côté et prévenez le commanditaire.",
        ),
        "page_too_old": (
            "Cette page est restée ouverte trop longtemps : rien n’est enregistré.",
            "Scannez de nouveau le carnet.",
        ),
        "used": (
            "Un pass de ce carnet est déjà utilisé : la remise ne peut plus être annulée.",
            "Si le carnet est perdu, demandez au commanditaire de le bloquer.",
        ),
        "day_over": (
            "Une remise s’annule le jour même seulement.",
            "Si le carnet est revenu, gardez-le et prévenez le commanditaire.",
        ),
    }

    def __init__(self, code: str) -> None:
        sentence, next_step = self.SENTENCES[code]
        super().__init__(sentence)
        self.code = code  # type: ignore[misc]
        self.next_step = next_step  # type: ignore[misc]
