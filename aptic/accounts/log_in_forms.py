"""allauth's forms in our words: one name for one thing, no placeholder that repeats the label.

Apart from `forms.py`, which allauth itself reads while it makes its own.
"""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp

ADDRESS = "Adresse électronique"


class Plain:
    """Take the placeholders off, and name the address as everywhere else."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        for name in ("login", "email"):
            if name in self.fields:
                self.fields[name].label = ADDRESS
        if "remember" in self.fields:
            self.fields["remember"].label = "Rester connecté douze heures sur cet appareil"
        if "code" in self.fields:
            self.fields["code"].label = "Code"
            self.fields["code"].widget.attrs["class"] = "w-2 num"


class LogIn(Plain, account.LoginForm):
    """Address and password."""


class SignUp(Plain, account.SignupForm):
    """Opening an account."""


class AddAddress(Plain, account.AddEmailForm):
    """One more address."""


class ChangePassword(Plain, account.ChangePasswordForm):
    """The password, by who knows the present one."""


class AskForPassword(Plain, account.ResetPasswordForm):
    """The password, by mail."""


class NewPassword(Plain, account.ResetPasswordKeyForm):
    """The password, by the link that came by mail."""


class GivePasswordAgain(Plain, account.ReauthenticateForm):
    """Before something that matters."""


class GiveCode(Plain, mfa.AuthenticateForm):
    """The second factor, at log-in."""


class GiveCodeAgain(Plain, mfa.ReauthenticateForm):
    """The second factor, before something that matters."""


class ActivateTotp(Plain, totp.ActivateTOTPForm):
    """The first code of an authenticator."""
