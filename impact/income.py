"""What passes bring an actor each calendar year, beside what it declares; and whom it welcomes. Its own people alone.

A year of passes is what was redeemed in it and not undone, before fees, by the Paris day on which it was accounted.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from actors.income_models import IncomeDeclaration
from actors.income_rules import Mix, open_year
from actors.models import Site
from actors.site_description import Public, SpecialCare
from aptic.tenancy.principal import Principal
from impact.observed import Question, observed_by

YEARS = 5  # looked back at
YEAR = timedelta(days=365)

_PASSES = """
SELECT extract(year FROM r.accounted_at AT TIME ZONE 'Europe/Paris')::int, o.name, sum(r.value_cents)::bigint
  FROM passes_redemption r JOIN tenancy_organisation o ON o.id = r.funder_id
  LEFT JOIN passes_void v ON v.redemption_id = r.id
 WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL AND r.actor_id = %(actor)s
   AND r.accounted_at >= make_timestamptz(%(first)s, 1, 1, 0, 0, 0, 'Europe/Paris')
   AND r.accounted_at < make_timestamptz(%(last)s + 1, 1, 1, 0, 0, 0, 'Europe/Paris')
 GROUP BY 1, o.id, o.name ORDER BY 1 DESC, 3 DESC, 2
"""
Funders = tuple[tuple[str, int], ...]


def passes_by_year(actor_id: uuid.UUID, *, first: int, last: int) -> dict[int, Funders]:
    """(funder, cents) of each calendar year from `first` to `last`, the largest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_PASSES, {"actor": actor_id, "first": first, "last": last})
        rows = cursor.fetchall()
    found: dict[int, list[tuple[str, int]]] = {}
    for year, name, cents in rows:
        found.setdefault(year, []).append((name, cents))
    return {year: tuple(funders) for year, funders in found.items()}


@dataclass(frozen=True, slots=True)
class Income:
    """An actor's declared years, the latest first, and the year that is to be declared today."""

    mixes: tuple[Mix, ...]
    open_year: int
    undeclared: Funders  # the passes of the open year, while it is not declared

    @property
    def latest(self) -> Mix | None:
        """The last declared year."""
        return self.mixes[0] if self.mixes else None

    @property
    def is_due(self) -> bool:
        """Is the open year still to be declared?"""
        return not self.mixes or self.mixes[0].year != self.open_year

    @property
    def undeclared_cents(self) -> int:
        """What passes brought in the open year, while it is not declared."""
        return sum(cents for _, cents in self.undeclared)


def income_of(principal: Principal, *, years: int = YEARS, at: datetime | None = None) -> Income:
    """What the acting actor declared of the last `years`, with their passes. Two queries; nothing for other roles."""
    last = open_year(timezone.localdate(at))
    first = last - years + 1
    declared: Mapping[int, IncomeDeclaration] = {
        one.year: one for one in IncomeDeclaration.objects.visible_to(principal).filter(year__gte=first).in_force()
    }
    actor_id = principal.organisation_id
    passes = passes_by_year(actor_id, first=first, last=last) if actor_id else {}
    mixes = [Mix(year, one.amounts, passes.get(year, ())) for year, one in declared.items()]
    return Income(
        tuple(sorted(mixes, key=lambda mix: -mix.year)), last, () if last in declared else passes.get(last, ())
    )


@dataclass(frozen=True, slots=True)
class Publics:
    """Whom an actor welcomes: what its counters noted over twelve months, and what its open sites say."""

    questions: tuple[Question, ...]
    sites: int
    addressed: tuple[tuple[str, int], ...]  # (public, sites that address it)
    cared_for: tuple[tuple[str, int], ...]  # (need, sites that can care for it)


def publics_of(principal: Principal, *, at: datetime | None = None) -> Publics:
    """The publics of the acting actor; no count of people under five. Two queries."""
    since = (at or timezone.now()) - YEAR
    actor_id = principal.organisation_id
    sites = Site.objects.visible_to(principal).filter(open=True).order_by("pk").values_list("publics", "special_care")
    rows = list(sites)
    addressed = Counter(one for publics, _ in rows for one in publics)
    cared_for = Counter(one for _, care in rows for one in care)
    return Publics(
        questions=tuple(observed_by(actor_id, since=since)) if actor_id else (),
        sites=len(rows),
        addressed=tuple((str(one.label), addressed[one.value]) for one in Public if addressed[one.value]),
        cared_for=tuple((str(one.label), cared_for[one.value]) for one in SpecialCare if cared_for[one.value]),
    )
