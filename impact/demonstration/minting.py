"""What `demo` gives away: codes that the first counter redeems, and one for each refusal that depends on the pass."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from actors.models import Site
from aptic.locks import Lock, wait_lock
from aptic.tenancy.demonstration import is_demonstration
from aptic.tenancy.principal import acting
from impact.demonstration import cast, programmes
from impact.demonstration.errors import NotADemonstration
from impact.demonstration.programmes import Programme
from impact.demonstration.supply import PAYS, Supply
from passes import blocking, codes, redemption
from passes.models import Booklet, Pass
from passes.redemption import Attempt, Till
from passes.refusals import Refusal

FIRST_SERVICE = 2  # maîtrise des outils numériques du quotidien; « Mes droits en ligne » does not pay it
TILL = "amina.diallo"  # stands at the first counter


@dataclass(frozen=True, slots=True)
class Minted:
    """Codes of one call: those that redeem, and one for each refusal, by its machine code."""

    live: list[str]
    refusals: dict[str, str]


def mint(*, count: int, at: datetime | None = None) -> Minted:
    """`count` codes never given away before, and those that are refused. Raises NotADemonstration and TooOld."""
    only_in_demonstration()
    with transaction.atomic():
        wait_lock(Lock.DEMONSTRATION)
        supply = Supply(at or timezone.now())
        live = [code for booklet in supply.booklets(programmes.MAIN, count) for code in codes_of(booklet)]
        return Minted(live[:count], Refusals(supply).all())


def mint_booklet(*, at: datetime | None = None) -> dict[str, Any]:
    """What the visitor of the tour is given: the codes of a booklet just handed out and what its squares say, and the
    cover of one still in stock, to hand out in person. Raises NotADemonstration and TooOld."""
    only_in_demonstration()
    with transaction.atomic():
        wait_lock(Lock.DEMONSTRATION)
        supply = Supply(at or timezone.now())
        given = supply.booklets(programmes.MAIN, 1)[0]
        kept = supply.last_in_stock(programmes.MAIN)
        return {
            "cover": _cover(given),
            "passes": codes_of(given),
            "squares": _squares_of(given) if codes.can_sign() else [],  # elsewhere its codes are typed
            "to_hand_out": _cover(kept),
        }


def _squares_of(booklet: Booklet) -> list[str]:
    """What is printed in the squares of its passes."""
    batch = booklet.batch
    return [
        codes.signed_url(
            booklet.pk << 4 | position,
            batch.code_key,
            batch=batch.pk,
            value_cents=batch.face_value_cents,
            ends_on=batch.ends_on,
        )
        for position in range(1, batch.passes_per_booklet + 1)
    ]


def _cover(booklet: Booklet) -> str:
    return codes.encode(booklet.pk << 4, booklet.batch.code_key)


def only_in_demonstration() -> None:
    """Raise NotADemonstration anywhere else."""
    if not is_demonstration():
        raise NotADemonstration


def codes_of(booklet: Booklet) -> list[str]:
    """The codes of a booklet's passes; its batch must be at hand."""
    return [
        codes.encode(booklet.pk << 4 | position, booklet.batch.code_key)
        for position in range(1, booklet.batch.passes_per_booklet + 1)
    ]


def first_site() -> Site:
    """The site whose device `demo` lists first."""
    provider = cast.PROVIDERS[0]
    return Site.objects.get(actor__siret=provider.organisation.siret, name=provider.places[0].name)


class Refusals:
    """One pass for each refusal, found among those of the story, or made by the services when there is none."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply

    def all(self) -> dict[str, str]:
        """Refusal → code, in the order of the closed list."""
        makers: dict[Refusal, Callable[[], Pass]] = {
            Refusal.ALREADY_REDEEMED: self._spent,
            Refusal.NOT_ACTIVE: partial(self._any, programmes.NEXT),
            Refusal.NOT_HANDED_OUT: partial(
                self._any, programmes.MAIN, state=Pass.State.OPEN, booklet__handed_out_at=None
            ),
            Refusal.EXPIRED: partial(self._any, programmes.PAST, state=Pass.State.EXPIRED),
            Refusal.BLOCKED: self._blocked,
            Refusal.SERVICE_NOT_COVERED: partial(self._open, programmes.RIGHTS),
            Refusal.SITE_NOT_COVERED: partial(self._open, programmes.WORK),
            Refusal.TERRITORY_NOT_COVERED: partial(self._open, programmes.MEDOC),
            Refusal.LIMIT_REACHED: self._limited,
        }
        found = {reason: make() for reason, make in makers.items()}
        return {reason.value: codes.encode(one.pk, one.batch.code_key) for reason, one in found.items()}

    def _passes(self, programme: Programme, **terms: Any) -> QuerySet[Pass]:
        """The passes of an operation, the last first; evaluate as the operator."""
        campaign = self.supply.campaign(programme)
        return Pass.objects.select_related("batch").filter(batch__campaign=campaign, **terms).order_by("-pk")

    def _find(self, programme: Programme, **terms: Any) -> Pass | None:
        with self.supply.playing(PAYS):
            return self._passes(programme, **terms).first()

    def _any(self, programme: Programme, **terms: Any) -> Pass:
        with self.supply.playing(PAYS):
            return self._passes(programme, **terms)[0]

    def _first_of_new_booklet(self, programme: Programme) -> Pass:
        booklet = self.supply.booklets(programme, 1)[0]
        return self._any(programme, pk=booklet.pk << 4 | 1)

    def _open(self, programme: Programme) -> Pass:
        """A pass that somebody could use, at another counter or for another service."""
        handed = self._find(programme, state=Pass.State.OPEN, booklet__handed_out_at__isnull=False)
        return handed or self._first_of_new_booklet(programme)

    def _spent(self) -> Pass:
        """Used before today: no till can undo it any more."""
        spent = self._find(programmes.MAIN, state=Pass.State.REDEEMED, spent_on__lt=self.supply.today)
        return spent or self._redeem(self._first_of_new_booklet(programmes.MAIN))

    def _blocked(self) -> Pass:
        blocked = self._find(programmes.MAIN, state=Pass.State.BLOCKED)
        if blocked is None:
            blocked = self._first_of_new_booklet(programmes.MAIN)
            with self.supply.playing(PAYS):
                blocking.block_booklet(booklet=blocked.booklet)
        return blocked

    def _limited(self) -> Pass:
        """Its booklet has had its pass of the day."""
        with self.supply.playing(PAYS):
            spent = self._passes(programmes.YOUNG, spent_on=self.supply.today).values("booklet_id").order_by()
            open_beside = self._passes(programmes.YOUNG, state=Pass.State.OPEN, booklet_id__in=spent).first()
        if open_beside is None:
            used = self._redeem(self._first_of_new_booklet(programmes.YOUNG))
            open_beside = self._any(programmes.YOUNG, state=Pass.State.OPEN, booklet_id=used.booklet_id)
        return open_beside

    def _redeem(self, one: Pass) -> Pass:
        """Use a pass at the first counter."""
        principal, site = self.supply.principal(TILL), first_site()
        with acting(principal.at_site(site.pk)):
            code = codes.Code(one.batch.code_key, one.pk)
            redemption.present([code], site_id=site.pk)
            till = Till(site_id=site.pk, actor_id=site.actor_id, person_id=principal.person_id)
            redemption.redeem(till, [Attempt(uuid.uuid4(), code, FIRST_SERVICE, self.supply.at)], at=self.supply.at)
        return one
