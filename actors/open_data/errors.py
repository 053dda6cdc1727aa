"""What an imported file is refused for, as a whole."""

from aptic.errors import DomainError


class NotReadable(DomainError):
    """The file is not what its name or its form says."""

    code = "file_not_readable"
    message = "Nous ne savons pas lire ce fichier."
    next_step = "Envoyez un fichier CSV (UTF-8 ou Latin-1, virgules ou points-virgules) ou JSON, au schéma national."

    def __init__(self, message: str = "") -> None:
        super().__init__(message, field="file")


class ColumnsMissing(DomainError):
    """The file has no column for something that the schema requires."""

    code = "columns_missing"
    next_step = "Gardez la première ligne du schéma : les noms de colonnes ne changent pas."

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Il manque des colonnes obligatoires : {', '.join(names)}.", field="file")
