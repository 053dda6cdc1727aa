"""The parts of an application as forms. A remark of the operator stands in the hint of the field it is about."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from actors.site_forms import PlaceForm
from aptic.errors import DomainError
from aptic.forms import DateField, DomainForm, PhoneField
from aptic.iban import check_bic, check_iban
from aptic.siret import check_siret
from qualification import rules
from qualification.candidacy_models import ApplicationDocument, LegalStatus
from qualification.referential_models import LegalText

SIRET_HINT = "14 chiffres, avec ou sans espaces. Il est écrit sur l’avis de situation de l’Insee."


def checked(check: Any, typed: str) -> str:
    """What a check of the domain makes of a typed text. Raises ValidationError with its sentence and next step."""
    try:
        return check(typed)
    except DomainError as error:
        raise ValidationError(f"{error.text} {error.next_step}".strip()) from error


class RemarkedForm(DomainForm):
    """A part whose fields may carry a remark; `remarks` are by field name."""

    def __init__(self, *args: Any, remarks: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in (remarks or {}).items():
            if name in self.fields:
                hint = self.fields[name].help_text
                self.fields[name].help_text = format_html("<b>À corriger : {}</b> {}", text, hint)


class BeginForm(DomainForm):
    """The least with which a file can be found again."""

    organisation_name = forms.CharField(
        label="Nom de l’organisation",
        max_length=160,
        help_text="Association, entreprise, commune… tel qu’il est déclaré.",
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    siret = forms.CharField(
        label="SIRET",
        max_length=40,
        help_text=SIRET_HINT,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "w-2"}),
    )
    takes_over = forms.BooleanField(
        label="Ce SIRET est déjà connu ici, et nous le reprenons",
        required=False,
        help_text="Une personne partie, une structure qui en remplace une autre : vous direz laquelle ensuite.",
    )
    contact_name = forms.CharField(label="Votre nom", max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="Nous y envoyons le lien qui rouvre votre candidature, et nos réponses.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def clean_siret(self) -> str:
        """The digits alone."""
        return checked(check_siret, self.cleaned_data["siret"])


class FindForm(DomainForm):
    """The address to which links go."""

    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="Celle que vous avez donnée en commençant.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


class OrganisationForm(RemarkedForm):
    """What the organisation is."""

    organisation_name = forms.CharField(label="Nom de l’organisation", max_length=160)
    siret = forms.CharField(
        label="SIRET", max_length=40, help_text=SIRET_HINT, widget=forms.TextInput({"class": "w-2"})
    )
    legal_status = forms.ChoiceField(
        label="Statut juridique",
        choices=LegalStatus.choices,
        widget=forms.RadioSelect,
        help_text="Il décide des pièces à joindre.",
    )
    address = forms.CharField(
        label="Adresse du siège", max_length=200, help_text="Numéro, voie, code postal et commune."
    )
    website = forms.URLField(label="Site internet", required=False, assume_scheme="https")
    charges_vat = forms.BooleanField(label="L’organisation est assujettie à la TVA", required=False)
    motivation = forms.CharField(
        label="Votre accompagnement, en quelques phrases",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 5}),
    )
    takes_over = forms.BooleanField(label="Nous reprenons le SIRET d’un prédécesseur", required=False)
    takeover_reason = forms.CharField(
        label="Ce qui s’est passé",
        max_length=600,
        required=False,
        help_text="Si vous reprenez un SIRET : qui candidatait avant vous, et depuis quand c’est vous.",
        widget=forms.Textarea({"rows": 3}),
    )

    def clean_siret(self) -> str:
        """The digits alone."""
        return checked(check_siret, self.cleaned_data["siret"])


class PeopleForm(RemarkedForm):
    """Who applies, and who represents the organisation in law."""

    contact_name = forms.CharField(label="Votre nom", max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    contact_role = forms.CharField(label="Votre fonction", max_length=120, required=False)
    email = forms.EmailField(
        label="Votre adresse électronique",
        help_text="C’est elle qui ouvrira votre espace si la candidature est acceptée.",
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    phone = PhoneField(label="Votre téléphone")
    representative_name = forms.CharField(
        label="Représentante ou représentant légal",
        max_length=120,
        help_text="Présidente, gérant, maire… Votre nom si c’est vous.",
    )
    representative_role = forms.CharField(label="Sa fonction", max_length=120, required=False)
    representative_email = forms.EmailField(label="Son adresse électronique", required=False)
    mandated = forms.BooleanField(label="L’organisation m’a donné mandat pour candidater en son nom")


class ProposedPlaceForm(RemarkedForm, PlaceForm):
    """A place that the application proposes."""


class AccountForm(RemarkedForm):
    """Where to be paid, as the RIB says it."""

    holder = forms.CharField(
        label="Titulaire du compte", max_length=70, help_text="Tel qu’il est écrit sur le relevé d’identité bancaire."
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=50,
        help_text="Avec ou sans espaces. Il est chiffré : seuls ses quatre derniers caractères se voient ensuite.",
        widget=forms.TextInput({"autocomplete": "off", "class": "w-3 num"}),
    )
    bic = forms.CharField(
        label="BIC", max_length=14, required=False, widget=forms.TextInput({"autocomplete": "off", "class": "w-2"})
    )

    def clean_iban(self) -> str:
        """Without spaces."""
        return checked(check_iban, self.cleaned_data["iban"])

    def clean_bic(self) -> str:
        """Without spaces."""
        return checked(check_bic, self.cleaned_data["bic"])


class DocumentForm(DomainForm):
    """One paper."""

    kind = forms.ChoiceField(label="Pièce", choices=ApplicationDocument.Kind.choices)
    file = forms.FileField(label="Fichier", help_text="PDF, JPEG ou PNG, 10 Mo au plus.")
    expires_on = DateField(
        label="Valable jusqu’au",
        required=False,
        help_text="Pour une assurance, ou un extrait (trois mois après sa date).",
    )


class SectionAnswers(DomainForm):
    """The questions of one part of the questionnaire that the answers so far lead to. Nothing is required to save."""

    def __init__(
        self,
        *args: Any,
        section: Mapping[str, Any],
        content: rules.Content,
        answers: rules.Answers,
        remarks: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **{**kwargs, "initial": dict(answers)})
        wanted = {one["key"] for one in rules.asked(content, answers)}
        for question in section["questions"]:
            if question["key"] in wanted:
                self.fields[question["key"]] = field_of(question, (remarks or {}).get(question["key"], ""))

    @property
    def given(self) -> dict[str, Any]:
        """The answers as `rules.py` reads them; what was left empty is None."""
        return {name: None if rules.is_empty(value) else value for name, value in self.cleaned_data.items()}


def field_of(question: Mapping[str, Any], remark: str = "") -> forms.Field:
    """The field that asks a question."""
    hint = question.get("hint", "")
    common: dict[str, Any] = {
        "label": question["text"],
        "required": False,
        "help_text": format_html("<b>À corriger : {}</b> {}", remark, hint) if remark else format_html("{}", hint),
    }
    choices = [(one["key"], one["label"]) for one in rules.choices_of(question)]
    kind = question["kind"]
    if kind in ("choice", "yes_no"):
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if kind == "choices":
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    if kind == "number":
        widget = forms.NumberInput({"class": "w-1", "inputmode": "numeric"})
        return forms.IntegerField(min_value=0, max_value=1_000_000, widget=widget, **common)
    return forms.CharField(max_length=1000, widget=forms.Textarea({"rows": 4}), **common)


class SubmitForm(DomainForm):
    """The charter and the terms, agreed to one by one."""

    def __init__(self, *args: Any, texts: list[LegalText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for text in texts:
            label = f"J’accepte : {text.get_kind_display().lower()}, version {text.number}"
            self.fields[f"agree_{text.kind}"] = forms.BooleanField(label=label)
        self.texts = texts

    @property
    def agreed(self) -> list[str]:
        """The ids of the texts agreed to."""
        return [str(text.pk) for text in self.texts if self.cleaned_data.get(f"agree_{text.kind}")]


class AppealForm(DomainForm):
    """Why a refusal should be examined again."""

    text = forms.CharField(
        label="Pourquoi revoir cette réponse",
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
        help_text="Une autre personne que celle qui a répondu le lira, avec tout votre dossier.",
    )
