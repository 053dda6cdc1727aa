"""Application configuration of the vocabulary room."""

from django.apps import AppConfig


class VocabularyConfig(AppConfig):
    """What a pass may pay for, in the words of the national standard."""

    name = "aptic.vocabulary"
    verbose_name = "Services"
