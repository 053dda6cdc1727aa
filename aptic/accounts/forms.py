"""The forms of people and keys."""

from datetime import date
from typing import Any

from allauth.core import context
from django import forms
from django.http import HttpRequest
from django.utils import timezone

from aptic.accounts import scopes
from aptic.accounts.models import APIKey, Membership, Role, User
from aptic.forms import DateField
from aptic.tenancy.principal import Hat

ROLE_HINTS = {
    Role.MANAGER: "fait tout, et gère l’équipe",
    Role.FINANCE: "voit et valide ce qui touche à l’argent",
    Role.AGENT: "travaille au quotidien",
    Role.SCANNER: "encaisse au guichet, rien d’autre",
}


def role_choices(hat: Hat) -> list[tuple[str, str]]:
    """The roles that make sense in a space, each with what it may do; only actors have a counter."""
    offered = [role for role in Role if role != Role.SCANNER or hat == Hat.ACTOR]
    return [(role.value, f"{role.label} : {ROLE_HINTS[role]}") for role in offered]


class SignupDetails(forms.Form):
    """What we ask beside address and password when an account is opened (allauth adds its own fields)."""

    full_name = forms.CharField(
        label="Nom et prénom", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def clean(self) -> dict[str, Any]:
        """The link that let the visitor in proves one address: the account is for that one."""
        values = super().clean() or self.cleaned_data
        proved = context.request.session.get("account_verified_email", "")
        if proved and values.get("email", "").lower() != proved.lower():
            self.add_error("email", f"Votre invitation est pour {proved} : ouvrez votre compte avec cette adresse.")
        return values

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account exists; the adapter has kept the name already."""


class InviteForm(forms.Form):
    """An address and a role."""

    email = forms.EmailField(
        max_length=254,
        label="Adresse électronique",
        help_text="Elle reçoit un lien valable 14 jours.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)

    def __init__(self, *args: Any, hat: Hat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(hat)  # type: ignore[attr-defined]
        self.fields["role"].initial = Role.AGENT.value


class RoleForm(forms.ModelForm):
    """Another role for a member."""

    class Meta:
        model = Membership
        fields = ("role",)
        widgets = {"role": forms.RadioSelect}

    def __init__(self, *args: Any, hat: Hat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(hat)  # type: ignore[attr-defined]


class ApiKeyForm(forms.ModelForm):
    """A name that says which program, the rights it gets, and until when."""

    scopes = forms.MultipleChoiceField(label="Droits", widget=forms.CheckboxSelectMultiple)
    expires_on = DateField(
        label="Valable jusqu’au", required=False, help_text="Laissez vide pour une clé sans date de fin."
    )

    class Meta:
        model = APIKey
        fields = ("name",)
        help_texts = {"name": "Le programme qui s’en servira, par exemple « Export vers notre comptabilité »."}

    field_order = ("name", "scopes", "expires_on")

    def __init__(self, *args: Any, hat: Hat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(s.name, s.label) for s in scopes.offered_to(hat)]  # type: ignore[attr-defined]

    def clean_expires_on(self) -> date | None:
        """A last day that is past would make a key that never opens anything."""
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError("Choisissez un jour à venir.")
        return day


class ProfileForm(forms.ModelForm):
    """The person's own name."""

    class Meta:
        model = User
        fields = ("full_name",)
        widgets = {"full_name": forms.TextInput(attrs={"autocomplete": "name"})}
