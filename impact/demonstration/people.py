"""The people of the demonstration: their passwords and second factors are public, in a demonstration only."""

import base64
import hashlib
from functools import cache

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password

from aptic.accounts.models import Role, User
from aptic.accounts.rules import second_factor_required
from aptic.accounts.services import add_member
from aptic.tenancy.models import Organisation
from impact.demonstration import cast

PASSWORD = "demonstration-aptic"  # noqa: S105 - it opens nothing but a demonstration


def totp_secret(email: str) -> str:
    """The second factor of a person of the demonstration, in base32: the same in every demonstration."""
    return base64.b32encode(hashlib.sha256(f"aptic demonstration {email}".encode()).digest()[:20]).decode()


def create_person(person: cast.Person, organisation: Organisation) -> User:
    """A member of `organisation`; with a password and a second factor when the bar or `demo` gives them away."""
    user = User.objects.create_user(email=person.email, full_name=person.name)
    if person.login:
        user.password = _hashed()
        user.save(update_fields=["password"])
    add_member(organisation=organisation, user=user, role=person.role)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if needs_second_factor(person, organisation):
        TOTP.activate(user, totp_secret(user.email))
    return user


def needs_second_factor(person: cast.Person, organisation: Organisation) -> bool:
    """True for those who log in and touch money, or the operator."""
    return person.login and second_factor_required(Role(person.role), organisation.hats)


@cache
def _hashed() -> str:
    """Hashed once for all of them: it is public anyway, and each hash costs a quarter of a second."""
    return make_password(PASSWORD)
