"""Application configuration of the documents room."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Files, PDF and QR."""

    name = "aptic.documents"
    verbose_name = "Documents"
