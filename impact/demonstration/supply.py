"""Booklets on demand after the story: from a distributor's stock, ordered, issued and sent when it runs short.

Everything goes through the services, as the people of the cast.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from aptic.accounts.models import Membership
from aptic.tenancy.principal import Hat, Principal, acting
from funders.funding import record_payment_order
from funders.models import Campaign, FundingLine
from funders.services import place_order
from impact.demonstration import cast
from impact.demonstration.buying import BUYERS, issue
from impact.demonstration.errors import TooOld
from impact.demonstration.handing import give, send
from impact.demonstration.programmes import PROGRAMMES, Programme
from passes.models import Booklet

LEAST_BOOKLETS = 50  # of an order made because stock runs short
GIVES, PAYS = "nadia.roche", "hugo.mercier"


class Supply:
    """Where one call takes its booklets from, in the running transaction."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        emails = {person.email: person.key for person in cast.PEOPLE}
        with acting(Principal(hat=Hat.OPERATOR)):
            members = Membership.objects.active().select_related("user", "organisation__commune")
            self.members = {emails[one.user.email]: one for one in members.filter(user__email__in=emails)}
            named = Campaign.objects.select_related("funder").filter(name__in=[one.name for one in PROGRAMMES])
            self.campaigns = {one.name: one for one in named.order_by("-created_at")}

    @property
    def today(self) -> date:
        """The day of this call, in Paris."""
        return timezone.localdate(self.at)

    def principal(self, key: str) -> Principal:
        """How somebody of the cast acts."""
        one = self.members[key]
        return Principal(
            hat=one.organisation.hats[0], organisation_id=one.organisation_id, person_id=one.user_id, role=one.role
        )

    @contextmanager
    def playing(self, key: str) -> Iterator[Principal]:
        """Act as somebody of the cast."""
        with acting(self.principal(key)) as principal:
            yield principal

    def campaign(self, programme: Programme) -> Campaign:
        """The operation of a programme. Raises TooOld once its last day is past."""
        campaign = self.campaigns[programme.name]
        if programme.lasts and campaign.ends_on < self.today:
            raise TooOld
        return campaign

    def booklets(self, programme: Programme, passes: int) -> list[Booklet]:
        """Booklets that hold at least `passes` passes, handed out now, never given away before."""
        campaign = self.campaign(programme)
        wanted = -(-passes // campaign.passes_per_booklet)
        stock = self._stock(campaign, wanted)
        if len(stock) < wanted:
            self._order(programme, campaign, max(wanted, LEAST_BOOKLETS))
            stock = self._stock(campaign, wanted)
        with self.playing(GIVES):
            for booklet in stock:
                give(booklet, at=self.at)
        return stock

    def last_in_stock(self, programme: Programme) -> Booklet:
        """A booklet that its distributor still holds: the last one, since those given away are the first ones."""
        campaign = self.campaign(programme)
        if not self._stock(campaign, 1):
            self._order(programme, campaign, LEAST_BOOKLETS)
        with self.playing(PAYS):
            return self._in_stock(campaign).order_by("-pk")[0]

    def _stock(self, campaign: Campaign, count: int) -> list[Booklet]:
        with self.playing(PAYS):
            return list(self._in_stock(campaign).order_by("pk")[:count])

    def _in_stock(self, campaign: Campaign) -> QuerySet[Booklet]:
        giver = self.members[GIVES].organisation_id
        stock = Booklet.objects.in_stock().filter(distributor_id=giver)
        return stock.filter(batch__campaign=campaign, batch__activated_at__isnull=False).select_related("batch")

    def _order(self, programme: Programme, campaign: Campaign, booklets: int) -> None:
        """The funder promises the money, orders, and sends to the distributor; the operator issues."""
        with self.playing(PAYS):
            lines = FundingLine.objects.select_related("account__purse", "campaign")
            line = lines.filter(campaign=campaign).order_by("created_at")[0]
            record_payment_order(
                line=line,
                number=f"MANDAT-{uuid.uuid4().hex[:12].upper()}",
                amount_cents=booklets * campaign.passes_per_booklet * campaign.face_value_cents,
                expected_on=self.today + timedelta(days=30),
                at=self.at,
            )
        with self.playing(BUYERS[programme.funder]):
            order = place_order(campaign=campaign, line=line, booklets=booklets, at=self.at)
        batch = issue(self.principal(PAYS), order, self.at)
        with self.playing(BUYERS[programme.funder]):
            send(batch, self.members[GIVES].organisation, batch.first_booklet, batch.booklets, at=self.at)
