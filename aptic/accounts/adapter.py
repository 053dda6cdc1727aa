"""Where allauth asks us: who may open an account, where to go afterwards, how mail leaves, how secrets are kept."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse

from aptic.accounts.models import User
from aptic.accounts.throttle import client_address
from aptic.documents.crypto import decrypt_text, encrypt_text

SIGNUP_KEY = "signup_opened_by"
INVITATION_KEY = "invitation"
TOTP_PURPOSE = b"mfa"


def open_signup(request: HttpRequest, *, reason: str, verified_email: str = "") -> None:
    """Let this session create an account: it came by an invitation or is filing an application.

    `verified_email` is an address that the visitor has proved by opening a link that we mailed to it.
    """
    request.session[SIGNUP_KEY] = reason
    if verified_email:
        request.session["account_verified_email"] = verified_email


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is closed but to those whom an invitation or an application brings."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True when this session was let in by `open_signup`."""
        return bool(request.session.get(SIGNUP_KEY))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # type: ignore[override]
        """Keep the name that our form asks for; addresses are lower case."""
        user.full_name = form.cleaned_data.get("full_name", "").strip()
        return super().save_user(request, user, form, commit)  # type: ignore[return-value]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Back to the invitation that brought the person, else to the choice of a space."""
        token = request.session.get(INVITATION_KEY)
        return reverse("accept_invitation", args=[token]) if token else reverse("choose_space")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same place as after a log-in."""
        return self.get_login_redirect_url(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits count by: the visitor's address, not that of our proxies."""
        return client_address(request)

    def format_email_subject(self, subject: str) -> str:
        """The scheme's name in front, not the host's."""
        return f"{settings.SCHEME_NAME} : {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render now, deliver through the outbox: a mail server that is away loses nothing."""
        from aptic.outbox.services import post_message

        values = {"request": self.request, "email": email, "scheme": settings.SCHEME_NAME, **context}
        message: EmailMessage = self.render_mail(template_prefix, email, values)
        post_message(to=email, subject=message.subject, body=str(message.body))


class MFAAdapter(DefaultMFAAdapter):
    """Authenticator secrets are encrypted at rest with the data key ring."""

    def encrypt(self, text: str) -> str:
        """With the newest key."""
        return encrypt_text(text, context=TOTP_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """With the key that wrote it."""
        return decrypt_text(encrypted_text, context=TOTP_PURPOSE)
