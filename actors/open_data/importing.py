"""Taking in a file of places: the network's own sites are put right, the others are known for next time.

A chunk commits with the job's step, so that a crash resumes after it. The same file again changes nothing.
"""

import csv
import hashlib
import itertools
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from actors.directory_models import KnownPlace, PlaceImport, PlaceImportFault
from actors.models import Site
from actors.open_data import reading, schema
from actors.open_data.rules import Entry, Fault, Place, read_row
from actors.permissions import check_decider
from actors.settlement_rules import harmless
from actors.sites import edit_site
from aptic.audit.services import record
from aptic.documents import services as documents
from aptic.documents.models import Document
from aptic.errors import DomainError
from aptic.jobs import services as jobs
from aptic.jobs.running import JobRun
from aptic.tenancy.principal import current
from aptic.territories.models import Commune
from aptic.text import search_key
from aptic.vocabulary.models import Service

IMPORT = "actors.import_places"
CHUNK = 500
KEPT = timedelta(days=90)  # files are working papers
MOST_FAULTS = 8  # of one row: whoever corrects these sees the rest next time
SPREADSHEET = ("erreurs", *schema.COLUMNS)
Counts = dict[str, int]
# Columns that say something of a site of ours, by its field's name.
OURS = {
    "nom": "name", "adresse": "address", "complement_adresse": "address_extra", "courriels": "email",
    "site_web": "website", "horaires": "opening_hours", "presentation_resume": "summary",
    "fiche_acces_libre": "accessibility_url", "prise_rdv": "booking_url",
}  # fmt: skip


@transaction.atomic
def start_import(*, source: str, filename: str, content: bytes | Path, at: datetime | None = None) -> PlaceImport:
    """Keep the file and let a worker take it in. Raises NotAllowed."""
    check_decider()
    now, principal = at or timezone.now(), current()
    assert principal.organisation_id
    kept = documents.store(
        kind="places",
        title=f"Lieux, {source}"[:160],
        filename=filename,
        media_type="application/octet-stream",
        content=content,
        owner_id=principal.organisation_id,
        delete_after=now + KEPT,
    )
    file = PlaceImport.objects.create(
        source=source, filename=filename[:160], document=kept, created_by=principal.person_id, created_at=now
    )
    job = jobs.start(kind=IMPORT, params={"import": str(file.pk)}, title=f"Import de lieux : {source}"[:160])
    PlaceImport.objects.filter(pk=file.pk).update(job_id=job.pk)
    file.job_id = job.pk
    record(verb="places_import_started", target=file)
    return file


def work(run: JobRun) -> None:
    """The job. Raises NotReadable and ColumnsMissing, which its page shows."""
    with run.acting():
        file = PlaceImport.objects.select_related("document").get(pk=run.params["import"])
    with NamedTemporaryFile(suffix=".places") as kept:
        for piece in documents.chunks(file.document):
            kept.write(piece)
        kept.flush()
        path = Path(kept.name)
        total = sum(1 for _ in reading.rows(path))
        done = int(run.state.get("rows", 0))
        ahead = itertools.islice(reading.rows(path), done, None)
        while chunk := list(itertools.islice(ahead, CHUNK)):
            with run.acting():
                take_chunk(file, chunk)
                done += len(chunk)
                run.save_state(rows=done)
                run.step(done, total, "Lecture des lieux")
        with run.acting():
            finish(file, path)


def take_chunk(file: PlaceImport, chunk: list[tuple[int, reading.Row]]) -> None:
    """Read some rows, write what they say and what is wrong with them, and count them, in the running transaction."""
    places, services = _Communes(row for _, row in chunk), _service_ids()
    counts: Counts = dict.fromkeys(("added", "updated", "unchanged", "older", "refused"), 0)
    entries: dict[str, tuple[int, Entry]] = {}
    faults: list[PlaceImportFault] = []

    def refuse(line: int, found: Iterable[Fault]) -> None:
        counts["refused"] += 1
        for fault in list(found)[:MOST_FAULTS]:
            faults.append(PlaceImportFault(file=file, line=line, column=fault.column, message=fault.message[:240]))

    for line, row in chunk:
        entry, found = read_row(row, places=places, services=services)
        if entry is None:
            refuse(line, found)
        elif entry.source_id in entries:
            refuse(line, [_twice(entries[entry.source_id][0])])
        else:
            entries[entry.source_id] = (line, entry)
    own = _own_sites(entries)
    standard = _standard_ids() if own else {}
    for key, site in own.items():
        line, entry = entries.pop(key)
        try:
            counts[_update_site(site, entry, standard)] += 1
        except DomainError as error:
            refuse(line, [Fault("id", f"{error.text} {error.next_step}".strip())])
    for line in _keep(file, entries, counts):
        refuse(line, [_twice(0)])
    # An entry that must be corrected is still said by its source: what was known of it stays, and is not gone.
    wrong = {fault.line for fault in faults}
    said = [row["id"].strip() for line, row in chunk if line in wrong and row.get("id")]
    KnownPlace.objects.filter(source=file.source, source_id__in=said).update(last_file=file)
    PlaceImportFault.objects.bulk_create(faults)
    PlaceImport.objects.filter(pk=file.pk).update(
        rows=F("rows") + len(chunk), **{name: F(name) + count for name, count in counts.items()}
    )


def finish(file: PlaceImport, path: Path) -> None:
    """Write the annotated file when something is to be corrected, and date the end."""
    annotated: Document | None = None
    if PlaceImportFault.objects.filter(file=file).exists():
        with NamedTemporaryFile("w", encoding="utf-8-sig", newline="", suffix=".csv") as text:
            _annotate(file, path, text)
            text.flush()
            owner = file.document.owner_id
            annotated = documents.store(
                kind="places",
                title=f"Lieux à corriger, {file.source}"[:160],
                filename=f"a-corriger-{file.filename.rsplit('.', 1)[0]}.csv",
                media_type="text/csv",
                content=Path(text.name),
                owner_id=owner,
                delete_after=timezone.now() + KEPT,
            )
    PlaceImport.objects.filter(pk=file.pk).update(annotated=annotated, finished_at=timezone.now())
    record(verb="places_import_finished", target=file)


def _annotate(file: PlaceImport, path: Path, text: Any) -> None:
    """Every row as it came, with what is wrong first: corrected, the whole file may be sent again."""
    wrong = PlaceImportFault.objects.filter(file=file).order_by("line", "id").values_list("line", "column", "message")
    faults = itertools.groupby(wrong.iterator(chunk_size=CHUNK), key=lambda fault: fault[0])
    line_at_fault, found = next(faults, (None, iter(())))
    writer = csv.writer(text, delimiter=";")
    writer.writerow(SPREADSHEET)
    for line, row in reading.rows(path):
        words = ""
        if line == line_at_fault:
            words = " ".join(f"{column} : {message}" for _, column, message in found)
            line_at_fault, found = next(faults, (None, iter(())))
        cells = (row.get(name, "") for name in schema.COLUMNS)
        safe = (
            cell if name in schema.NUMBERS else harmless(cell) for name, cell in zip(schema.COLUMNS, cells, strict=True)
        )
        writer.writerow([words, *safe])


def _twice(line: int) -> Fault:
    where = f"à la ligne {line}" if line else "plus haut"
    return Fault("id", f"Cet identifiant est déjà {where} : chaque lieu a le sien.")


def _own_sites(entries: dict[str, tuple[int, Entry]]) -> dict[str, Site]:
    """The network's own sites that the entries name: an entry of ours bears the site's own id."""
    keys = {}
    for text in entries:
        try:
            keys[uuid.UUID(text)] = text
        except ValueError:
            continue
    found = Site.objects.filter(pk__in=list(keys)).select_related("commune", "actor")
    return {keys[site.pk]: site for site in found}


def _update_site(site: Site, entry: Entry, standard: dict[int, int]) -> str:
    """Put a site right by what the entry says, unless the site has said better since; returns what was done."""
    changes: dict[str, Any] = {}
    for column, name in OURS.items():
        value = entry.said.get(column, "")
        if value and value != getattr(site, name):
            changes[name] = value
    phone = entry.said.get("telephone", "")
    if phone and phone != schema.international(site.phone, site.commune.departement_id):
        changes["phone"] = schema.national(phone)
    for name, values in entry.lists.items():
        if values and set(values) != set(getattr(site, name)):
            changes[name] = values
    if entry.services and set(entry.services) != {standard[key] for key in site.services}:
        # The standard knows no local parcours: those of a service that is still said stay.
        changes["services"] = [*entry.services, *_parcours_under(entry.services, site.services)]
    if entry.latitude is not None and (entry.latitude, entry.longitude) != (site.latitude, site.longitude):
        changes |= {"latitude": entry.latitude, "longitude": entry.longitude}
    if entry.commune.code != site.commune_id:
        raise DomainError("Ce lieu du réseau a changé de commune : passez par sa page.")
    if not changes:
        return "unchanged"
    if entry.said_on < timezone.localdate(site.described_at):
        return "older"
    edit_site(site=site, **changes)
    return "updated"


def _keep(file: PlaceImport, entries: dict[str, tuple[int, Entry]], counts: Counts) -> Iterator[int]:
    """Write the entries of places outside of the network; yields the lines whose id this file already gave."""
    seen = KnownPlace.objects.filter(source=file.source, source_id__in=list(entries))
    known = {one.source_id: one for one in seen.only("source_id", "digest", "last_file_id")}
    fresh, same = [], []
    for key, (line, entry) in entries.items():
        place, digest = known.get(key), _digest(entry)
        if place and place.last_file_id == file.pk:
            yield line
        elif place and place.digest == digest:
            same.append(place.pk)
        else:
            fresh.append(_place(file, entry, digest))
            counts["updated" if place else "added"] += 1
    counts["unchanged"] += len(same)
    KnownPlace.objects.filter(pk__in=same).update(last_file=file)
    written = [one.name for one in KnownPlace._meta.fields if one.name not in ("id", "source", "source_id")]
    KnownPlace.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["source", "source_id"], update_fields=written
    )


def _place(file: PlaceImport, entry: Entry, digest: str) -> KnownPlace:
    said = entry.said
    return KnownPlace(
        source=file.source,
        source_id=entry.source_id,
        pivot=entry.pivot,
        name=said["nom"],
        search_key=search_key(said["nom"])[:200],
        commune_id=entry.commune.code,
        departement_id=entry.commune.departement,
        address=said["adresse"],
        latitude=entry.latitude,
        longitude=entry.longitude,
        phone=schema.national(said.get("telephone", "")),
        email=said.get("courriels", "")[:254],
        opening_hours=said.get("horaires", ""),
        services=entry.services,
        said_on=entry.said_on,
        digest=digest,
        last_file=file,
    )


def _digest(entry: Entry) -> str:
    text = repr((entry.commune.code, sorted(entry.said.items())))
    return hashlib.sha256(text.encode()).hexdigest()


class _Communes:
    """The communes that some rows may name, in two queries."""

    def __init__(self, rows: Iterable[reading.Row]) -> None:
        wanted = list(rows)
        codes = {row.get("code_insee", "").strip() for row in wanted}
        postcodes = {row.get("code_postal", "").strip() for row in wanted}
        fields = ("code", "departement_id", "search_key", "postcodes")
        by_code = Commune.objects.filter(pk__in=codes).order_by("pk").values_list(*fields)
        # By the terms of search, where a postcode is an index entry: comparing arrays of hundreds reads every commune.
        reached = Commune.objects.filter(terms__term__in=sorted(postcodes))
        by_postcode = reached.order_by("pk").distinct().values_list(*fields)
        self._by_code = {code: Place(code, departement) for code, departement, *_ in by_code}
        self._by_postcode: dict[str, dict[str, Place]] = {}
        for code, departement, key, served in by_postcode:
            for postcode in served:
                self._by_postcode.setdefault(postcode, {})[key] = Place(code, departement)

    def find(self, *, insee: str, postcode: str, name: str) -> Place | None:
        """By its code; else by its name among those of the postcode; else the only one of the postcode."""
        served = self._by_postcode.get(postcode, {})
        only = next(iter(served.values())) if len(served) == 1 else None
        return self._by_code.get(insee) or served.get(name) or only


def _service_ids() -> dict[str, int]:
    """The standard's id behind every name that the vocabulary has."""
    rows = Service.objects.exclude(kind=Service.Kind.PARCOURS).order_by("pk").values_list("name", "pk", "parent_id")
    return {search_key(name): parent or pk for name, pk, parent in rows}


def _parcours_under(standard: Iterable[int], offered: Iterable[int]) -> Iterable[int]:
    """Of what a site offers, the local parcours that these services of the standard contain."""
    local = Service.objects.active().filter(kind=Service.Kind.PARCOURS, parent__in=standard, pk__in=offered)
    return local.values_list("pk", flat=True)


def _standard_ids() -> dict[int, int]:
    """The standard's service of each one that a site may offer."""
    return {pk: parent or pk for pk, parent in Service.objects.order_by("pk").values_list("pk", "parent_id")}
