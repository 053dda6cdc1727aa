"""People as the log-in meets them: a password, a verified address, and a second factor whose codes a test can make."""

import base64
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from aptic.accounts.models import User
from tests.factories import Member

PASSWORD = "un-mot-de-passe-solide"


def with_password(user: User, password: str = PASSWORD) -> User:
    """The same person, who can now log in by the page."""
    user.set_password(password)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


def with_totp(user: User) -> str:
    """Give the person an authenticator; returns its secret."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    TOTP.activate(user, secret)
    return secret


def code_for(secret: str) -> str:
    """The code that the authenticator shows; its clock stands still, as the site's does (`tests/conftest.py`)."""
    (counter,) = yield_hotp_counters_from_time()  # one: the site tolerates no other period
    return format_hotp_value(hotp_value(secret, counter))


def log_in(client: Client, user: User, password: str = PASSWORD, **headers: Any) -> Any:
    """Fill in the log-in page."""
    return client.post("/compte/login/", {"login": user.email, "password": password}, **headers)


def of(member: Member) -> User:
    """The member's person, able to log in by the page."""
    return with_password(member.user)


def prove_again(client: Client, password: str = PASSWORD) -> None:
    """Give the password once more, as the pages of one's security ask."""
    assert client.post("/compte/reauthenticate/", {"password": password}).status_code == 302
