"""Seals: every minute the rows that can no longer change get a fingerprint chained to the one before (§4.11).

A row belongs to the seal whose range holds the number of its transaction: `low <= xid < high`, where `high` is the
oldest transaction still running. Ids are handed out in another order than transactions end, so they cannot cut.
Ranges of one table follow each other without a gap: a row forged into the past falls into a sealed range and shows.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.db import connection, transaction

from aptic.audit.models import Head, Seal, Verification
from aptic.audit.rules import GENESIS, chain
from aptic.locks import Lock, try_lock
from aptic.xid import horizon

SLICE = 200  # seals verified at a time: minutes of rows, seconds of work


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table under seal and the SQL of its columns in canonical text; instants are microseconds since 1970."""

    name: str
    columns: tuple[str, ...]

    def row_sql(self) -> str:
        """One row as a JSON array: unambiguous about nulls, commas and quotes."""
        return f"jsonb_build_array({', '.join(self.columns)})::text"


def _instant(column: str) -> str:
    return f"(extract(epoch from {column}) * 1000000)::bigint"


# The ledger's table is named, not imported: this room knows no other, and the seal needs no model.
SEALED = (
    SealedTable(
        "audit_event",
        (
            "id", "xid", _instant("at"), "person_id", "organisation_id", "hat", "request_id",
            "verb", "object_type", "object_id", "to_jsonb(fields)",
        ),
    ),
    SealedTable(
        "ledger_transfer",
        (
            "id", "xid", "purse_id", "debit_id", "credit_id", "amount_cents", "kind", "event", "reverses_id",
            _instant("accounted_at"), _instant("recorded_at"), "funder_id", "actor_id",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """What a range of one table holds."""

    first: int
    last: int
    count: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """The first seal that no longer agrees with what it sealed, or a table in which a row escapes every seal (None)."""

    seal_id: int | None
    table: str
    reason: str


def seal() -> list[Seal]:
    """Seal what ended since the last time; nothing when another process is sealing. Runs inside `as_system()`."""
    with transaction.atomic():
        if not try_lock(Lock.SEAL):
            return []
        high = horizon()
        return [made for table in _tables() if (made := _seal_table(table, high))]


def check(*, meanwhile: Callable[[], object] | None = None) -> Verification:
    """Verify and keep the result, for whoever answers for the trail. Runs inside `as_system()`; see `verify`."""
    found = verify(meanwhile=meanwhile)
    made = Verification(seals=Seal.objects.count())
    if found:
        made.seal_id, made.table, made.reason = found.seal_id, found.table, found.reason
    made.save(force_insert=True)
    return made


def verify(*, meanwhile: Callable[[], object] | None = None) -> Difference | None:
    """Recompute every seal from the rows, oldest first; the first difference, or None when all agree.

    Slice by slice, each in a transaction of its own: `meanwhile`, called between them, does what cannot wait.
    """
    tables = {table.name: table for table in _tables()}
    previous, reached, last = GENESIS, dict.fromkeys(tables, 0), 0
    while some := list(Seal.objects.filter(pk__gt=last).order_by("id")[:SLICE]):
        with _patience():
            for made in some:
                if reason := _compare(made, tables[made.table], previous, reached[made.table]):
                    return Difference(made.pk, made.table, reason)
                previous, reached[made.table], last = bytes(made.hash), made.high, made.pk
        if meanwhile:
            meanwhile()
    with _patience():
        return _compare_heads() or _find_beyond(tables)


@contextmanager
def _patience() -> Iterator[None]:
    """A nightly job reads everything there is: the seal of a whole installation put back is long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '30min'")
        yield


def publish_head(day: date) -> Head | None:
    """Publish the last seal as the head of `day`; None when it was published already or nothing is sealed yet."""
    with transaction.atomic():
        last = Seal.objects.order_by("-id").first()
        if not try_lock(Lock.PUBLISH_HEAD) or last is None or Head.objects.filter(day=day).exists():
            return None
        return Head.objects.create(day=day, seal_id=last.pk, hash=bytes(last.hash))


def _tables() -> list[SealedTable]:
    """Those that this installation has."""
    existing = {model._meta.db_table for model in apps.get_models()}
    return [table for table in SEALED if table.name in existing]


def _seal_table(table: SealedTable, high: int) -> Seal | None:
    before = Seal.objects.filter(table=table.name).order_by("-high").first()
    low = before.high if before else 0
    rows = _read(table, low, high) if low < high else None
    if rows is None:
        return None
    last = Seal.objects.order_by("-id").first()
    made = Seal(table=table.name, low=low, high=high, first=rows.first, last=rows.last, count=rows.count)
    made.rows_hash, made.previous = rows.hash, bytes(last.hash) if last else GENESIS
    made.hash = _chain(made)
    made.save(force_insert=True)
    return made


def _read(table: SealedTable, low: int, high: int) -> Rows | None:
    """Fingerprint of a range, computed by PostgreSQL: the hash of the rows' hashes, in a fixed order."""
    sql = f"""
        SELECT min(id), max(id), count(*),
               sha256(string_agg(sha256(convert_to({table.row_sql()}, 'UTF8')), ''::bytea ORDER BY xid, id))
          FROM {table.name} WHERE xid >= %s AND xid < %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [low, high])
        first, last, count, digest = cursor.fetchone()
    return Rows(first, last, count, bytes(digest)) if count else None


def _chain(made: Seal) -> bytes:
    return chain(
        previous=bytes(made.previous),
        table=made.table,
        low=made.low,
        high=made.high,
        first=made.first,
        last=made.last,
        count=made.count,
        rows_hash=bytes(made.rows_hash),
    )


def _compare(made: Seal, table: SealedTable, previous: bytes, reached: int) -> str:
    """Why a seal differs, in words for a person; empty when it holds."""
    if bytes(made.previous) != previous:
        return "un scellé manque ou a été ajouté avant celui-ci"
    if _chain(made) != bytes(made.hash):
        return "le scellé lui-même a été modifié"
    rows = _read(table, reached, made.high)
    if rows is None or rows.count != made.count:
        return f"{made.count} lignes scellées, {rows.count if rows else 0} trouvées"
    if rows != Rows(made.first, made.last, made.count, bytes(made.rows_hash)):
        return "une ligne scellée a été modifiée"
    return ""


def _find_beyond(tables: Iterable[str]) -> Difference | None:
    """A row under a number that no transaction has had yet: no seal would ever hold it."""
    for name in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT min(id) FROM {name} WHERE xid >= aptic_coming_xid()")
            if (row := cursor.fetchone()[0]) is not None:
                return Difference(None, name, f"la ligne {row} porte un numéro qu’aucune transaction n’a encore eu")
    return None


def _compare_heads() -> Difference | None:
    for head in Head.objects.order_by("day"):
        made = Seal.objects.filter(pk=head.seal_id).first()
        if made is None or bytes(made.hash) != bytes(head.hash):
            return Difference(head.seal_id, "audit_seal", f"l’empreinte publiée le {head.day} ne correspond plus")
    return None
