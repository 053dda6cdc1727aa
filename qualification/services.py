"""Applying, and deciding under the caps. Caps and places live in `caps.py`, suspension in `suspension.py`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from actors.models import Actor, Site
from actors.permissions import check_decider
from actors.sites import edit_site, open_site
from aptic import french
from aptic.audit.services import record
from aptic.locks import Lock, share_lock
from aptic.tenancy.models import Organisation
from aptic.territories.models import Commune
from aptic.text import search_key
from qualification import account, answering, candidacy, errors, letters, link, rules
from qualification.caps import take_places
from qualification.models import Appeal, Application, ApplicationSite
from qualification.welcome import welcome

State = Application.State


@transaction.atomic
def apply(
    *,
    organisation_name: str,
    siret: str,
    contact_name: str,
    email: str,
    phone: str,
    site_name: str,
    site_address: str,
    commune: Commune,
    site_hours: str = "",
    services: Iterable[int] = (),
    motivation: str = "",
    at: datetime | None = None,
) -> Application:
    """A file that was gathered elsewhere (on paper, in a former scheme), sent as it is; on line it is `candidacy`.

    Raises InvalidSiret, UnknownService, MissingField and AlreadyApplied.
    """
    needed = {"phone": phone, "site_name": site_name, "site_address": site_address}
    if missing := next((name for name, text in needed.items() if not text.strip()), None):
        raise errors.MissingField(field=missing)
    now = at or timezone.now()
    row = candidacy.begin(
        organisation_name=organisation_name,
        siret=siret,
        contact_name=contact_name,
        email=email,
        phone=phone,
        motivation=motivation,
        quiet=True,
        at=now,
    )
    with link.opened(row.pk):
        candidacy.save_site(
            application=row,
            name=site_name,
            address=site_address,
            commune=commune,
            phone=phone,
            email=row.email,
            hours=site_hours,
            services=services,
        )
        row.refresh_from_db()
        return candidacy.send(row, now)


@transaction.atomic
def accept(*, application: Application, promoted: bool = False, at: datetime | None = None) -> Application:
    """Make the applicant an actor, with its sites and a place in each of their territories; who runs it is told.

    Its places are one row per capped territory of its sites' communes: a trigger moves each cap's counter under its
    lock, in the order of territories, and a CHECK refuses the one too many. A renewal gives the actor some more
    years. Only `waiting.promote` takes one who waits (`promoted`): it keeps its rank and why. Raises NotAllowed,
    AlreadyDecided, WaitsItsTurn, AlreadyActor, OperatorIsNoActor, CapMissing and CapReached.
    """
    check_decider()
    now = at or timezone.now()
    row = answering.hold(application, (State.SUBMITTED, State.WAITING))
    if row.state == State.WAITING and not promoted:
        raise errors.WaitsItsTurn
    if row.kind == Application.Kind.RENEWAL:
        return _renew(row, now)
    actor = _become_actor(row, now)
    _open_sites(row, actor, now)
    account.hand_over(row, actor, at=now)
    answering.replace_predecessors(row, at=now)
    answering.write(row, State.ACCEPTED, reason="", organisation=actor, at=now)
    welcome(row, actor, at=at)
    return row


@transaction.atomic
def put_on_waiting_list(*, application: Application, reason: str, at: datetime | None = None) -> Application:
    """Keep an application for when a place is free; the applicant is told why.

    Raises NotAllowed, ReasonMissing and AlreadyDecided.
    """
    return _answer(application, State.WAITING, (State.SUBMITTED,), reason=reason, at=at)


@transaction.atomic
def refuse(*, application: Application, reason: str, at: datetime | None = None) -> Application:
    """Say no, with the reason, which the applicant is told; the SIRET may apply again.

    Raises NotAllowed, ReasonMissing and AlreadyDecided.
    """
    return _answer(application, State.REFUSED, (State.SUBMITTED, State.WAITING), reason=reason, at=at)


def _renew(row: Application, now: datetime) -> Application:
    """Some more years for an actor, from the end of those it has, and what has changed: VAT, sites, account."""
    assert row.organisation is not None  # a renewal is an actor's (CHECK)
    share_lock(Lock.ACTOR, row.organisation.pk)  # before its row, as whoever takes its qualification away
    actor = Actor.objects.select_for_update(of=("self",)).get(pk=row.organisation_id)
    if actor.state == Actor.State.REMOVED:
        raise errors.NotQualified
    start = max(now, actor.qualified_until or now)
    actor.qualified_until = rules.years_later(start, settings.QUALIFICATION_YEARS)
    actor.renewal_reminded = None
    actor.charges_vat = row.charges_vat
    actor.save(update_fields=["qualified_until", "renewal_reminded", "charges_vat", "updated_at"])
    _open_sites(row, row.organisation, now)
    account.hand_over(row, row.organisation, at=now)
    answering.write(row, State.ACCEPTED, reason="", organisation=row.organisation, at=now)
    letters.tell(row, "renewal_accepted", until=french.date(actor.qualified_until))
    return row


def _open_sites(row: Application, actor: Organisation, at: datetime) -> None:
    """The sites proposed, but those that run already: these are as it last said. Each open site has its places.

    All places are taken by one statement, so that its locks are in one order. Raises CapMissing and CapReached.
    """
    changed = _changed_sites(row, actor)
    new = list(row.sites.filter(site=None).select_related("commune"))
    running = list(Site.objects.filter(actor=actor, open=True))
    known = {(site.search_key, site.commune_id) for site in running}
    # Whoever comes back, or takes over, needs the places of what is open too.
    wanted = [*(site.territories for site in running), *(site.commune.keys() for site in (*changed, *new))]
    take_places(actor=actor, sites=wanted, at=at)
    for site in changed:
        assert site.site is not None  # asked for
        edit_site(site=site.site, at=at, **_description(site))
    for site in new:
        if (search_key(site.name), site.commune_id) not in known:
            open_site(actor=actor, at=at, **_description(site))


def _changed_sites(row: Application, actor: Organisation) -> list[ApplicationSite]:
    """What the file says of the actor's open sites, later than their own pages.

    These are held before any place, as `edit_site` does, so that the two never wait for each other.
    """
    ours = ApplicationSite.objects.filter(application=row, site__actor=actor, site__open=True)
    newer = ours.filter(described_at__gt=F("site__described_at")).select_related("site", "commune")
    return list(newer.order_by("site_id").select_for_update(of=("site",)))


def _description(site: ApplicationSite) -> dict[str, Any]:
    return {name: getattr(site, name) for name in site.FIELDS}


def _become_actor(row: Application, at: datetime) -> Organisation:
    """The organisation of this SIRET, an actor from now on. What it already said of itself is kept."""
    contact = {
        "name": row.organisation_name,
        "commune": row.commune,
        "address": row.address or row.sites.order_by("position").values_list("address", flat=True).first() or "",
        "email": row.email,
        "phone": row.phone,
        "is_actor": True,
    }
    organisation, _ = Organisation.objects.get_or_create(siret=row.siret, defaults=contact)
    if organisation.is_operator:
        raise errors.OperatorIsNoActor
    until = rules.years_later(at, settings.QUALIFICATION_YEARS)
    values = {"qualified_at": at, "qualified_until": until, "charges_vat": row.charges_vat}
    actor = Actor.objects.filter(pk=organisation.pk).first()
    if actor is None:
        Organisation.objects.filter(pk=organisation.pk).update(is_actor=True)
        organisation.is_actor = True
        Actor(organisation=organisation, **values).save(force_insert=True)
    elif actor.state == Actor.State.REMOVED:
        back = {"state": Actor.State.QUALIFIED, "removed_at": None, "removal_reason": ""}
        Actor.objects.filter(pk=actor.pk).update(**values, **back)
    elif not row.takes_over:
        raise errors.AlreadyActor(f"{organisation.name} est déjà un acteur du réseau.")
    record(verb="actor_qualified", target=organisation, fields=("is_actor",), organisation_id=organisation.pk)
    return organisation


def _answer(
    application: Application,
    state: Application.State,
    states: tuple[Application.State, ...],
    *,
    reason: str,
    at: datetime | None,
) -> Application:
    check_decider()
    if not reason.strip():
        raise errors.ReasonMissing
    row = answering.hold(application, states)
    answering.write(row, state, reason=reason.strip(), organisation=None, at=at or timezone.now())
    letters.tell(row, f"application_{state.value}", appealed=Appeal.objects.filter(application=row).exists())
    return row
