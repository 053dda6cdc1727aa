"""What whoever applies does: begin, fill in part by part, send, give up. No account: the signed link is the key.

Every verb but `begin` runs with the application's link shown (`link.py`), or as the operator. Each part can be saved
alone and in any order; only sending asks for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from actors.models import Actor
from actors.permissions import HANDLES_BANK, check_role
from actors.sites import checked_description
from aptic.audit.services import record
from aptic.documents.crypto import encrypt_text
from aptic.iban import check_bic, check_iban
from aptic.siret import check_siret
from qualification import errors, letters, link, progress, referentials, rules
from qualification.candidacy_models import Acceptance, Appeal, ApplicationSite
from qualification.models import Application
from qualification.register_checks import request_check

State = Application.State
MOST_SITES = 40  # places in one application: beyond, it is a network and deserves a call
EDITABLE = frozenset({
    "organisation_name", "siret", "takes_over", "takeover_reason", "legal_status", "address", "website", "charges_vat",
    "motivation", "contact_name", "contact_role", "email", "phone", "representative_name", "representative_role",
    "representative_email", "mandated",
})  # fmt: skip
PRINTED = ("organisation_name", "contact_name")  # in letters to an address that anybody may have given
ADDRESS_SIGNS = ("://", "www.")
NEEDED_FROM_THE_START = ("organisation_name", "contact_name", "email")


@transaction.atomic
def begin(
    *,
    organisation_name: str,
    siret: str,
    contact_name: str,
    email: str,
    takes_over: bool = False,
    quiet: bool = False,
    at: datetime | None = None,
    **more: Any,
) -> Application:
    """Begin an application, for anybody; a letter with its link goes to the address given, unless `quiet`.

    An address that got many within the hour gets no more, without a word. `more` is any other of `EDITABLE`. Raises
    MissingField, NotAName, InvalidSiret and AlreadyApplied, unless a SIRET is taken over from a predecessor.
    """
    said = _cleaned(
        {"organisation_name": organisation_name, "siret": siret, "contact_name": contact_name, "email": email, **more}
    )
    if not takes_over and _is_taken(said["siret"]):
        raise errors.AlreadyApplied(field="siret")
    row = Application(**said, takes_over=takes_over, referential=referentials.in_force(), begun_at=at or timezone.now())
    row.save(force_insert=True)
    record(verb="application_begun", target=row)
    if not quiet:
        if letters.may_write_to(row.email):
            letters.tell(row, "application_begun")
        request_check(row)
    return row


@transaction.atomic
def edit(*, application: Application, **changes: Any) -> Application:
    """Change what the organisation and its people say of themselves.

    Raises NotEditable, MissingField, NotAName, InvalidSiret and, when the file was sent once already, AlreadyApplied.
    """
    cleaned = _cleaned(changes)
    row = hold(application)
    changed = tuple(name for name, value in cleaned.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, cleaned[name])
    if changed:
        with refusing_twins():
            row.save(update_fields=changed)
    record(verb="application_edited", target=row, fields=changed)  # saved as it stands, it is gone on with all the same
    if "siret" in changed:
        request_check(row)
    return row


@transaction.atomic
def save_site(*, application: Application, site: ApplicationSite | None = None, **description: Any) -> ApplicationSite:
    """Add a place, or change one. The first place says in which territory the application asks for its place.

    Raises NotEditable, TooManySites, SiteTakenOut, UnknownService and InvalidHours.
    """
    row, described = hold(application), checked_description(description)
    if site is None:
        last = row.sites.order_by("-position").first()
        if row.sites.count() >= MOST_SITES:
            raise errors.TooManySites
        site = ApplicationSite(application=row, position=last.position + 1 if last else 0, **described)
        site.save(force_insert=True)
    else:
        site = row.sites.filter(pk=site.pk).first()
        if site is None:
            raise errors.SiteTakenOut
        if any(getattr(site, name) != value for name, value in described.items()):
            site.described_at = timezone.now()
        for name, value in described.items():
            setattr(site, name, value)
        site.save()
    _follow_first_site(row)
    record(verb="application_site_saved", target=row, fields=("sites",))
    return site


@transaction.atomic
def remove_site(*, application: Application, site: ApplicationSite) -> None:
    """Take a place out. Raises NotEditable."""
    row = hold(application)
    row.sites.filter(pk=site.pk).delete()
    _follow_first_site(row)
    record(verb="application_site_removed", target=row, fields=("sites",))


@transaction.atomic
def answer(*, application: Application, answers: Mapping[str, Any]) -> Application:
    """Answer some questions; the other answers stay. What its conditions no longer ask is forgotten.

    Raises NotEditable.
    """
    row = hold(application)
    content = row.referential.content if row.referential else {}
    row.answers = rules.kept(content, {**row.answers, **answers})
    row.save(update_fields=["answers"])
    record(verb="application_answered", target=row, fields=tuple(sorted(answers)))
    return row


@transaction.atomic
def give_account(*, application: Application, holder: str, iban: str, bic: str = "") -> Application:
    """Where to be paid, checked and sealed for this application.

    Of an actor that exists, whoever handles its bank account says so. Raises NotAllowed, NotEditable, InvalidIban and
    InvalidBic.
    """
    if application.kind == Application.Kind.RENEWAL:
        assert application.organisation_id is not None  # application_renewal_is_actors
        check_role(HANDLES_BANK, application.organisation_id)
    row, number, code = hold(application), check_iban(iban), check_bic(bic)
    row.account_holder, row.bic, row.iban_last4 = " ".join(holder.split())[:70], code, number[-4:]
    row.iban_sealed = encrypt_text(number, context=account_context(row)).encode()
    row.save(update_fields=["account_holder", "bic", "iban_last4", "iban_sealed"])
    record(verb="application_account_given", target=row, fields=("account_holder", "iban", "bic"))
    return row


@transaction.atomic
def submit(*, application: Application, agreed: Iterable[str], at: datetime | None = None) -> Application:
    """Send the file: complete, with the charter and the terms of today agreed to (`agreed`: their ids).

    Raises NotEditable, Incomplete, NotAgreed and AlreadyApplied.
    """
    row, now, wanted = hold(application), at or timezone.now(), {str(each) for each in agreed}
    if lacking := [part for part in progress.parts_of(row, on=timezone.localdate(now)) if part.faults]:
        raise errors.Incomplete(f"Il manque : {', '.join(part.title.lower() for part in lacking)}.")
    for text in referentials.texts_in_force():
        if str(text.pk) not in wanted:
            raise errors.NotAgreed(field="agreed")
        if not row.acceptances.filter(text=text).exists():
            name = row.representative_name or row.contact_name
            Acceptance(application=row, text=text, name=name, accepted_at=now).save(force_insert=True)
    return send(row, now)


def send(row: Application, now: datetime) -> Application:
    """Give the ball to the operator. Raises AlreadyApplied."""
    again = row.state == State.CORRECTION
    row.state, row.submitted_at = State.SUBMITTED, now
    with refusing_twins():
        row.save(update_fields=["state", "submitted_at"])
    record(verb="application_submitted", target=row, fields=("state",))
    letters.tell(row, "application_received", again=again)
    letters.tell_operator(row, again=again)
    return row


@transaction.atomic
def appeal(*, application: Application, text: str, at: datetime | None = None) -> Appeal:
    """Ask that a second person examines a refusal: once; the same text sent again gives the same appeal.

    Raises ReasonMissing and NotRefused.
    """
    if not text.strip():
        raise errors.ReasonMissing(field="text")
    row = Application.objects.select_related("commune").filter(pk=application.pk, state=State.REFUSED).first()
    if row is None:
        raise errors.NotRefused
    made = Appeal(application=row, text=text.strip(), refused_by=row.decided_by, lodged_at=at or timezone.now())
    Appeal.objects.bulk_create([made], ignore_conflicts=True)  # two clicks at once: the second waits for the first
    kept = Appeal.objects.get(application=row)
    if kept.pk == made.pk:
        record(verb="appeal_lodged", target=row, fields=("appeal",))
        letters.tell_operator(row, "appeal_lodged")
    elif (kept.text, kept.decided_at) != (made.text, None):
        raise errors.NotRefused
    return kept


@transaction.atomic
def withdraw(*, application: Application) -> None:
    """Give up; the SIRET is free again. Raises NotEditable."""
    row = hold(application)
    row.state = State.WITHDRAWN
    row.save(update_fields=["state"])
    record(verb="application_withdrawn", target=row, fields=("state",))


def hold(application: Application) -> Application:
    """The application, held until the change commits. Raises NotEditable once it is the operator's to look at."""
    held = Application.objects.select_for_update(of=("self",)).select_related("commune", "referential")
    row = held.filter(pk=application.pk, state__in=Application.EDITABLE).first()
    if row is None:
        raise errors.NotEditable
    return row


def account_context(row: Application) -> bytes:
    """What a sealed IBAN is bound to: it opens as this application's only."""
    return b"application:" + row.pk.bytes


@contextmanager
def refusing_twins() -> Iterator[None]:
    """A savepoint in which a second live application of one SIRET is a refusal of the domain."""
    twins = {"one_live_application_per_siret", "one_live_takeover_per_siret"}
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        if getattr(getattr(violation.__cause__, "diag", None), "constraint_name", "") in twins:
            raise errors.AlreadyApplied(field="siret") from violation
        raise


def find_by_address(email: str) -> None:
    """Send the links of the first applications that gave this address, and tell nobody whether there are any.

    A renewal is gone on with from its actor's space: whoever left the actor gets no way back into it.
    """
    if not letters.may_write_to(email):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT qualification_applications_of(%s)", [email.strip().lower()])
        found = [pk for (pk,) in cursor.fetchall()]
    rows: list[Application] = []
    for pk in found:
        with link.opened(pk):
            rows += Application.objects.filter(pk=pk, kind=Application.Kind.FIRST)
    if rows:
        letters.tell_links(rows)


def _cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields without blanks around, the SIRET's digits alone.

    Raises MissingField, NotAName and InvalidSiret.
    """
    if unknown := changes.keys() - EDITABLE:
        raise TypeError(f"an application has no {', '.join(sorted(unknown))}")
    cleaned = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    if missing := next((name for name in NEEDED_FROM_THE_START if cleaned.get(name, "-") == ""), None):
        raise errors.MissingField(field=missing)
    for name in PRINTED:
        if any(sign in cleaned.get(name, "").lower() for sign in ADDRESS_SIGNS):
            raise errors.NotAName(field=name)
    if "siret" in cleaned:
        cleaned["siret"] = check_siret(cleaned["siret"])
    if "email" in cleaned:
        cleaned["email"] = cleaned["email"].lower()
    return cleaned


def _is_taken(siret: str) -> bool:
    """Whether somebody applies with this SIRET already, or is an actor. Applications themselves stay hidden."""
    if Actor.objects.filter(organisation__siret=siret).exclude(state=Actor.State.REMOVED).exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT qualification_siret_is_taken(%s)", [siret])
        return bool(cursor.fetchone()[0])


def _follow_first_site(row: Application) -> None:
    first = row.sites.order_by("position").first()
    if first is not None:  # without any place, the last one known stays: an application that was sent has a territory
        row.site_name, row.commune_id = first.name, first.commune_id
        row.save(update_fields=["site_name", "commune"])
