"""What settlement refuses, and the next step."""

from aptic.errors import DomainError


class CutoffAhead(DomainError):
    """A run settles what is past."""

    code = "cutoff_ahead"
    message = "La date d’arrêté doit être passée."


class CalendarBehind(DomainError):
    """The calendar begins on a day to come."""

    code = "calendar_behind"
    message = "Choisissez un jour à venir, demain au plus tôt."
    next_step = "Pour payer plus tôt, préparez vous-même un règlement."


class NothingToPay(DomainError):
    """No line is owed before the cutoff, or nobody can be paid today."""

    code = "nothing_to_pay"
    status = 409
    message = "Rien n’est à payer à cette date."
    next_step = "Choisissez une date d’arrêté plus récente, ou attendez les prochains encaissements."


class AnotherPersonMustApprove(DomainError):
    """Who prepared a run cannot approve it."""

    code = "another_person"
    status = 403
    message = "Une autre personne doit approuver ce règlement : vous l’avez préparé."
    next_step = "Demandez à une autre personne de l’opérateur de l’approuver."


class AnotherPersonMustSend(DomainError):
    """Who approved a run of the calendar, which nobody prepared, neither makes its bank order nor sends it."""

    code = "another_person"
    status = 403
    message = "Une autre personne doit envoyer ce règlement : vous l’avez approuvé, et le calendrier l’a préparé."
    next_step = (
        "Demandez à une autre personne de l’opérateur de préparer l’ordre de virement, de le déposer à la banque "
        "et de marquer le règlement comme envoyé."
    )


class AlreadyDone(DomainError):
    """Somebody else was first; nothing was done twice."""

    code = "already_done"
    status = 409
    message = "Cette étape est déjà faite, par une autre personne ou dans un autre onglet."
    next_step = "Rechargez la page : elle montre l’état actuel."


class ContentChanged(DomainError):
    """Lines or payees are not those that were prepared or approved."""

    code = "content_changed"
    status = 409
    message = "Les lignes ou les bénéficiaires ne sont plus ceux qui ont été préparés. Rien n’est parti."
    next_step = "N’envoyez rien à la banque et prévenez la personne responsable de l’installation."


class BankFileMissing(DomainError):
    """A run is sent with its bank file."""

    code = "bank_file_missing"
    status = 409
    message = "Le fichier pour la banque n’est pas encore préparé."
    next_step = "Préparez le fichier, déposez-le à la banque, puis marquez le règlement comme envoyé."


class CashGone(DomainError):
    """A purse no longer holds what it was to pay: no other purse pays for it."""

    code = "cash_gone"
    status = 409
    message = "L’argent d’un commanditaire ne suffit plus pour ce règlement. Rien n’est parti."
    next_step = "Ne déposez pas le fichier à la banque. Vérifiez les remboursements faits depuis la préparation."


class DebtorMissing(DomainError):
    """The scheme's own account is not set."""

    code = "debtor_missing"
    status = 409
    message = "Le compte bancaire du dispositif n’est pas renseigné."
    next_step = "Renseignez APTIC_DEBTOR_NAME, APTIC_DEBTOR_IBAN et APTIC_DEBTOR_BIC, puis recommencez."


class ReasonMissing(DomainError):
    """A rejection says why."""

    code = "reason_missing"
    message = "Indiquez le motif donné par la banque."
