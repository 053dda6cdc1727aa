"""What the documents room refuses."""

from aptic.errors import DomainError


class DocumentGone(DomainError):
    """The file was deleted at its date; the row tells that it existed."""

    code = "document_gone"
    status = 410
    message = "Ce document a été supprimé à la date prévue."
    next_step = "Si vous en avez encore besoin, demandez qu’il soit produit à nouveau."


class DocumentWithheld(DomainError):
    """The person did one half of what takes two people; the file is for whoever does the other."""

    code = "document_withheld"
    status = 403
    message = "Ce document est pour une autre personne : vous avez déjà approuvé ce qu’il contient."
    next_step = "Demandez à une autre personne de votre organisation de le télécharger et de s’en servir."


class DocumentUnreadable(DomainError):
    """The stored bytes do not open: changed on disk, or the key is missing from the ring."""

    code = "document_unreadable"
    status = 500
    message = "Ce document ne peut pas être ouvert."
    next_step = "L’opérateur est le seul à pouvoir le réparer : signalez-lui le nom du document."
