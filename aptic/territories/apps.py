"""Application configuration of the territories room."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    """The official geography: communes, EPCI, départements, régions."""

    name = "aptic.territories"
    verbose_name = "Territoires"
