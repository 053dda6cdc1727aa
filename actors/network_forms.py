"""What a person of an actor types: a closing, a counter colleague, a device, a bank account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from actors.bank_accounts import HOLDER_MAX
from actors.models import Site
from aptic.accounts.rules import MOST_DEVICES
from aptic.errors import DomainError
from aptic.forms import DomainForm
from aptic.iban import check_bic, check_iban


class CloseForm(DomainForm):
    """Why a counter closes."""

    reason = forms.CharField(
        label="Motif",
        max_length=300,
        help_text="Par exemple : travaux jusqu’en septembre.",
        widget=forms.Textarea({"rows": 3}),
    )


class InviteScannerForm(DomainForm):
    """Somebody who will only stand at the counter."""

    email = forms.EmailField(
        label="Adresse électronique",
        help_text="Elle reçoit un lien valable 14 jours. Vous choisirez ensuite ses lieux.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )


class SitesForm(DomainForm):
    """At which counters somebody stands."""

    sites = forms.ModelMultipleChoiceField(
        label="Lieux où cette personne encaisse",
        queryset=Site.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sites"].queryset = sites  # type: ignore[attr-defined]


class DeviceForm(DomainForm):
    """A telephone, tablet or computer that will stand at one counter."""

    site = forms.ModelChoiceField(label="Lieu", queryset=Site.objects.none(), empty_label=None)
    name = forms.CharField(
        label="Nom de l’appareil", max_length=70, help_text="Pour le reconnaître : « Tablette de l’accueil »."
    )
    count = forms.IntegerField(
        label="Combien d’appareils",
        required=False,
        min_value=1,
        max_value=MOST_DEVICES,
        help_text=f"Un seul : son code s’affiche. Plusieurs, jusqu’à {MOST_DEVICES} : une feuille de codes à imprimer, "
        "valables un jour.",
        widget=forms.NumberInput({"class": "w-1"}),
    )

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]

    def clean_count(self) -> int:
        """One, unless another number is asked for."""
        return self.cleaned_data["count"] or 1


class DeviceNameForm(DomainForm):
    """Another name for a device."""

    name = forms.CharField(label="Nom de l’appareil", max_length=80)


class PairingMailForm(DomainForm):
    """To whom the pairing link goes."""

    email = forms.EmailField(
        label="Adresse électronique",
        help_text="La personne ouvre le message sur l’appareil du guichet.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )


class BankAccountForm(DomainForm):
    """Where to be paid, as the RIB says it."""

    holder = forms.CharField(
        label="Titulaire du compte", max_length=HOLDER_MAX, help_text="Tel qu’il est écrit sur le RIB."
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=50,
        help_text="Avec ou sans espaces, par exemple FR76 3000 6000 0112 3456 7890 189.",
        widget=forms.TextInput({"autocomplete": "off", "class": "w-3 num"}),
    )
    bic = forms.CharField(
        label="BIC",
        max_length=14,
        required=False,
        help_text="8 ou 11 caractères.",
        widget=forms.TextInput({"autocomplete": "off", "class": "w-2"}),
    )

    def clean_iban(self) -> str:
        """Without spaces."""
        return _checked(check_iban, self.cleaned_data["iban"])

    def clean_bic(self) -> str:
        """Without spaces."""
        return _checked(check_bic, self.cleaned_data["bic"])


def _checked(check: Any, typed: str) -> str:
    try:
        return check(typed)
    except DomainError as error:
        raise ValidationError(f"{error.text} {error.next_step}".strip()) from error
