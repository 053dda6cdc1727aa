"""The log-ins of the demonstration, as `demo --json` and the supervisor print them."""

from pathlib import Path
from typing import Any

from django.conf import settings

from aptic.accounts.models import Membership
from aptic.accounts.rules import SPACES, second_factor_required
from aptic.tenancy.principal import Hat, Principal, acting
from impact.demonstration import cast
from impact.demonstration.people import PASSWORD, totp_secret

FILE = "demo-logins.txt"


def logins() -> list[dict[str, Any]]:
    """{"space", "email", "password", "totp_secret"?} of everybody who can log in, the operator first."""
    emails = [person.email for person in cast.PEOPLE if person.login]
    with acting(Principal(hat=Hat.OPERATOR)):
        members = Membership.objects.active().select_related("user", "organisation").filter(user__email__in=emails)
        found = sorted(members, key=lambda one: emails.index(one.user.email))
    return [_login(one) for one in found]


def _login(membership: Membership) -> dict[str, Any]:
    hats, email = membership.organisation.hats, membership.user.email
    login = {
        "space": SPACES[hats[0]].root,
        "organisation": membership.organisation.name,
        "role": membership.get_role_display(),
        "email": email,
        "password": PASSWORD,
    }
    if second_factor_required(membership.role, hats):
        login["totp_secret"] = totp_secret(email)
    return login


def write_logins() -> Path:
    """Write them where the supervisor reads them at each start; returns the path."""
    width = max(len(login["email"]) for login in logins())
    lines = [
        "  Démonstration : changez de rôle d’un clic dans la barre du haut, suivez un euro sur /demonstration/,",
        f"  ou connectez-vous ; mot de passe de tous : {PASSWORD}",
    ]
    for login in logins():
        secret = f"  TOTP {login['totp_secret']}" if "totp_secret" in login else ""
        lines.append(f"    {login['email']:<{width}}  {login['space']}, {login['role'].lower()}{secret}")
    path = settings.VAR / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
