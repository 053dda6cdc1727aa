"""The official 2026 geography, as public reference data: no tenant, read-only for every role that serves.

Rows are written by `load_territories`, as owner, from the files of `data/`; NOTICE names their sources.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from aptic.territories import rules


class Region(models.Model):
    """A région, or an overseas collectivity, which INSEE's file carries at this level too."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField("nom", max_length=60)

    class Meta:
        verbose_name = "région"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Departement(models.Model):
    """A département, or an overseas collectivity (975, 977 … 989)."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField("nom", max_length=60)
    region = models.ForeignKey(Region, on_delete=models.RESTRICT)

    class Meta:
        verbose_name = "département"
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Epci(models.Model):
    """A group of communes with its own taxes (EPCI à fiscalité propre), as the DGCL lists them."""

    class Kind(models.TextChoices):
        """The legal kinds, by their code in the DGCL's file."""

        CC = "CC", "Communauté de communes"
        CA = "CA", "Communauté d’agglomération"
        CU = "CU", "Communauté urbaine"
        METRO = "METRO", "Métropole"
        MET69 = "MET69", "Métropole de Lyon"

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    name = models.CharField("nom", max_length=100)
    search_key = models.CharField(max_length=100, editable=False)
    kind = models.CharField("nature", max_length=5, choices=Kind)
    population = models.PositiveIntegerField(help_text="Somme de ses communes, en habitants.")

    class Meta:
        verbose_name = "EPCI"
        ordering = ("search_key", "siren")

    def __str__(self) -> str:
        """Its kind in full: « CC du Nogentais » → « Communauté de communes du Nogentais »."""
        short = f"{self.kind} "
        return f"{self.get_kind_display()} {self.name[len(short) :]}" if self.name.startswith(short) else self.name


class CommuneQuerySet(models.QuerySet["Commune"]):
    """Words for choosing communes."""

    def found_by(self, place: rules.Place) -> Self:
        """Communes whose names and postcodes start as typed, those of that very name first, then the most populated."""
        found = self.filter(departement=place.departement) if place.departement else self
        terms = [term for term in (place.postcode, place.words) if term]
        for term in terms:
            found = found.filter(pk__in=SearchTerm.objects.starting_with(term).values("commune_id"))
        if not terms:
            return self.none()
        named_so = models.Case(models.When(search_key=place.words, then=0), default=1)
        return found.order_by(named_so, "-population", "code")

    def inside(self, key: str) -> Self:
        """Communes of a territory, given by its key. Raises UnknownTerritory on a text that is no key."""
        level, code = rules.parse_key(key)
        return self if level == rules.FRANCE else self.filter(**{"pk" if level == "commune" else level: code})

    def with_postcode(self, postcode: str) -> Self:
        """Communes that the five digits reach; a postcode often has several."""
        return self.filter(postcodes__contains=[postcode])

    def with_names(self) -> Self:
        """Fetch what labels print, in the same query."""
        return self.select_related("departement", "epci", "region")


class Commune(models.Model):
    """A commune of the year's list; its point is the town hall, or else a place inside its limits.

    One that a later year merges away keeps its row, for those that name it, and is no longer found.
    """

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=60)
    search_key = models.CharField(max_length=60, editable=False)
    departement = models.ForeignKey(Departement, on_delete=models.RESTRICT)
    epci = models.ForeignKey(Epci, on_delete=models.RESTRICT, null=True, blank=True)
    region = models.ForeignKey(Region, on_delete=models.RESTRICT)
    population = models.PositiveIntegerField(help_text="Population municipale, en habitants.")
    latitude = models.FloatField(null=True, blank=True, help_text="Degrés, WGS 84.")
    longitude = models.FloatField(null=True, blank=True, help_text="Degrés, WGS 84.")
    postcodes = ArrayField(models.CharField(max_length=5), default=list, blank=True)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ("search_key", "code")
        indexes = (
            models.Index(fields=["search_key"], name="commune_search_key", opclasses=["varchar_pattern_ops"]),
            GinIndex(fields=["postcodes"], name="commune_postcodes"),
        )
        constraints = (
            models.CheckConstraint(
                # Comparing with null is neither true nor false, and a CHECK lets that pass: hence both tests.
                condition=Q(latitude=None, longitude=None)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="commune_point_whole",
                violation_error_message="Un point a une latitude et une longitude.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.departement_id})"

    @property
    def postcode(self) -> str:
        """Its first postcode; empty where La Poste serves nobody."""
        return self.postcodes[0] if self.postcodes else ""

    def label(self, postcode: str = "") -> str:
        """What a field shows and `find_commune` reads back: « Saint-Émilion (33330) », under `postcode` if it is one
        of its own.
        """
        shown = next((code for code in self.postcodes if postcode and code.startswith(postcode)), self.postcode)
        return f"{self.name} ({shown or self.departement_id})"

    @property
    def key(self) -> str:
        """Its own territory key: "commune:33394"."""
        return rules.key("commune", self.code)

    def keys(self) -> list[str]:
        """The keys of every territory it lies in, most precise first.

        >>> Commune.objects.get(pk="33063").keys()
        ['commune:33063', 'epci:243300316', 'departement:33', 'region:75', 'france']
        """
        return rules.keys_of(
            commune=self.code, epci=self.epci_id, departement=self.departement_id, region=self.region_id
        )


class SearchTermQuerySet(models.QuerySet["SearchTerm"]):
    """Words for reading the index of names and postcodes."""

    def starting_with(self, term: str) -> Self:
        """Terms in the range that starts with `term`, already normalised."""
        return self.filter(term__startswith=term)


class SearchTerm(models.Model):
    """One way to type a commune: its name from each of its words on, a former name, a postcode.

    « L'Haÿ-les-Roses » is found by "l hay les roses", "hay les roses", "roses" and "94240".
    """

    term = models.CharField(max_length=70)
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="terms", db_index=False)

    objects = SearchTermQuerySet.as_manager()

    class Meta:
        verbose_name = "terme de recherche"
        ordering = ("term", "commune_id")
        constraints = (models.UniqueConstraint(fields=["commune", "term"], name="one_term_per_commune"),)
        indexes = (models.Index(fields=["term"], name="territories_term", opclasses=["varchar_pattern_ops"]),)

    def __str__(self) -> str:
        return self.term
