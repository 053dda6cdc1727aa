"""What helps beside a refusal: when and where the pass was used, whom to call, and who near here would take it.

One function, `guide`, for the counter's page and for the problem document. It runs in the till's own transaction, after
the decision and never before it: an accepted pass costs nothing here. What is beside a refusal may change from one day
to the next; the refusal itself never does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actors.models import Site
from aptic.tenancy.models import Organisation
from passes import redemption
from passes.balance import NearSite, Scope, address_of, nearest, sites_for
from passes.codes import Code
from passes.models import Booklet, Redemption
from passes.redemption import Till
from passes.refusals import EXPLANATIONS, Call, Refusal

MOST_SITES = 3


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call: a name that says who answers, and a number."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """Beside one refusal; each part may be missing."""

    when: datetime | None = None
    where: Site | None = None
    nearest: tuple[NearSite, ...] = ()
    call: Contact | None = None

    def members(self) -> dict[str, Any]:
        """The optional members of the problem document."""
        body: dict[str, Any] = {}
        if self.when is not None and self.where is not None:
            body |= {"when": self.when, "where": {"id": self.where.pk, "name": self.where.name}}
        if self.nearest:
            body["nearest"] = [_place(one) for one in self.nearest]
        if self.call is not None:
            body["call"] = {"name": self.call.name, "phone": self.call.phone}
        return body


@dataclass(frozen=True, slots=True)
class Terms:
    """Of the pass's operation: where it may be used, and the numbers it gives."""

    scope: Scope
    funder: str
    phone: str
    distributor: str
    distributor_phone: str


def guide(reason: Refusal, till: Till, code: Code | None) -> Guidance:
    """What to show beside `reason` at `till`; `code` is None when no booklet answers to it."""
    why = EXPLANATIONS[reason]
    terms = _terms(code) if code is not None else None
    used = _use_here(till, code) if reason == Refusal.ALREADY_REDEEMED and code is not None else None
    return Guidance(
        when=used.accounted_at if used else None,
        where=used.site if used else None,
        nearest=tuple(_nearest(till, terms)) if why.elsewhere and terms else (),
        call=_contact(why.call, terms),
    )


def _terms(code: Code) -> Terms | None:
    redemption.present([code])
    row = Booklet.objects.filter(pk=code.booklet_id).order_by("pk").values_list(*_COLUMNS).first()
    if row is None:
        return None
    campaign, services, territories, restricts, *contacts = row
    scope = Scope(campaign, tuple(services), tuple(territories), restricts)
    return Terms(scope, *(one or "" for one in contacts))


_COLUMNS = (
    "batch__campaign_id",
    "batch__campaign__services",
    "batch__campaign__territories",
    "batch__campaign__restricts_sites",
    "batch__funder__name",
    "batch__campaign__contact_phone",
    "distributor__name",
    "distributor__phone",
)


def _use_here(till: Till, code: Code) -> Redemption | None:
    """The use that counts, when it was at a site of the till's own actor: nobody else's is told."""
    mine = Redemption.objects.live().filter(pass_id=code.serial, actor_id=till.actor_id)
    return mine.select_related("site").order_by("pk").first()


def _nearest(till: Till, terms: Terms) -> list[NearSite]:
    """The other open sites that take the pass for a service they offer, closest to this one first."""
    here = Site.objects.get(pk=till.site_id)
    return nearest(sites_for(terms.scope).exclude(pk=here.pk), here, limit=MOST_SITES)


def _contact(call: Call, terms: Terms | None) -> Contact | None:
    """Who answers; whoever has no number leaves it to the operation, and the operation to the operator."""
    if terms and call == Call.DISTRIBUTOR and terms.distributor_phone:
        return Contact(terms.distributor, terms.distributor_phone)
    if terms and call != Call.OPERATOR and terms.phone:
        return Contact(terms.funder, terms.phone)
    return operator_contact()


def operator_contact() -> Contact | None:
    """Who answers for the scheme, when it has given a number."""
    operator = Organisation.objects.filter(is_operator=True).only("name", "phone").first()
    return Contact(operator.name, operator.phone) if operator and operator.phone else None


def _place(near: NearSite) -> dict[str, Any]:
    site = near.site
    return {
        "id": site.pk,
        "name": site.name,
        "address": address_of(site),
        "phone": site.phone,
        "distance_km": None if near.distance_km is None else round(near.distance_km, 1),
    }
