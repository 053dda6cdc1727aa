"""What the demonstration refuses."""

from aptic.errors import DomainError


class RealDataHere(DomainError):
    """The database holds organisations that no demonstration made."""

    code = "real_data_here"
    status = 409
    message = "Cette base contient de vraies données : la démonstration ne s’y joue pas."
    next_step = "Donnez-lui une base vide, par exemple avec un autre dossier APTIC_VAR."


class AlreadyPlayed(DomainError):
    """The story was played in this database."""

    code = "already_played"
    status = 409
    message = "La démonstration est déjà jouée dans cette base."
    next_step = "Lancez « make run » pour l’ouvrir, ou donnez-lui une base vide."


class NotADemonstration(DomainError):
    """Codes and log-ins are given away in a demonstration only."""

    code = "not_a_demonstration"
    status = 403
    message = "Cette installation n’est pas une démonstration : elle ne donne ni code, ni mot de passe."


class TooOld(DomainError):
    """The operations of the demonstration are over, or the next one has begun."""

    code = "demonstration_too_old"
    status = 409
    message = "Cette démonstration est trop ancienne : ses opérations sont terminées."
    next_step = "Rejouez-la dans une base vide, par exemple avec un autre dossier APTIC_VAR."
