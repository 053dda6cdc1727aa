"""What the actors' room refuses, and the next step."""

from aptic.errors import DomainError


class AnotherTerritory(DomainError):
    """A site is asked for where the actor has no place."""

    code = "another_territory"
    message = "Votre organisation n’a pas de place dans ce territoire."
    next_step = "Demandez à l’opérateur une place dans ce territoire : il vérifie son plafond et y ouvre le lieu."


class NotInState(DomainError):
    """The row has changed meanwhile: somebody else acted first."""

    code = "not_in_state"
    status = 409
    message = "Cette action ne correspond plus à l’état actuel."
    next_step = "Rechargez la page : une autre personne est peut-être passée avant vous."


class ReasonMissing(DomainError):
    """What takes something away from an actor says why."""

    code = "reason_missing"
    message = "Indiquez le motif : il est transmis à l’acteur."

    def __init__(self) -> None:
        super().__init__(field="reason")


class ClosedByOperator(DomainError):
    """The operator closed the site; its actor cannot open it again."""

    code = "closed_by_operator"
    status = 403
    message = "Ce lieu a été fermé par l’opérateur."
    next_step = "Contactez l’opérateur : lui seul peut le rouvrir."


class UnknownService(DomainError):
    """A service that the vocabulary does not offer."""

    code = "unknown_service"
    message = "Un des services choisis n’existe pas dans la liste."
    next_step = "Choisissez les services proposés dans la liste."


class InvalidHolder(DomainError):
    """A bank account has a holder, in at most 70 characters."""

    code = "invalid_holder"
    message = "Écrivez le titulaire du compte, en 70 caractères au plus."


class OnePersonOnly(DomainError):
    """Nobody approves the bank details that they proposed."""

    code = "one_person_only"
    status = 403
    message = "Une autre personne doit approuver ces coordonnées bancaires."
    next_step = "Demandez à un collègue de l’opérateur : personne n’approuve ce qu’il a proposé."


class NotAMember(DomainError):
    """Only an active member of the actor may be assigned to one of its sites."""

    code = "not_a_member"
    message = "Cette personne ne fait plus partie de l’équipe."
    next_step = "Invitez-la d’abord depuis la page de l’équipe."


class CoolingOff(DomainError):
    """A changed account waits, so that its actor hears of it and has time to say no."""

    code = "cooling_off"
    status = 409
    message = "Ce changement de compte attend encore la fin de son délai."
    next_step = "L’acteur a été prévenu : s’il n’a rien demandé, retirez la proposition."
