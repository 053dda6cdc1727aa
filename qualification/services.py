"""Applying, and deciding under the caps. Caps and places live in `caps.py`, suspension in `suspension.py`."""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from actors.models import Actor
from actors.permissions import check_decider
from actors.places import cap_territory
from actors.sites import checked_services, open_site
from aptic.accounts.errors import AlreadyMember
from aptic.accounts.models import Role
from aptic.accounts.services import invite_person
from aptic.audit.services import record
from aptic.outbox.services import post_email
from aptic.siret import check_siret
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.models import Commune
from aptic.territories.services import territory_label
from qualification import errors
from qualification.caps import refusing, take_places
from qualification.models import Application
from qualification.places import sites_of

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
    """Ask to join, for anybody: one live application per SIRET; the address given gets an acknowledgement.

    Raises InvalidSiret, UnknownService, MissingField and AlreadyApplied.
    """
    texts = {
        "organisation_name": organisation_name.strip(),
        "contact_name": contact_name.strip(),
        "email": email.strip().lower(),
        "phone": phone.strip(),
        "site_name": site_name.strip(),
        "site_address": site_address.strip(),
    }
    if missing := next((name for name, text in texts.items() if not text), None):
        raise errors.MissingField(field=missing)
    application = Application(
        **texts,
        siret=check_siret(siret),
        commune=commune,
        site_hours=site_hours.strip(),
        services=checked_services(services),
        motivation=motivation.strip(),
        submitted_at=at or timezone.now(),
    )
    with refusing("one_live_application_per_siret", errors.AlreadyApplied(field="siret")):
        application.save(force_insert=True)
    record(verb="application_submitted", target=application)
    _tell(application, "application_received")
    _tell_operator(application)
    return application


@transaction.atomic
def accept(*, application: Application, at: datetime | None = None) -> Application:
    """Make the applicant an actor, with its first site and its place in the territory, and invite its manager.

    Its places are one row per capped territory of the commune: a trigger moves each cap's counter under its lock, in
    the order of territories, and a CHECK refuses the one too many. Raises NotAllowed, AlreadyDecided, AlreadyActor,
    CapMissing and CapReached.
    """
    check_decider()
    now = at or timezone.now()
    row = _undecided(application, (State.SUBMITTED, State.WAITING))
    actor = _become_actor(row, now)
    take_places(actor=actor, sites=sites_of(row), at=now)
    open_site(
        actor=actor,
        name=row.site_name,
        address=row.site_address,
        commune=row.commune,
        phone=row.phone,
        email=row.email,
        hours=row.site_hours,
        services=row.services,
        at=now,
    )
    _decide(row, State.ACCEPTED, reason="", organisation=actor, at=now)
    with suppress(AlreadyMember):  # the organisation wears another hat already and this person runs it
        invite_person(organisation=actor, email=row.email, role=Role.MANAGER, at=at)
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


def _become_actor(row: Application, at: datetime) -> Organisation:
    """The organisation of this SIRET, an actor from now on. What it already said of itself is kept."""
    contact = {
        "name": row.organisation_name,
        "commune": row.commune,
        "address": row.site_address,
        "email": row.email,
        "phone": row.phone,
        "is_actor": True,
    }
    organisation, created = Organisation.objects.get_or_create(siret=row.siret, defaults=contact)
    if not created and not Organisation.objects.filter(pk=organisation.pk, is_actor=False).update(is_actor=True):
        raise errors.AlreadyActor(f"{organisation.name} est déjà un acteur du réseau.")
    organisation.is_actor = True
    Actor(organisation=organisation, qualified_at=at).save(force_insert=True)
    record(verb="actor_qualified", target=organisation, fields=("is_actor",), organisation_id=organisation.pk)
    return organisation


def _undecided(application: Application, states: tuple[Application.State, ...]) -> Application:
    """The application, held until the decision commits. Raises AlreadyDecided."""
    held = Application.objects.select_for_update(of=("self",)).select_related("commune")
    row = held.filter(pk=application.pk, state__in=states).first()
    if row is None:
        raise errors.AlreadyDecided
    return row


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
    row = _undecided(application, states)
    _decide(row, state, reason=reason.strip(), organisation=None, at=at or timezone.now())
    _tell(row, f"application_{state.value}")
    return row


def _decide(
    row: Application, state: Application.State, *, reason: str, organisation: Organisation | None, at: datetime
) -> None:
    row.state, row.reason, row.organisation = state, reason, organisation
    row.decided_at, row.decided_by = at, current().person_id
    row.save(update_fields=["state", "reason", "organisation", "decided_at", "decided_by"])
    reader: uuid.UUID | None = organisation.pk if organisation else None
    record(verb=f"application_{state.value}", target=row, fields=("state", "reason"), organisation_id=reader)


def _tell(row: Application, template: str) -> None:
    """An e-mail to whoever applied."""
    post_email(to=row.email, template=template, context={"name": row.contact_name, **_words(row)})


def _tell_operator(row: Application) -> None:
    """An e-mail to the operator, with where to answer."""
    operator = Organisation.objects.with_hat(Hat.OPERATOR).exclude(email="").first()
    if operator is not None:
        url = settings.PUBLIC_URL + reverse("operator_application", args=[operator.pk, row.pk])
        post_email(to=operator.email, template="application_new", context={"url": url, **_words(row)})


def _words(row: Application) -> dict[str, str]:
    """What letters about an application say."""
    return {
        "organisation": row.organisation_name,
        "site": row.site_name,
        "territory": territory_label(cap_territory(row.commune.keys())),
        "reason": row.reason,
    }
