"""Application configuration of the accounts room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their memberships, devices and API keys."""

    name = "aptic.accounts"
    verbose_name = "Comptes"
