"""The open sites of the network in the national schema, piece by piece: whatever their number, memory stays flat."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from django.conf import settings
from django.utils import timezone

from actors.models import Site
from actors.open_data import schema
from actors.settlement_rules import harmless
from aptic.tenancy.principal import Principal, acting
from aptic.vocabulary.models import Service

CHUNK = 500
Row = dict[str, str]


def rows() -> Iterator[Row]:
    """One row a site where a pass may be used today, by id. Opens its own transactions: for streamed answers."""
    words = _service_words()
    last = None
    while True:
        with acting(Principal()):
            found = Site.objects.open_to_public().select_related("commune", "actor").order_by("pk")
            sites = list((found.filter(pk__gt=last) if last else found)[:CHUNK])
        yield from (row_of(site, words) for site in sites)
        if len(sites) < CHUNK:
            return
        last = sites[-1].pk


def row_of(site: Site, words: dict[int, str]) -> Row:
    """A site under the schema's columns; `words`: the standard's name of each service."""
    commune = site.commune
    row = dict.fromkeys(schema.COLUMNS, "") | {
        "id": str(site.pk),
        "pivot": site.actor.siret or schema.NO_PIVOT,
        "nom": site.name,
        "commune": commune.name,
        "code_postal": commune.postcode or commune.pk,
        "code_insee": commune.pk,
        "adresse": site.address,
        "complement_adresse": site.address_extra,
        "latitude": "" if site.latitude is None else repr(site.latitude),
        "longitude": "" if site.longitude is None else repr(site.longitude),
        "typologie": schema.TYPOLOGIES.get(site.host_kind, ""),  # type: ignore[call-overload]
        "telephone": schema.international(site.phone, commune.departement_id),
        "courriels": site.email,
        "site_web": site.website,
        "horaires": site.opening_hours,
        "presentation_resume": site.summary,
        "presentation_detail": site.hours,
        "source": settings.SCHEME_NAME or "Aptic",
        "structure_parente": site.actor.name,
        "date_maj": timezone.localdate(site.described_at).isoformat(),
        "services": _joined(dict.fromkeys(words[key] for key in site.services if key in words)),
        "autres_formations_labels": _joined(schema.LABELS),
        "fiche_acces_libre": site.accessibility_url,
        "prise_rdv": site.booking_url,
    }
    if site.host_kind == schema.said.Host.FRANCE_SERVICES:
        row["dispositif_programmes_nationaux"] = schema.FRANCE_SERVICES
    for column, (name, choices) in schema.LISTS.items():
        row[column] = _joined(choices(value).label for value in getattr(site, name))
    return row


def as_csv() -> Iterator[str]:
    """UTF-8, commas, one line a site; a cell that a spreadsheet would take for a formula is made harmless."""
    yield _line(schema.COLUMNS)
    for row in rows():
        yield _line(row[name] if name in schema.NUMBERS else harmless(row[name]) for name in schema.COLUMNS)


def as_json() -> Iterator[str]:
    """An array of objects of texts, without the columns that a site leaves empty."""
    yield from _array("[", (json.dumps(_said(row), ensure_ascii=False) for row in rows()), "]\n")


def as_geojson() -> Iterator[str]:
    """A collection of points; a site without one has a null geometry (RFC 7946)."""
    features = (json.dumps(_feature(row), ensure_ascii=False) for row in rows())
    yield from _array('{"type":"FeatureCollection","features":[', features, "]}\n")


def _feature(row: Row) -> dict[str, Any]:
    point = [float(row["longitude"]), float(row["latitude"])] if row["latitude"] else None
    geometry = {"type": "Point", "coordinates": point} if point else None
    return {"type": "Feature", "id": row["id"], "geometry": geometry, "properties": _said(row)}


def _said(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}


def _array(start: str, items: Iterator[str], end: str) -> Iterator[str]:
    yield start
    for rank, item in enumerate(items):
        yield f",\n{item}" if rank else f"\n{item}"
    yield f"\n{end}"


def _line(cells: Any) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _joined(words: Any) -> str:
    return schema.SEPARATOR.join(words)


def _service_words() -> dict[int, str]:
    """The standard's name of each service; a finer one says that of the service above it."""
    with acting(Principal()):
        found = Service.objects.select_related("parent").order_by("pk")
        return {one.pk: (one.parent or one).name for one in found}
