"""What is refused of incidents, held lines and requests to undo, and the next step."""

from aptic.errors import DomainError


class AnotherPersonDecides(DomainError):
    """Nobody approves what they prepared or asked for (design §4.10)."""

    code = "another_person_decides"
    status = 403
    message = "Une autre personne doit approuver : vous avez préparé ou demandé cela."
    next_step = "Demandez à une ou un collègue, et envoyez-lui l’adresse de cette page."


class OperatorDecides(DomainError):
    """A device does not say who held it: whoever asks there may be the manager who would answer."""

    code = "operator_decides"
    status = 403
    message = "Cette demande vient d’un appareil, qui ne dit pas qui s’en servait : l’opérateur seul y répond."
    next_step = "Vous n’avez rien à faire : la demande est dans ses pages."


class NotDecidable(DomainError):
    """The row is no longer in the state that the person saw."""

    code = "not_decidable"
    status = 409
    message = "Cette décision ne correspond plus à l’état actuel : une autre personne est passée avant vous."
    next_step = "Rechargez la page."


class WhyMissing(DomainError):
    """What departs from the rule, or refuses somebody, says why."""

    code = "why_missing"
    message = "Écrivez pourquoi."


class ReferenceMissing(DomainError):
    """Money that came in is named as on the bank's paper."""

    code = "reference_missing"
    message = "Écrivez la référence du virement, telle que la banque l’imprime."


class GuaranteeTooSmall(DomainError):
    """The guarantee does not hold what the incident asks for: it waits."""

    code = "guarantee_too_small"
    status = 409
    message = "La garantie n’a plus assez d’argent pour cet incident."
    next_step = "Rien n’est perdu : l’incident attend. Alimentez la garantie, puis approuvez de nouveau."


class NotVoidable(DomainError):
    """A redemption that nobody can ask to undo: refused, undone already, or asked for already."""

    code = "not_voidable"
    status = 409
    message = "Cet encaissement ne peut pas être annulé : il l’est déjà, ou une demande est en cours."
    next_step = "Voyez les demandes d’annulation."


class BatchOver(DomainError):
    """The passes of the batch have expired: only the operator, who sees the funding line, undoes one."""

    code = "batch_over"
    status = 409
    message = "Le lot de ce pass est clos."
    next_step = "L’opérateur peut encore approuver cette demande."


class NotPaid(DomainError):
    """The payout that had claimed the line was given up: nothing is to be repaid."""

    code = "not_paid"
    status = 409
    message = "Le règlement qui payait cet encaissement a été abandonné : rien n’est à rembourser."
    next_step = "Reprenez la décision, puis choisissez de retenir : l’encaissement sera simplement annulé."
