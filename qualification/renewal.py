"""Renewing a qualification before its end: a file filled in with what is known, and letters that say it is time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
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
COPIED = (
    "organisation_name", "legal_status", "address", "website", "motivation", "contact_role", "phone",
    "representative_name", "representative_role", "representative_email",
)  # fmt: skip


def may_renew(actor: Actor, *, at: datetime | None = None) -> bool:
    """Whether it is time: close to its end or past it, and still in the network."""
    now = at or timezone.now()
    ends = actor.qualified_until
    return actor.state != Actor.State.REMOVED and ends is not None and ends - OPENS <= now


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
    """Write to the managers of each actor whose end comes near, once per threshold; returns how many were written to.

    Runs as the operator's machinery.
    """
    now, written = at or timezone.now(), 0
    near = Actor.objects.select_related("organisation").filter(
        qualified_until__lte=now + timedelta(days=REMINDERS[0]), qualified_until__gt=now
    )
    for actor in near.exclude(state=Actor.State.REMOVED).order_by("pk"):
        assert actor.qualified_until is not None
        left = (actor.qualified_until - now).days
        due = min(threshold for threshold in REMINDERS if left <= threshold)
        if actor.renewal_reminded is not None and actor.renewal_reminded <= due:
            continue
        if _is_under_way(actor):
            continue
        Actor.objects.filter(pk=actor.pk).update(renewal_reminded=due)
        url = settings.PUBLIC_URL + reverse("actor_home", args=[actor.pk])
        words = {"until": french.date(actor.qualified_until), "url": url}
        write_to_managers(organisation=actor.organisation, template="renewal_due", context=words)
        record(verb="renewal_reminded", target=actor, organisation_id=actor.pk)
        written += 1
    return written


def _is_under_way(actor: Actor) -> bool:
    sent = (Application.State.SUBMITTED, Application.State.CORRECTION)
    return Application.objects.filter(organisation_id=actor.pk, kind=Application.Kind.RENEWAL, state__in=sent).exists()


def _copy_sites(actor: Organisation, renewal: Application) -> None:
    sites = Site.objects.filter(actor=actor, open=True).order_by("created_at", "id").select_related("commune")
    for position, site in enumerate(sites):
        described = {name: getattr(site, name) for name in site.FIELDS}
        same = ApplicationSite(application=renewal, position=position, site=site, **described)
        same.described_at = site.described_at  # until it is changed here, it says nothing newer
        same.save(force_insert=True)
