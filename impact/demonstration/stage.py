"""What the story needs at hand while it is played: its clock, its dice, and everybody who takes part.

The story ends now and starts fourteen months ago; the same present gives the same story.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from actors.models import Site
from aptic.accounts.models import Role, User
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from funders.models import Campaign
from impact.demonstration import cast

MONTHS = 14
DAYS_PER_MONTH = 30.44
SEED = 2021


@dataclass(slots=True)
class Visit:
    """A person will come to a site with one pass of a booklet."""

    serial: int
    version: int
    campaign: Campaign


@dataclass(slots=True)
class Stage:
    """The story's state. `scale` shrinks the number of booklets, for tests."""

    now: datetime
    scale: float = 1.0
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - a story, not a secret
    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    sites: list["OpenSite"] = field(default_factory=list)
    agenda: dict[date, list[Callable[[date], object]]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[date, list[tuple["OpenSite", Visit]]] = field(default_factory=lambda: defaultdict(list))
    hand_outs: dict[date, dict[str, list[Any]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    redeemed: int = 0

    @property
    def today(self) -> date:
        """The last day of the story."""
        return timezone.localdate(self.now)

    @property
    def first_day(self) -> date:
        """Its first day, a Monday about fourteen months ago."""
        day = self.today - timedelta(days=round(MONTHS * DAYS_PER_MONTH))
        return day - timedelta(days=day.weekday())

    def day(self, months: float) -> date:
        """The working day that many months after the first."""
        return working_day(self.first_day + timedelta(days=round(months * DAYS_PER_MONTH)))

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of a day in Paris, never after the present."""
        return min(datetime.combine(day, time(hour, minute), timezone.get_current_timezone()), self.now)

    def plan(self, day: date, act: Callable[[date], object]) -> None:
        """Do this on that day; what lies in the future is not played."""
        self.agenda[day].append(act)

    def count(self, number: int) -> int:
        """A number of booklets at the story's scale, at least one."""
        return max(1, round(number * self.scale))

    def principal(self, person: str) -> Principal:
        """How somebody of the cast acts, in their own organisation."""
        one = next(person_ for person_ in cast.EVERYBODY if person_.key == person)
        organisation = self.organisations[one.organisation]
        return Principal(
            hat=organisation.hats[0],
            organisation_id=organisation.pk,
            person_id=self.people[person].pk,
            role=one.role,
        )

    @contextmanager
    def playing(self, person: str) -> Iterator[Principal]:
        """Act as somebody of the cast."""
        with acting(self.principal(person)) as principal:
            yield principal


@dataclass(slots=True)
class OpenSite:
    """A site of the story: its row, who stands at its till, from when it takes passes."""

    row: Site
    provider: str  # its actor's key
    place: cast.Place
    opens_on: date
    person: User

    @property
    def principal(self) -> Principal:
        """Whoever stands at the till."""
        return Principal(
            hat=Hat.ACTOR,
            organisation_id=self.row.actor_id,
            person_id=self.person.pk,
            role=Role.SCANNER,
            site_id=self.row.pk,
        )


def working_day(day: date) -> date:
    """That day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day
