"""The form of a place, in parts: the same for a site in service and for one that an application proposes."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from actors import site_description as said
from actors.opening_hours import in_french, understand
from actors.site_description import MOST_MEDIATORS, SiteDescription
from aptic.errors import DomainError
from aptic.forms import DomainForm, PhoneField
from aptic.territories.forms import CommuneField
from aptic.vocabulary.forms import ServicesField


def _several(label: str, choices: type[TextChoices], hint: str = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices.choices, required=False, help_text=hint, widget=forms.CheckboxSelectMultiple
    )


def _link(label: str, hint: str = "") -> forms.URLField:
    return forms.URLField(label=label, required=False, help_text=hint, assume_scheme="https")


class PlaceForm(DomainForm):
    """A place, as citizens will read it."""

    name = forms.CharField(label="Nom du lieu", max_length=120, help_text="Celui que les habitants connaissent.")
    address = forms.CharField(label="Adresse", max_length=200, help_text="Numéro et voie.")
    address_extra = forms.CharField(
        label="Complément d’adresse", max_length=120, required=False, help_text="Bâtiment, étage, entrée."
    )
    commune = CommuneField()
    point = forms.CharField(
        label="Point sur la carte",
        max_length=60,
        required=False,
        help_text="Latitude, longitude : par exemple 44.8083, -0.5478. Sans elles, le centre de la commune.",
        widget=forms.TextInput({"class": "w-2"}),
    )
    host_kind = forms.ChoiceField(
        label="Structure qui accueille ce lieu",
        choices=said.Host.choices,
        required=False,
        help_text="Une bibliothèque, un tiers-lieu… qui a aussi d’autres activités.",
    )
    host_name = forms.CharField(label="Nom de cette structure", max_length=120, required=False)
    phone = PhoneField(label="Téléphone", help_text="Affiché aux habitants.")
    email = forms.EmailField(label="Adresse électronique", required=False)
    website = _link("Site internet")
    opening_hours = forms.CharField(
        label="Horaires",
        max_length=said.MAX,
        required=False,
        help_text="Par exemple : lundi au vendredi 9h-12h, 14h-18h ; samedi 10h-12h ; fermé les jours fériés.",
    )
    hours = forms.CharField(
        label="Précisions sur les horaires",
        max_length=200,
        required=False,
        help_text="Ce qui ne tient pas en horaires : « fermé en août », « sur rendez-vous l’après-midi ».",
    )
    access_modes = _several("Comment y venir", said.AccessMode)
    booking_url = _link("Page de prise de rendez-vous")
    services = ServicesField(label="Services proposés", parcours=True)
    support_modes = _several("Comment vous accompagnez", said.SupportMode)
    mediators = forms.IntegerField(
        label="Personnes qui accompagnent ici",
        min_value=0,
        max_value=MOST_MEDIATORS,
        required=False,
        widget=forms.NumberInput({"class": "w-1", "inputmode": "numeric"}),
    )
    fees = _several("Frais pour les habitants", said.Fee)
    regulated_tariff = forms.BooleanField(
        label="Tarifs réglementés",
        required=False,
        help_text="Le pass paie tout : rien ne reste à la charge de la personne.",
    )
    publics = _several("Publics à qui ce lieu s’adresse en particulier", said.Public, "Rien : tout le monde.")
    special_care = _several("Besoins que vous savez accompagner", said.SpecialCare)
    itinerance = _several("Ce lieu est", said.Itinerance)
    accessibility_url = _link("Fiche Acceslibre", "L’adresse de sa page sur acceslibre.beta.gouv.fr.")
    summary = forms.CharField(
        label="Présentation",
        max_length=280,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="280 caractères au plus.",
    )

    SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("Où", ("name", "address", "address_extra", "commune", "point", "host_kind", "host_name")),
        ("Joindre et venir", ("phone", "email", "website", "opening_hours", "hours", "access_modes", "booking_url")),
        ("Ce qu’on y fait", ("services", "support_modes", "mediators", "fees", "regulated_tariff")),
        ("Pour qui", ("publics", "special_care", "itinerance", "accessibility_url", "summary")),
    )

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The questions, in groups."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS]

    def clean_opening_hours(self) -> str:
        """In the open syntax."""
        try:
            return understand(self.cleaned_data["opening_hours"])
        except DomainError as error:
            raise ValidationError(f"{error.text} {error.next_step}") from error

    def clean_mediators(self) -> int:
        """Nobody said: none."""
        return self.cleaned_data["mediators"] or 0

    def clean(self) -> dict[str, Any]:
        """The point as its two coordinates."""
        data = super().clean() or {}
        try:
            data["latitude"], data["longitude"] = read_point(data.pop("point", ""))
        except ValidationError as error:
            self.add_error("point", error)
        return data

    @classmethod
    def initial_of(cls, place: SiteDescription) -> dict[str, Any]:
        """What the form shows of a place that exists."""
        found = {name: getattr(place, name) for name in SiteDescription.FIELDS if name in cls.base_fields}
        own = (place.latitude, place.longitude) != (place.commune.latitude, place.commune.longitude)
        point = f"{place.latitude}, {place.longitude}" if place.latitude is not None and own else ""
        hours = in_french(place.opening_hours)
        return found | {"commune": place.commune.label(), "point": point, "opening_hours": _typed(place, hours)}


def _typed(place: SiteDescription, sentence: str) -> str:
    """The hours in French when that reads back as the same hours, in the open syntax otherwise."""
    try:
        return sentence if understand(sentence) == place.opening_hours else place.opening_hours
    except DomainError:
        return place.opening_hours


def read_point(typed: str) -> tuple[float | None, float | None]:
    """Latitude and longitude, or neither. Raises ValidationError."""
    if not typed:
        return None, None
    numbers = re.fullmatch(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*", typed)
    if not numbers:
        raise ValidationError("Écrivez deux nombres comme 44.8083, -0.5478.")
    latitude, longitude = float(numbers[1]), float(numbers[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValidationError("Ce point n’est pas sur la Terre : la latitude vient avant la longitude.")
    return latitude, longitude


class SiteForm(PlaceForm):
    """A site in service: what citizens read, and how its counter works."""

    quick_mode = forms.BooleanField(
        label="Encaissement rapide au guichet",
        required=False,
        help_text="Scanner un pass valable l’encaisse tout de suite, pour le dernier service choisi. "
        "Sans cette case, le guichet montre le pass et demande de confirmer.",
    )
    SECTIONS = (*PlaceForm.SECTIONS, ("Au guichet", ("quick_mode",)))

    @classmethod
    def initial_of(cls, place: SiteDescription) -> dict[str, Any]:
        """What the form shows of a site that exists."""
        return super().initial_of(place) | {"quick_mode": getattr(place, "quick_mode", False)}
