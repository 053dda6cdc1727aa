"""What the accounts room refuses, and the next step."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from aptic.errors import DomainError


class InvitationInvalid(DomainError):
    """The link is unknown, used, revoked, expired or meant for another address."""

    code = "invitation_invalid"
    status = 404
    message = "Cette invitation n’est plus valable."
    next_step = "Demandez à la personne qui vous a invité de vous en envoyer une nouvelle."


class AlreadyMember(DomainError):
    """The address already belongs to an active member."""

    code = "already_member"
    status = 409
    message = "Cette personne fait déjà partie de l’équipe."
    next_step = "Changez son rôle dans la liste."


class LastManager(DomainError):
    """An organisation keeps at least one manager."""

    code = "last_manager"
    status = 409
    message = "C’est le dernier responsable de l’organisation."
    next_step = "Nommez d’abord un autre responsable."


class OperatorExists(DomainError):
    """An installation has one operator; once somebody has joined it, people are invited from its own pages."""

    code = "operator_exists"
    status = 409
    message = "Cette installation a déjà son opérateur."
    next_step = "Un de ses responsables invite d’autres personnes depuis la page « Équipe » de son espace."


class OperatorMissing(DomainError):
    """Nobody can be invited again to an operator that is not there."""

    code = "operator_missing"
    status = 409
    message = "Cette installation n’a pas encore d’opérateur."
    next_step = "Créez-le avec son nom et son SIRET."


class PairingInvalid(DomainError):
    """The pairing link is unknown, used or too old."""

    code = "pairing_invalid"
    status = 404
    message = "Ce lien d’association n’est plus valable."
    next_step = "Créez-en un nouveau depuis la page des appareils de votre lieu : il reste valable 15 minutes."


class UnknownHat(DomainError):
    """A key acts under a hat that its organisation does not wear."""

    code = "unknown_hat"
    message = "Votre organisation n’a pas ce rôle dans le dispositif."


class InvalidScope(DomainError):
    """A key needs at least one well-formed scope."""

    code = "invalid_scope"
    message = "Choisissez au moins un droit dans la liste."


class SecondFactorMissing(DomainError):
    """The space asks for a second proof that this session has not given; `redirect_to` explains and offers it."""

    code = "second_factor_required"
    status = 403
    message = "Cet espace demande une double vérification."
    next_step = "Ajoutez une application de codes ou une clé d’accès à votre compte."

    def __init__(self, *, next_url: str = "/espace/", **details: Any) -> None:
        super().__init__(**details)
        self.redirect_to = f"{reverse('second_factor')}?{urlencode({'next': next_url})}"
