"""What a paired device keeps so that it can go on without a network: keys, ceiling, services, terms, blocks, a number.

Nothing in it is secret to the site that redeems these passes anyway: public keys, terms, and serials without their tag;
whom to call is printed on the booklets, and sites are in the directory.
"""

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection

from actors.models import Site
from aptic import french
from aptic.vocabulary.models import Service
from passes import codes
from passes.balance import address_of
from passes.guidance import Contact, operator_contact
from passes.offline import ceiling


def knowledge(site: Site, token_digest: bytes, *, at: datetime) -> dict[str, Any]:
    """Everything that the live device holding the token may know at its own `site`; dates as ISO 8601."""
    bounds = ceiling()
    may_redeem, batches, blocked = _terms(token_digest, at)
    calls, places = _whom_to_call(batches), _near(batches)
    return {
        "ceiling": {"cents": bounds.amount_cents, "passes": bounds.passes, "hours": bounds.hours},
        "keys": public_keys(),
        "services": _services(site),
        "may_redeem": may_redeem,
        "call": _said(who) if (who := operator_contact()) else None,
        "calls": calls,
        "places": places,
        "batches": batches,
        "blocked": blocked,
    }


def public_keys() -> dict[str, str]:
    """What checks the signature on a printed pass: key id → 32 bytes in base64url without padding."""
    return {
        str(key_id): base64.urlsafe_b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode().rstrip("=")
        for key_id, key in codes.public_keys().items()
    }


def _terms(token_digest: bytes, at: datetime) -> tuple[bool, list[dict[str, Any]], list[int]]:
    """(whether the site may redeem, terms of the batches alive, serials blocked or replaced), in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT may_redeem, batches, blocked FROM passes_knowledge(%s, %s)", [token_digest, at])
        may_redeem, batches, blocked = cursor.fetchone()
    return may_redeem, json.loads(batches) if isinstance(batches, str) else batches, blocked


def _whom_to_call(batches: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Whom the booklets say to call, each once; a batch of theirs says which by its place here."""
    calls: list[dict[str, str]] = []
    for batch in batches:
        name, number = batch.pop("funder"), batch.pop("phone")
        if number:
            call = _said(Contact(name, number))
            batch["call"] = calls.index(call) if call in calls else len(calls)
            calls += [call] if batch["call"] == len(calls) else []
    return calls


def _near(batches: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The sites that take what this one does not, each once; a batch says which by their places here."""
    named = sorted({pk for batch in batches for pk in batch["near"]})
    rows = Site.objects.filter(pk__in=named).order_by("pk").select_related("commune") if named else ()
    found = {str(site.pk): at for at, site in enumerate(rows)}
    for batch in batches:
        near = [found[pk] for pk in batch.pop("near") if pk in found]
        if near:
            batch["near"] = near
    return [{**_said(Contact(site.name, site.phone)), "where": address_of(site)} for site in rows]


def _said(who: Contact) -> dict[str, str]:
    """Whom to call, as a page without a network shows it."""
    return {"name": who.name, "phone": french.phone(who.phone), "address": french.phone_link(who.phone)}


def _services(site: Site) -> list[dict[str, Any]]:
    """The services of the vocabulary, those that the site says it offers first."""
    rows = Service.objects.filter(active=True).order_by("position").values("id", "slug", "name")
    return sorted(({**row, "here": row["id"] in site.services} for row in rows), key=lambda row: not row["here"])
