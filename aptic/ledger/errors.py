"""What the ledger refuses."""

from aptic.errors import DomainError


class InvalidAmount(DomainError):
    """The amount is zero, negative or no whole number of cents."""

    code = "invalid_amount"
    message = "Le montant doit être supérieur à zéro."


class InvalidFunds(DomainError):
    """An amount, a date or a reference that no bank or treasury would write."""

    code = "invalid_funds"
    message = "Ce mouvement de fonds n’est pas valable."


class InsufficientFunds(DomainError):
    """An account or a purse would fall below zero."""

    code = "insufficient_funds"
    status = 409
    message = "La somme disponible ne suffit pas."
    next_step = "Enregistrez d’abord les fonds reçus ou le mandat, ou réduisez le montant."


class AlreadyRecorded(DomainError):
    """The same business event was recorded with another content."""

    code = "event_reused"
    status = 409
    message = "Cette opération est déjà enregistrée avec un autre contenu."


class WrongPosting(DomainError):
    """The kind of transfer does not go between these kinds of accounts."""

    code = "wrong_posting"
    message = "Cette écriture ne relie pas les bons comptes."


class TwoPeopleNeeded(DomainError):
    """Whoever entered a statement cannot confirm it (design §4.10)."""

    code = "two_people_needed"
    status = 409
    message = "Vous avez saisi ce relevé : une autre personne doit le confirmer."
    next_step = "Demandez à une ou un collègue de l’espace opérateur."


class BankBalanceClosed(DomainError):
    """The statement is confirmed, or was set aside."""

    code = "bank_balance_closed"
    status = 409
    message = "Ce relevé est déjà confirmé ou écarté."


class StatementTooNew(DomainError):
    """A bank does not state a balance that is still to come."""

    code = "statement_too_new"
    message = "Cet instant n’est pas encore venu."


class FundingKnown(DomainError):
    """A bank reference names one payment into the guarantee."""

    code = "funding_known"
    status = 409
    message = "Un versement porte déjà cette référence."
    next_step = "Vérifiez la référence sur le relevé de la banque."


class FundingClosed(DomainError):
    """The payment into the guarantee is confirmed, or was set aside."""

    code = "funding_closed"
    status = 409
    message = "Ce versement est déjà confirmé ou écarté."
    next_step = "Rechargez la page : elle montre l’état actuel."
