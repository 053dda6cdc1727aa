"""Application configuration of the documents room."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from aptic.variables import refuse


class DocumentsConfig(AppConfig):
    """Files, PDF and QR."""

    name = "aptic.documents"
    verbose_name = "Documents"

    def ready(self) -> None:
        """No program starts with a file store that it could not open at the first document."""
        check_file_store()


def check_file_store() -> None:
    """End the process when the store that the environment names cannot be made; nothing of it is asked yet."""
    try:
        storages["default"]
    except (ImportError, ImproperlyConfigured, TypeError, ValueError) as error:
        refuse(
            "APTIC_FILES_BACKEND et APTIC_FILES_OPTIONS ne donnent pas un stockage de fichiers de Django : "
            f"{str(error).splitlines()[0]}"
        )
