"""`python manage.py demo [--json] [--codes N]`: log-ins, tokens and fresh codes of a demonstration.

The JSON's shape is a contract (docs/demonstration.md): it changes by addition only.
"""

import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from aptic.errors import DomainError
from impact.demonstration.access import api_keys, devices
from impact.demonstration.logins import logins
from impact.demonstration.minting import mint, only_in_demonstration
from passes.codes import grouped

MOST_CODES = 20_000


class Command(BaseCommand):
    """Refused unless the installation's row says demonstration."""

    help = "Donne les comptes, jetons et codes frais d’une démonstration."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How many codes, and for whom."""
        parser.add_argument("--json", action="store_true", help="pour un programme")
        parser.add_argument("--codes", type=int, default=60, metavar="N", help="nombre de codes frais (60 par défaut)")

    def handle(self, **options: Any) -> None:
        """Mint, then print."""
        if not 1 <= options["codes"] <= MOST_CODES:
            raise CommandError(f"--codes va de 1 à {MOST_CODES}.")
        try:
            content = gather(options["codes"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.text} {refusal.next_step}".strip()) from refusal
        self.stdout.write(json.dumps(content, ensure_ascii=False) if options["json"] else _as_text(content))


def gather(count: int) -> dict[str, Any]:
    """Everything a visitor or a test needs. Raises NotADemonstration and TooOld."""
    only_in_demonstration()
    with transaction.atomic():
        minted = mint(count=count)
        return {
            "base_url": settings.PUBLIC_URL,
            "logins": logins(),
            "api_keys": api_keys(),
            "devices": devices(),
            "codes": {"live": minted.live, "refusals": minted.refusals},
        }


def _as_text(content: dict[str, Any]) -> str:
    lines = [content["base_url"], "", "Comptes"]
    for login in content["logins"]:
        secret = f"  TOTP {login['totp_secret']}" if "totp_secret" in login else ""
        lines.append(f"  {login['space']:<14} {login['email']}  {login['password']}{secret}")
    lines += ["", "Appareils", *(f"  {device['site']} : {device['token']}" for device in content["devices"])]
    lines += ["", "Clés d’accès", *(f"  {key['organisation']} : {key['token']}" for key in content["api_keys"])]
    lines += ["", "Pass à encaisser", *(f"  {grouped(code)}" for code in content["codes"]["live"])]
    lines += ["", "Pass refusés"]
    lines += [f"  {reason:<22} {grouped(code)}" for reason, code in content["codes"]["refusals"].items()]
    return "\n".join(lines)
