"""What the qualification room refuses, and the next step."""

from aptic.errors import DomainError


class AlreadyApplied(DomainError):
    """One live application per SIRET."""

    code = "already_applied"
    status = 409
    message = "Une candidature est déjà enregistrée pour ce SIRET."
    next_step = "Si ce n’est pas la vôtre, un collègue a peut-être déjà candidaté : écrivez-nous, nous la retrouverons."


class AlreadyActor(DomainError):
    """The organisation is an actor already."""

    code = "already_actor"
    status = 409
    message = "Cette organisation est déjà un acteur du réseau."
    next_step = "Ouvrez-lui un lieu depuis sa page."


class OperatorIsNoActor(DomainError):
    """Who qualifies and pays actors is none of them."""

    code = "operator_is_no_actor"
    status = 409
    message = "Ce SIRET est celui de l’opérateur : il ne peut pas être un acteur."
    next_step = "Demandez une correction du SIRET, ou refusez la candidature."


class AlreadyDecided(DomainError):
    """Somebody else decided first."""

    code = "already_decided"
    status = 409
    message = "Cette candidature a déjà reçu une réponse."
    next_step = "Rechargez la page : une autre personne est peut-être passée avant vous."


class ReasonMissing(DomainError):
    """Who is told no is told why."""

    code = "reason_missing"
    message = "Indiquez le motif : la personne qui candidate le recevra."

    def __init__(self, field: str = "reason") -> None:
        super().__init__(field=field)


class MissingField(DomainError):
    """An application lacks something that nobody can do without."""

    code = "missing_field"
    message = "Cette réponse est nécessaire."


class NotAName(DomainError):
    """The name of an organisation or person holds the address of a site, which letters would carry."""

    code = "not_a_name"
    message = "Ce nom contient l’adresse d’un site."
    next_step = "Écrivez le nom seul : le site internet a sa propre question dans la suite du dossier."


class CapReached(DomainError):
    """The territory is full."""

    code = "cap_reached"
    status = 409
    message = "Le plafond de ce territoire est atteint : il n’y reste aucune place."
    next_step = "Mettez la candidature sur liste d’attente, ou accordez une exception motivée sur la page des plafonds."


class CapMissing(DomainError):
    """Nobody said how many actors the territory can feed."""

    code = "cap_missing"
    message = "Aucun plafond n’est fixé pour ce territoire."
    next_step = "Fixez-le d’abord sur la page des plafonds : il dit combien d’acteurs ce territoire peut faire vivre."


class CapBelowQualified(DomainError):
    """A cap under the number of those who are there says why."""

    code = "cap_below_qualified"
    status = 409
    message = "Ce plafond est inférieur au nombre d’acteurs déjà qualifiés ici."
    next_step = "Écrivez le motif : ils restent « par extinction », et leurs places ne seront pas redonnées."


class CapReasonMissing(DomainError):
    """What changes who may join says why."""

    code = "cap_reason_missing"
    message = "Écrivez le motif : il est gardé avec le changement."


class PlaceInUse(DomainError):
    """A place is given back once nothing stands on it."""

    code = "place_in_use"
    status = 409
    message = "Un lieu ouvert aide encore dans ce territoire."
    next_step = "Fermez-le d’abord, ou retirez ces communes de sa tournée."


class RoundTooLong(DomainError):
    """A round that goes everywhere is no round."""

    code = "round_too_long"
    message = "Une tournée compte 60 communes au plus."
    next_step = "Partagez-la entre plusieurs lieux itinérants."


class NobodyWaits(DomainError):
    """A promotion needs a waiting application, and a place in each of its territories."""

    code = "nobody_waits"
    status = 409
    message = "Cette candidature n’est plus sur la liste d’attente."
    next_step = "Rechargez la page : une autre personne est peut-être passée avant vous."


class WaitsItsTurn(DomainError):
    """One who waits is taken from the list, where its rank and the reason are kept."""

    code = "waits_its_turn"
    status = 409
    message = "Cette candidature est sur la liste d’attente."
    next_step = "Acceptez-la depuis cette liste : son rang et le motif sont gardés."


class InvalidCap(DomainError):
    """A cap is a number of actors in a territory that caps count in; an exception has a reason."""

    code = "invalid_cap"


class NotQualified(DomainError):
    """Only a qualified actor is suspended, only a suspended one is reinstated."""

    code = "not_in_state"
    status = 409
    message = "Cet acteur n’est plus dans cet état."
    next_step = "Rechargez la page : une autre personne est peut-être passée avant vous."


class NoDraft(DomainError):
    """Only a version that is being prepared can be changed; a published one is final."""

    code = "no_draft"
    status = 409
    message = "Cette version n’est pas, ou plus, en préparation."
    next_step = "Préparez une nouvelle version pour changer quelque chose."


class PartTakenOut(DomainError):
    """A part of the questionnaire, or a question's home, that a colleague removed meanwhile."""

    code = "part_taken_out"
    status = 409
    message = "Cette partie du questionnaire a été retirée entre-temps."
    next_step = "Revenez à la version en préparation, et choisissez-en une autre."


class CannotPublish(DomainError):
    """Something in the version would not work for whoever answers it."""

    code = "cannot_publish"
    message = "Cette version ne peut pas encore être publiée."


class NotEditable(DomainError):
    """Whoever applies changes a file until it is sent, and again when a correction is asked for."""

    code = "not_editable"
    status = 409
    message = "Cette candidature a été envoyée : elle ne se modifie plus."
    next_step = "Si une correction est nécessaire, nous vous la demanderons ; sinon, répondez à notre message."


class Incomplete(DomainError):
    """Something that nobody can judge a file without is missing."""

    code = "incomplete"
    message = "Votre candidature n’est pas encore complète."


class NotAgreed(DomainError):
    """The charter and the terms bind whoever takes passes."""

    code = "not_agreed"
    message = "Il faut accepter la charte et les conditions générales en vigueur."


class TooManySites(DomainError):
    """One application carries what a person can check."""

    code = "too_many_sites"
    message = "Une candidature compte quarante lieux au plus."
    next_step = "Les autres s’ouvrent depuis votre espace, une fois la candidature acceptée."


class SiteTakenOut(DomainError):
    """A place of the application that somebody else who has its link removed meanwhile."""

    code = "site_taken_out"
    status = 409
    message = "Ce lieu a été retiré de la candidature entre-temps."
    next_step = "Revenez à la liste des lieux : vous pouvez l’ajouter de nouveau."


class ExpiryMissing(DomainError):
    """Some papers hold until a day, and that day is asked."""

    code = "expiry_missing"
    message = "Indiquez jusqu’à quand cette pièce est valable."


class AlreadyExpired(DomainError):
    """A paper whose day is past proves nothing."""

    code = "already_expired"
    message = "Cette pièce n’est plus valable : la date est passée."
    next_step = "Joignez la suivante, ou vérifiez la date."


class TooManyPapers(DomainError):
    """A file holds what a person can read."""

    code = "too_many_papers"
    message = "Vingt pièces au plus : retirez-en une pour en joindre une autre."


class NotRefused(DomainError):
    """Only a refusal is examined again, and once."""

    code = "not_refused"
    status = 409
    message = "Cette réponse n’est pas, ou plus, susceptible de recours."


class SecondPersonNeeded(DomainError):
    """Whoever refused does not examine the appeal."""

    code = "second_person_needed"
    status = 403
    message = "Vous avez donné la première réponse : une autre personne doit examiner ce recours."


class FreshEyesNeeded(SecondPersonNeeded):
    """Nor does that person answer the file that the appeal reopened."""

    message = "Vous avez donné la première réponse, et un recours l’a rouverte : une autre personne décide de la suite."


class NobodyThere(DomainError):
    """A file is given to somebody who decides for the operator."""

    code = "nobody_there"
    message = "Cette personne ne décide pas pour l’opérateur."


class TooEarly(DomainError):
    """A qualification is renewed in its last months."""

    code = "too_early"
    status = 409
    message = "Votre qualification se renouvelle dans les six mois qui précèdent sa fin."


class AlreadyRenewing(DomainError):
    """One renewal at a time."""

    code = "already_renewing"
    status = 409
    message = "Un renouvellement est déjà en cours."
    next_step = "Rechargez la page : une autre personne l’a peut-être commencé."


class NotAHub(DomainError):
    """A territory is given to an organisation that was registered as a hub."""

    code = "not_a_hub"
    message = "Cette organisation n’est pas enregistrée comme tête de réseau."


class RemitHeld(DomainError):
    """A hub reads one territory at a time."""

    code = "remit_held"
    status = 409
    message = "Cette tête de réseau a déjà un territoire."
    next_step = "Retirez-le d’abord : son historique est gardé."


class NoRemit(DomainError):
    """A hub without a territory reads nothing."""

    code = "no_remit"
    status = 409
    message = "Aucun territoire ne vous est confié aujourd’hui."
    next_step = "L’opérateur du dispositif confie un territoire à chaque tête de réseau : écrivez-lui."


class NotRead(DomainError):
    """A consent is for a hub that reads the organisation."""

    code = "not_read"
    status = 409
    message = "Cette tête de réseau ne suit pas, ou plus, votre organisation."
    next_step = "Rechargez la page : son territoire a peut-être changé."


class PlanAlreadyOpen(DomainError):
    """One plan at a time."""

    code = "plan_already_open"
    status = 409
    message = "Un plan est déjà ouvert pour ce territoire."
    next_step = "Rechargez la page : une autre personne l’a peut-être ouvert."


class PlanClosed(DomainError):
    """A plan that was closed is kept as it is."""

    code = "plan_closed"
    status = 409
    message = "Ce plan est clos : il ne se modifie plus."
    next_step = "Ouvrez un nouveau plan pour continuer."


class TaskWithoutText(DomainError):
    """A task says what is to be done."""

    code = "task_without_text"
    message = "Écrivez ce qu’il faut faire."


class TaskTakenOff(DomainError):
    """A task that a colleague removed meanwhile."""

    code = "task_taken_off"
    status = 409
    message = "Cette tâche a été retirée du plan entre-temps."
    next_step = "Revenez au plan : vous pouvez l’ajouter de nouveau."
