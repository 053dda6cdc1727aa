"""Pure decisions on an actor's income: shares, concentration, dependence on passes, and what one may do about it.

Amounts are cents of one calendar year. Passes are what was redeemed and not undone, before fees, as the ratio counts
them; the rest is declared. Thresholds are ours: the scheme says that passes cannot be a venue's only revenue, and gives
no figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from django.db.models import TextChoices

from aptic.french import NBSP, percent

BALANCED_UP_TO = Fraction(1, 3)  # a third lost is a hard year
WATCHED_UP_TO = Fraction(1, 2)  # beyond, what others decide about passes decides about the actor
LEADING_FUNDER = Fraction(1, 2)  # of the passes: beyond, one funder that stops halves them
FEW_SOURCES = 2.0  # equal sources that would be as concentrated
STEADY = Fraction(2, 100)  # a share that moves less than this has not moved


class Kind(TextChoices):
    """The seven kinds of income that the scheme wants an actor to mix with passes (design §10), and what is left."""

    DELEGATION = "delegation", "Délégation de service public"
    TRAINING = "training", "Formations et prestations"
    ROOMS = "rooms", "Location de salles et de matériel"
    INTERMEDIATION = "intermediation", "Intermédiation"
    HOSTING = "hosting", "Accueil d’activités"
    ENGINEERING = "engineering", "Ingénierie de projets"
    MEMBERS = "members", "Services aux adhérents"
    OTHER = "other", "Subventions, dons et autres"


SEVEN = tuple(kind for kind in Kind if kind is not Kind.OTHER)
PASSES = "Pass numériques"
# What one may do to begin with each kind; in the order in which they are proposed.
IDEAS = {
    Kind.TRAINING: "vendre une formation à une entreprise ou à une association voisine",
    Kind.ROOMS: "louer votre salle ou vos ordinateurs quand ils ne servent pas",
    Kind.HOSTING: "accueillir une permanence ou une activité d’un autre, contre une participation",
    Kind.DELEGATION: "répondre à une commune qui cherche qui tienne son accueil numérique",
    Kind.MEMBERS: "proposer une adhésion avec quelques services réservés",
    Kind.ENGINEERING: "monter un dossier pour un partenaire qui n’en a pas le temps",
    Kind.INTERMEDIATION: "faire le lien, contre rémunération, entre un service public et ses usagers",
}
MOST_IDEAS = 2


class Dependence(StrEnum):
    """How much of an actor's income passes are."""

    NONE = "none"
    BALANCED = "balanced"
    WATCHED = "watched"
    DEPENDENT = "dependent"

    @property
    def words(self) -> str:
        """In two or three words."""
        return _WORDS[self][0]

    @property
    def tag(self) -> str:
        """The kind of its tag."""
        return _WORDS[self][1]


_WORDS = {
    Dependence.NONE: ("pas de pass", ""),
    Dependence.BALANCED: ("équilibré", "ok"),
    Dependence.WATCHED: ("à surveiller", "wait"),
    Dependence.DEPENDENT: ("dépendant des pass", "no"),
}


def dependence(*, passes_cents: int, total_cents: int) -> Dependence:
    """The level of a share of passes.

    >>> dependence(passes_cents=50_00, total_cents=150_00).words
    'équilibré'
    """
    if passes_cents <= 0 or total_cents <= 0:
        return Dependence.NONE
    share = Fraction(passes_cents, total_cents)
    if share <= BALANCED_UP_TO:
        return Dependence.BALANCED
    return Dependence.WATCHED if share <= WATCHED_UP_TO else Dependence.DEPENDENT


def concentration(amounts: Sequence[int]) -> float | None:
    """The Herfindahl–Hirschman index: the sum of the squared shares, from 1/n (n equal sources) to 1 (one source).

    A. O. Hirschman, *National Power and the Structure of Foreign Trade* (1945); O. C. Herfindahl, *Concentration in the
    U.S. Steel Industry* (1950). Applied to the revenue of non-profits: D. A. Carroll and K. J. Stater, "Revenue
    Diversification in Nonprofit Organizations: Does it Lead to Financial Stability?", JPART 19(4), 2009, which finds
    less volatile revenue where it is lower. None when there is no income.
    """
    total = sum(amounts)
    return float(sum(Fraction(one, total) ** 2 for one in amounts)) if total > 0 else None


def equal_sources(index: float | None) -> float | None:
    """How many equal sources would be as concentrated: 1 ÷ index.

    M. A. Adelman, "Comment on the 'H' Concentration Measure as a Numbers-Equivalent", Review of Economics and
    Statistics 51(1), 1969.
    """
    return 1 / index if index else None


def hundredths(amounts: Sequence[int]) -> list[int]:
    """Shares in whole percents that add up to 100, each less than one from the exact share; zeros when all are zero.

    The largest remainders are rounded up first (Hamilton's method).

    >>> hundredths([1, 1, 1])
    [34, 33, 33]
    """
    total = sum(amounts)
    if total <= 0:
        return [0] * len(amounts)
    found = [one * 100 // total for one in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda i: (-(amounts[i] * 100 % total), i))
    for i in by_remainder[: 100 - sum(found)]:
        found[i] += 1
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """One source of a year, in cents and in whole percents of the year."""

    name: str
    cents: int
    percents: int
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Leading:
    """The funder that pays most of an actor's passes, its share of them, and whether that is more than half."""

    name: str
    share: float
    alone: bool


@dataclass(frozen=True, slots=True)
class Mix:
    """One year of an actor: what it declared by kind, what its passes brought, and whose passes they were."""

    year: int
    declared: Mapping[Kind, int]
    funders: tuple[tuple[str, int], ...] = ()  # (name, cents), the largest first

    @property
    def passes_cents(self) -> int:
        """Of all funders."""
        return sum(cents for _, cents in self.funders)

    @property
    def declared_cents(self) -> int:
        """All that is not passes."""
        return sum(self.declared.values())

    @property
    def total_cents(self) -> int:
        """Of the year."""
        return self.passes_cents + self.declared_cents

    @property
    def parts(self) -> list[Part]:
        """Passes first, then each kind in its order; their percents add up to 100."""
        amounts = [self.passes_cents, *(self.declared.get(kind, 0) for kind in Kind)]
        rows = zip((PASSES, *Kind.labels), amounts, hundredths(amounts), strict=True)
        return [Part(str(name), cents, share, passes=name == PASSES) for name, cents, share in rows]

    @property
    def share(self) -> Fraction:
        """Of passes in the year; 0 in a year without income."""
        return Fraction(self.passes_cents, self.total_cents) if self.total_cents > 0 else Fraction(0)

    @property
    def dependence(self) -> Dependence:
        """On passes."""
        return dependence(passes_cents=self.passes_cents, total_cents=self.total_cents)

    @property
    def sources(self) -> float | None:
        """How many equal sources the year is worth."""
        return equal_sources(concentration([part.cents for part in self.parts]))

    @property
    def passes_share(self) -> float:
        """The same, to be written."""
        return float(self.share)

    @property
    def leading_funder(self) -> "Leading | None":
        """Who pays most of the passes; None when there are none."""
        if self.passes_cents <= 0:
            return None
        name, cents = max(self.funders, key=lambda one: one[1])
        share = Fraction(cents, self.passes_cents)
        return Leading(name, float(share), share > LEADING_FUNDER)


def risk(mix: Mix) -> list[str]:
    """What the year says, in plain sentences, and what one may do about it; at least one sentence."""
    if mix.total_cents <= 0:
        return [f"Aucun revenu en {mix.year} : rien à comparer."]
    said = [_on_passes(mix)]
    leading = mix.leading_funder
    if leading and leading.alone and mix.dependence is not Dependence.BALANCED:
        said.append(
            f"Un seul commanditaire, « {leading.name} », paie {percent(leading.share)} de vos pass : dites à "
            "l’opérateur qui, près de chez vous, pourrait en acheter aussi."
        )
    few = (mix.sources or 0) < FEW_SOURCES
    if few and mix.share <= WATCHED_UP_TO:
        largest = max(mix.parts, key=lambda part: part.cents)
        said.append(
            f"« {largest.name} » fait {largest.percents}{NBSP}% de l’année : si cette ressource s’arrête, peu la "
            "remplace."
        )
    if (few or mix.share > BALANCED_UP_TO) and (ideas := ideas_for(mix)):
        said.append(f"Pistes que vous n’utilisez pas encore : {' ; '.join(ideas)}.")
    return said


def _on_passes(mix: Mix) -> str:
    share = percent(mix.passes_share)
    return {
        Dependence.NONE: "Les pass n’ont rien apporté cette année-là.",
        Dependence.BALANCED: f"Les pass font {share} de vos revenus : si un commanditaire s’arrête, vous tenez.",
        Dependence.WATCHED: f"Les pass font {share} de vos revenus, plus du tiers : faites grandir une autre ressource "
        "avant d’en avoir besoin.",
        Dependence.DEPENDENT: f"Les pass font {share} de vos revenus, plus de la moitié : ils ne sont pas garantis "
        "d’une année sur l’autre. Cherchez dès maintenant une autre ressource.",
    }[mix.dependence]


def ideas_for(mix: Mix) -> list[str]:
    """What one may begin with, among the kinds that brought nothing."""
    return [idea for kind, idea in IDEAS.items() if not mix.declared.get(kind)][:MOST_IDEAS]


def moved(mix: Mix, before: Mix) -> str:
    """How the share of passes went from one year to another."""
    change, share, former = mix.share - before.share, percent(mix.passes_share), percent(before.passes_share)
    if abs(change) < STEADY:
        return f"La part des pass n’a presque pas bougé depuis {before.year} ({former})."
    verb = "monte" if change > 0 else "descend"
    return f"La part des pass {verb} de {former} en {before.year} à {share} en {mix.year}."


@dataclass(frozen=True, slots=True)
class Today:
    """What passes weigh now, if nothing else has changed since the last declared year."""

    share: float
    dependence: Dependence


def today(mix: Mix, *, passes_cents: int) -> Today:
    """The last declared year with the passes of the last twelve months in place of its own.

    A year is declared months after it is over: this warns before.
    """
    total = mix.declared_cents + passes_cents
    share = Fraction(passes_cents, total) if total > 0 else Fraction(0)
    return Today(float(share), dependence(passes_cents=passes_cents, total_cents=total))


def open_year(today: date) -> int:
    """The year that is declared, and may be corrected, today: the last one that is over, until 31 December."""
    return today.year - 1
