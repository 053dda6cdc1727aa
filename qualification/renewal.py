"""Renewing a qualification: a file filled in with what is known, and letters that say it is time, or past it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from actors.models import Actor, Site
from actors.permissions import EDITS_SITES, check_role
from aptic import french
from aptic.accounts.letters import write_to_managers
from aptic.accounts.models import User
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from qualification import errors, letters, link, referentials, rules
from qualification.candidacy_models import ApplicationSite
from qualification.models import Application

OPENS = timedelta(days=180)  # before the end: from then on it may be renewed
REMINDERS = (90, 30, 7)  # days before the end
OVER = 0  # the last letter: the end has passed
COPIED = (
    "organisation_name", "legal_status", "address", "website", "motivation", "contact_role", "phone",
    "representative_name", "representative_role", "representative_email",
)  # fmt: skip


def may_renew(actor: Actor, *, at: datetime | None = None) -> bool:
    """Whether it is time: close to its end or past it, and still in the network."""
    now = at or timezone.now()
    ends = actor.qualified_until
    return actor.state != Actor.State.REMOVED and ends is not None and ends - OPENS <= now


def is_over(actor: Actor, *, at: datetime | None = None) -> bool:
    """Whether its end has passed, and it is still in the network: nothing stopped by itself."""
    now = at or timezone.now()
    return may_renew(actor, at=now) and actor.qualified_until is not None and actor.qualified_until <= now


@transaction.atomic
def begin_renewal(*, actor: Organisation, at: datetime | None = None) -> Application:
    """A renewal, filled in with the former file and the sites of today; it is sent and answered as a first one is.

    For a manager or agent of the actor. The one under way is given back. Raises NotAllowed and TooEarly.
    """
    check_role(EDITS_SITES, actor.pk)
    row, now = Actor.objects.get(pk=actor.pk), at or timezone.now()
    if not may_renew(row, at=now):
        raise errors.TooEarly
    person_id = current().person_id
    if person_id is None:
        raise NotAllowed  # a renewal has somebody to write to
    person = User.objects.get(pk=person_id)
    mine = Application.objects.visible_to(current()).filter(organisation=actor)
    editable = mine.filter(kind=Application.Kind.RENEWAL, state__in=["draft", "submitted", "correction"])
    if under_way := editable.first():
        return under_way
    former = mine.filter(state=Application.State.ACCEPTED).order_by("-decided_at").first()
    version = referentials.in_force()
    renewal = Application(
        kind=Application.Kind.RENEWAL,
        organisation=actor,
        siret=actor.siret or "",
        organisation_name=actor.name,
        contact_name=person.full_name,
        email=person.email,
        referential=version,
        charges_vat=row.charges_vat,
        answers=rules.kept(version.content, former.answers) if former and version else {},
        begun_at=now,
    )
    for name in COPIED if former else ():
        setattr(renewal, name, getattr(former, name))
    first = Site.objects.filter(actor=actor, open=True).order_by("created_at", "id").select_related("commune").first()
    if first is not None:
        renewal.site_name, renewal.commune = first.name, first.commune
    try:
        with transaction.atomic():
            renewal.save(force_insert=True)
    except IntegrityError as violation:
        raise errors.AlreadyRenewing from violation
    with link.opened(renewal.pk):
        _copy_sites(actor, renewal)
    record(verb="application_begun", target=renewal, organisation_id=actor.pk)
    letters.tell(renewal, "application_begun")
    return renewal


def remind(*, at: datetime | None = None) -> int:
    """Write to the managers of each actor whose end comes near, once per threshold, and once when it has passed.

    Returns how many were written to. Runs as the operator's machinery.
    """
    now = at or timezone.now()
    near = Actor.objects.select_related("organisation").filter(
        Q(renewal_reminded=None) | Q(renewal_reminded__gt=OVER),
        qualified_until__lte=now + timedelta(days=REMINDERS[0]),
    )
    return sum(_remind(actor, now) for actor in near.exclude(state=Actor.State.REMOVED).order_by("pk"))


def _remind(actor: Actor, now: datetime) -> bool:
    assert actor.qualified_until is not None
    left, over = (actor.qualified_until - now).days, is_over(actor, at=now)
    due = OVER if over else min(threshold for threshold in REMINDERS if left <= threshold)
    if _is_under_way(actor):
        return False
    not_told = Q(renewal_reminded=None) | Q(renewal_reminded__gt=due)
    mine = Actor.objects.filter(not_told, pk=actor.pk, qualified_until=actor.qualified_until)
    if not mine.update(renewal_reminded=due):
        return False
    url = settings.PUBLIC_URL + reverse("actor_home", args=[actor.pk])
    words = {"until": french.date(actor.qualified_until), "url": url}
    template = "renewal_over" if over else "renewal_due"
    write_to_managers(organisation=actor.organisation, template=template, context=words)
    record(verb="renewal_reminded", target=actor, organisation_id=actor.pk)
    return True


def under_way() -> QuerySet[Application]:
    """Renewals that were sent and wait for an answer, or for what it asked to correct."""
    sent = (Application.State.SUBMITTED, Application.State.CORRECTION)
    return Application.objects.filter(kind=Application.Kind.RENEWAL, state__in=sent)


def _is_under_way(actor: Actor) -> bool:
    return under_way().filter(organisation_id=actor.pk).exists()


def _copy_sites(actor: Organisation, renewal: Application) -> None:
    sites = Site.objects.filter(actor=actor, open=True).order_by("created_at", "id").select_related("commune")
    for position, site in enumerate(sites):
        described = {name: getattr(site, name) for name in site.FIELDS}
        same = ApplicationSite(application=renewal, position=position, site=site, **described)
        same.described_at = site.described_at  # until it is changed here, it says nothing newer
        same.save(force_insert=True)
