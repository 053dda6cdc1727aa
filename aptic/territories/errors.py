"""What the territories room refuses."""

from aptic.errors import DomainError


class UnknownTerritory(DomainError):
    """A key or a typed place that names no territory of the official list."""

    code = "unknown_territory"
    message = "Nous ne connaissons pas ce territoire."
    next_step = "Choisissez une commune dans la liste, par son nom ou son code postal."


class AmbiguousTerritory(DomainError):
    """A typed place that several communes answer to."""

    code = "ambiguous_territory"
    message = "Plusieurs communes correspondent."
    next_step = "Choisissez la vôtre dans la liste."


class DataFileBroken(DomainError):
    """A file of the geography is missing or does not hold what its manifest says."""

    code = "data_file_broken"
    status = 500
    message = "Les fichiers du découpage administratif sont incomplets."
    next_step = "Récupérez à nouveau le dossier aptic/territories/data."
