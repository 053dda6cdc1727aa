"""What the documents room refuses."""

from aptic.errors import DomainError


class DocumentGone(DomainError):
    """The file was deleted at its date; the row tells that it existed."""

    code = "document_gone"
    status = 410
    message = "Ce document a été supprimé à la date prévue."
    next_step = "Si vous en avez encore besoin, demandez qu’il soit produit à nouveau."


class DocumentUnreadable(DomainError):
    """The stored bytes do not open: changed on disk, or the key is missing from the ring."""

    code = "document_unreadable"
    status = 500
    message = "Ce document ne peut pas être ouvert."
    next_step = "L’opérateur est le seul à pouvoir le réparer : signalez-lui le nom du document."
