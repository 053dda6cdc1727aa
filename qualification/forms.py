"""What a person types to apply, and to answer an application."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from aptic.errors import DomainError
from aptic.forms import DomainForm, PhoneField
from aptic.siret import check_siret
from aptic.territories.forms import CommuneField
from aptic.vocabulary.forms import ServicesField


class ApplicationForm(DomainForm):
    """The public form: who you are, where you help, what you do there."""

    organisation_name = forms.CharField(
        label="Nom de l’organisation",
        max_length=160,
        help_text="Association, entreprise, commune… tel qu’il est déclaré.",
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    siret = forms.CharField(
        label="SIRET",
        max_length=40,
        help_text="14 chiffres, avec ou sans espaces. Il est écrit sur l’avis de situation de l’Insee.",
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "w-2"}),
    )
    site_name = forms.CharField(
        label="Nom du lieu",
        max_length=120,
        help_text="Celui que les habitants connaissent. Vous pourrez ajouter d’autres lieux ensuite.",
    )
    site_address = forms.CharField(label="Adresse du lieu", max_length=200, help_text="Numéro et voie.")
    commune = CommuneField(label="Commune du lieu")
    site_hours = forms.CharField(
        label="Horaires", max_length=200, required=False, help_text="Par exemple : mardi et jeudi, 9 h-12 h."
    )
    services = ServicesField(label="Ce que vous y faites")
    motivation = forms.CharField(
        label="Votre accompagnement, en quelques phrases",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 5}),
    )
    contact_name = forms.CharField(label="Votre nom", max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="Nous vous y répondons ; c’est aussi celle qui ouvrira votre espace.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    phone = PhoneField(label="Téléphone", help_text="Celui du lieu : il sera affiché aux habitants.")

    SECTIONS = (
        ("Votre organisation", ("organisation_name", "siret")),
        (
            "Le lieu où vous accompagnez",
            ("site_name", "site_address", "commune", "site_hours", "services", "motivation"),
        ),
        ("Pour vous répondre", ("contact_name", "email", "phone")),
    )

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The questions, in groups."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS]

    def clean_siret(self) -> str:
        """The digits alone."""
        try:
            return check_siret(self.cleaned_data["siret"])
        except DomainError as error:
            raise ValidationError(f"{error.text} {error.next_step}".strip()) from error


class ReasonForm(DomainForm):
    """Why somebody is told no, in words that they will read."""

    def __init__(self, *args: Any, label: str, hint: str, max_length: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = forms.CharField(
            label=label, help_text=hint, max_length=max_length, widget=forms.Textarea({"rows": 4})
        )
