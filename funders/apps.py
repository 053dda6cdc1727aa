"""Application configuration of the funders' room."""

from django.apps import AppConfig


class FundersConfig(AppConfig):
    """Funders, campaigns, funding lines, orders."""

    name = "funders"
    verbose_name = "Commanditaires"
