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


class NothingToSweep(DomainError):
    """A purse owes the operator neither fees nor VAT."""

    code = "nothing_to_sweep"
    status = 409
    message = "Aucuns frais ne sont dus par ce cantonnement."
    next_step = "Les frais apparaissent quand un règlement est envoyé à la banque."


class SweepNeedsAnother(DomainError):
    """Whoever prepared the transfer of the fees cannot confirm it (design §4.10)."""

    code = "two_people_needed"
    status = 409
    message = "Vous avez préparé ce virement des frais : une autre personne doit le confirmer."
    next_step = "Demandez à une ou un collègue de l’espace opérateur."


class SweepOvertaken(DomainError):
    """Less is due than was prepared: a fee was taken back meanwhile."""

    code = "sweep_overtaken"
    status = 409
    message = "Ce cantonnement doit maintenant moins de frais que ce qui a été préparé."
    next_step = (
        "Si le virement n’est pas parti, écartez-le et préparez-en un autre. S’il est parti, demandez à la banque "
        "de le rappeler."
    )


class SweepClosed(DomainError):
    """The transfer of the fees is confirmed, or was set aside."""

    code = "sweep_closed"
    status = 409
    message = "Ce virement des frais est déjà confirmé ou écarté."
    next_step = "Rechargez la page : elle montre l’état actuel."


class SweepKnown(DomainError):
    """A bank reference names one transfer of fees of a purse."""

    code = "sweep_known"
    status = 409
    message = "Un autre virement des frais de ce cantonnement porte déjà cette référence."
    next_step = "Vérifiez la référence sur le relevé de la banque. Si ce sont deux virements, complétez la référence."
