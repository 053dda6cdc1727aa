"""Put the committed files into the tables: all or nothing, in seconds, and safe to run again."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, models, transaction

from aptic.territories import files, rules
from aptic.territories.errors import UnknownTerritory
from aptic.territories.models import Commune, Departement, Epci, Region, SearchTerm

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows of each table the files held."""

    regions: int
    departements: int
    epci: int
    communes: int
    terms: int


def is_current(using: str = "default") -> bool:
    """True when the whole of the committed vintage is in the tables; costs one query."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [Commune._meta.db_table])
        return cursor.fetchone()[0] == _mark()


def load(using: str = "owner", departements: Collection[str] | None = None) -> Loaded:
    """Upsert regions, départements and EPCI whole, and the communes of `departements` (all by default).

    A commune that left the official list keeps its row and loses its search terms. Only the owner may call this.
    Raises UnknownTerritory for a département that is not in the files, DataFileBroken if a file is not itself.
    """
    known = [row["code"] for row in files.read("departements")]
    for code in departements or ():
        if code not in known:
            raise UnknownTerritory(territory=rules.key("departement", code))
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        # Readers go on; a second loader waits.
        cursor.execute(f"LOCK TABLE {_table(Commune)} IN SHARE ROW EXCLUSIVE MODE")
        counts = {
            "regions": _upsert(cursor, Region, ((row["code"], row["name"]) for row in files.read("regions"))),
            "departements": _upsert(
                cursor, Departement, ((row["code"], row["name"], row["region"]) for row in files.read("departements"))
            ),
            "epci": _upsert(cursor, Epci, _epci_rows()),
            "communes": _upsert(cursor, Commune, _commune_rows(departements)),
            "terms": _replace_terms(cursor, _term_rows(departements), whole=departements is None),
        }
        if departements is None:
            cursor.execute(f"COMMENT ON TABLE {_table(Commune)} IS '{_mark()}'")
        for model in (Commune, SearchTerm):
            cursor.execute(f"ANALYZE {_table(model)}")
    return Loaded(**counts)


def _mark() -> str:
    """Which files a complete load came from; kept as the table's comment, so it commits with the rows."""
    manifest = files.manifest()
    return f"vintage {manifest['vintage']}, SHA-256 {manifest['tables']['communes']['sha256']}"


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def _copy(cursor: Any, table: str, columns: Iterable[str], rows: Iterable[Row]) -> int:
    """Copy rows into a table; returns how many."""
    count = 0
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _upsert(cursor: Any, model: type[models.Model], rows: Iterable[Row]) -> int:
    """Insert new rows and change only those that differ; each row holds the model's columns in order."""
    table, columns = _table(model), _columns(model)
    key, *others = columns
    cursor.execute(f"CREATE TEMPORARY TABLE incoming_{table} (LIKE {table}) ON COMMIT DROP")
    count = _copy(cursor, f"incoming_{table}", columns, rows)
    cursor.execute(
        f"""
        INSERT INTO {table} AS held ({", ".join(columns)})
        SELECT {", ".join(columns)} FROM incoming_{table}
        ON CONFLICT ({key}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in others)}
        WHERE ({", ".join(f"held.{name}" for name in others)})
          IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in others)})
        """
    )
    return count


def _replace_terms(cursor: Any, rows: Iterable[Row], *, whole: bool) -> int:
    """Make the terms of the loaded communes those of the files; of every commune when the load is whole."""
    table, incoming = _table(SearchTerm), "incoming_terms"
    cursor.execute(f"CREATE TEMPORARY TABLE {incoming} (commune_id varchar, term varchar) ON COMMIT DROP")
    count = _copy(cursor, incoming, ("commune_id", "term"), rows)
    scope = "true" if whole else f"held.commune_id IN (SELECT code FROM incoming_{_table(Commune)})"
    cursor.execute(
        f"""
        DELETE FROM {table} held
        WHERE {scope}
          AND NOT EXISTS (SELECT FROM {incoming} new WHERE new.commune_id = held.commune_id AND new.term = held.term)
        """
    )
    cursor.execute(
        f"""
        INSERT INTO {table} (commune_id, term)
        SELECT commune_id, term FROM {incoming} new
        WHERE NOT EXISTS (SELECT FROM {table} held WHERE held.commune_id = new.commune_id AND held.term = new.term)
        """
    )
    return count


def _epci_rows() -> Iterator[Row]:
    for row in files.read("epci"):
        epci = Epci(siren=row["siren"], name=row["name"], kind=row["kind"], population=int(row["population"]))
        yield epci.siren, epci.name, rules.name_key(str(epci)), epci.kind, epci.population


def _communes(departements: Collection[str] | None) -> Iterator[dict[str, str]]:
    for row in files.read("communes"):
        if departements is None or row["departement"] in departements:
            yield row


def _commune_rows(departements: Collection[str] | None) -> Iterator[Row]:
    regions = {row["code"]: row["region"] for row in files.read("departements")}
    for row in _communes(departements):
        yield (
            row["code"],
            row["name"],
            rules.name_key(row["name"]),
            row["departement"],
            row["epci"] or None,
            regions[row["departement"]],
            int(row["population"]),
            float(row["latitude"]) if row["latitude"] else None,
            float(row["longitude"]) if row["longitude"] else None,
            row["postcodes"].split(),
        )


def _term_rows(departements: Collection[str] | None) -> Iterator[Row]:
    for row in _communes(departements):
        names = [row["name"], *filter(None, row["former_names"].split("|"))]
        terms = {term for name in names for term in rules.search_terms(name)}
        for term in sorted(terms.union(row["postcodes"].split())):
            yield row["code"], term
