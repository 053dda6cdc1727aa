"""What a place says of itself, the same for a site in service and for one that an application proposes.

The lists are those of the « Standard des lieux de médiation numérique » (La MedNum, v1.0.2): labels are its own values,
word for word, so that an export writes them as they stand; what is stored is a short name of ours.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from actors.opening_hours import MAX, in_french
from aptic.vocabulary.models import Service

MOST_MEDIATORS = 500  # people: beyond, somebody mistook the field


class Public(models.TextChoices):
    """publics_specifiquement_adresses."""

    YOUNG = "young", "Jeunes"
    STUDENTS = "students", "Étudiants"
    FAMILIES = "families", "Familles et/ou enfants"
    SENIORS = "seniors", "Seniors"
    WOMEN = "women", "Femmes"


class SpecialCare(models.TextChoices):
    """prise_en_charge_specifique."""

    DEAFNESS = "deafness", "Surdité"
    MOTOR = "motor", "Handicaps moteurs"
    MENTAL = "mental", "Handicaps mentaux"
    ILLITERACY = "illiteracy", "Illettrisme"
    ENGLISH = "english", "Langues étrangères (anglais)"
    LANGUAGES = "languages", "Langues étrangères (autres)"
    SIGHT = "sight", "Déficience visuelle"


class Fee(models.TextChoices):
    """frais_a_charge."""

    FREE = "free", "Gratuit"
    CONDITIONS = "conditions", "Gratuit sous condition"
    PAID = "paid", "Payant"


class AccessMode(models.TextChoices):
    """modalites_acces."""

    WALK_IN = "walk_in", "Se présenter"
    CALL = "call", "Téléphoner"
    MAIL = "mail", "Contacter par mail"
    BOOK = "book", "Prendre un RDV en ligne"
    NO_PUBLIC = "no_public", "Ce lieu n'accueille pas de public"
    REFERRAL = "referral", "Envoyer un mail avec une fiche de prescription"


class SupportMode(models.TextChoices):
    """modalites_accompagnement."""

    ALONE = "alone", "En autonomie"
    ONE_TO_ONE = "one_to_one", "Accompagnement individuel"
    WORKSHOP = "workshop", "Dans un atelier collectif"
    REMOTE = "remote", "À distance"


class Itinerance(models.TextChoices):
    """itinerance."""

    FIXED = "fixed", "Fixe"
    MOBILE = "mobile", "Itinérant"


class Host(models.TextChoices):
    """The structure that hosts the place: the scheme wants digital help inside places with other activities."""

    NONE = "", "Aucune : c’est notre propre lieu"
    SOCIAL_CENTRE = "social_centre", "Centre social ou espace de vie sociale"
    THIRD_PLACE = "third_place", "Tiers-lieu"
    LIBRARY = "library", "Bibliothèque ou médiathèque"
    TOWN_HALL = "town_hall", "Mairie ou CCAS"
    FRANCE_SERVICES = "france_services", "Espace France services"
    SCHOOL = "school", "Établissement scolaire ou universitaire"
    HEALTH = "health", "Établissement de santé ou médico-social"
    EMPLOYMENT = "employment", "Mission locale ou structure d’insertion"
    ASSOCIATION = "association", "Maison des associations, autre association"
    OTHER = "other", "Autre structure"


def _list(verbose: str, choices: type[models.TextChoices]) -> ArrayField:
    return ArrayField(
        models.CharField(max_length=16, choices=choices.choices),
        verbose_name=verbose,
        blank=True,
        default=list,
        db_default=[],
    )


class SiteDescription(models.Model):
    """What people read of a place before they come, in the fields of the national schema."""

    name = models.CharField("nom du lieu", max_length=120)
    address = models.CharField("adresse", max_length=200)
    address_extra = models.CharField("complément d’adresse", max_length=120, blank=True, db_default="")
    commune = models.ForeignKey("territories.Commune", on_delete=models.RESTRICT, related_name="+")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    phone = models.CharField("téléphone", max_length=20)
    email = models.EmailField("adresse électronique", blank=True)
    website = models.URLField("site internet", blank=True, db_default="")
    booking_url = models.URLField("prise de rendez-vous en ligne", blank=True, db_default="")
    accessibility_url = models.URLField("fiche Acceslibre", blank=True, db_default="")
    opening_hours = models.CharField("horaires", max_length=MAX, blank=True, db_default="")  # OpenStreetMap's syntax
    hours = models.CharField("précisions sur les horaires", max_length=200, blank=True)
    summary = models.CharField("présentation", max_length=280, blank=True, db_default="")
    services = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    publics = _list("publics spécifiquement adressés", Public)
    special_care = _list("prise en charge spécifique", SpecialCare)
    fees = _list("frais à charge", Fee)
    access_modes = _list("modalités d’accès", AccessMode)
    support_modes = _list("modalités d’accompagnement", SupportMode)
    itinerance = _list("itinérance", Itinerance)
    regulated_tariff = models.BooleanField("tarifs réglementés", default=False, db_default=False)
    mediators = models.PositiveSmallIntegerField(
        "personnes qui accompagnent", default=0, db_default=0, validators=[MaxValueValidator(MOST_MEDIATORS)]
    )
    host_kind = models.CharField(
        "structure d’accueil", max_length=16, choices=Host.choices, blank=True, default="", db_default=""
    )
    host_name = models.CharField("nom de cette structure", max_length=120, blank=True, db_default="")
    described_at = models.DateTimeField("mis à jour le", db_default=Now(), editable=False)

    FIELDS: ClassVar[tuple[str, ...]] = (
        "name", "address", "address_extra", "commune", "latitude", "longitude", "phone", "email", "website",
        "booking_url", "accessibility_url", "opening_hours", "hours", "summary", "services", "publics", "special_care",
        "fees", "access_modes", "support_modes", "itinerance", "regulated_tariff", "mediators", "host_kind",
        "host_name",
    )  # fmt: skip

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def hours_said(self) -> str:
        """When it is open, in French, with what its people added."""
        return " · ".join(filter(None, (in_french(self.opening_hours), self.hours)))

    @property
    def host(self) -> str:
        """The structure that hosts it, in words; empty when it is at home."""
        label = Host(self.host_kind).label if self.host_kind else ""
        return " : ".join(filter(None, (label, self.host_name)))

    @property
    def service_rows(self) -> models.QuerySet[Service]:
        """The services it offers."""
        return Service.objects.filter(pk__in=self.services)


def on_earth(name: str) -> models.CheckConstraint:
    """A point has both coordinates, within the globe."""
    known = Q(latitude__isnull=False, longitude__isnull=False)
    inside = known & Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
    return models.CheckConstraint(
        condition=Q(latitude__isnull=True, longitude__isnull=True) | inside,
        name=name,
        violation_error_message="Écrivez une latitude et une longitude.",
    )
