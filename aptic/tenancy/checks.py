"""What must be true of the database before anything is served: harmless roles, a whole restore, the keys it knows.

Row-level security protects nobody from a superuser, from a role that bypasses it, or from the owner of a table.
"""

import sys
import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Critical, Tags, register
from django.db import OperationalError, connections
from django.db.utils import DatabaseError

from aptic.keys import BadRing, fingerprint, public_ring, read_ring

ROLE = """
SELECT current_user,
       r.rolsuper, r.rolbypassrls, r.rolcreaterole,
       EXISTS (SELECT FROM pg_roles p
               WHERE p.oid <> r.oid AND (p.rolsuper OR p.rolbypassrls OR p.rolcreaterole)
                 AND pg_has_role(r.oid, p.oid, 'MEMBER')),
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relowner = r.oid AND c.relpersistence = 'p'
                 AND n.nspname NOT IN ('pg_catalog', 'information_schema')),
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relowner <> r.oid AND c.relkind IN ('r', 'p')
                 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                 AND pg_has_role(r.oid, c.relowner, 'MEMBER')),
       pg_has_role(r.oid, d.datdba, 'MEMBER'),
       EXISTS (SELECT FROM pg_policy p CROSS JOIN unnest(p.polroles) AS named(oid)
               WHERE p.polpermissive AND named.oid <> 0 AND pg_has_role(r.oid, named.oid, 'MEMBER'))
FROM pg_roles r, pg_database d
WHERE r.rolname = current_user AND d.datname = current_database()
"""
FAULTS = (
    "est superutilisateur",
    "contourne la sécurité par lignes (BYPASSRLS)",
    "peut créer des rôles (CREATEROLE)",
    "peut devenir un rôle d’administration",
    "possède une table",
    "peut devenir le propriétaire d’une table",
    "peut devenir le propriétaire de la base",
    "a les droits du rôle système",
)
MEANT_FOR_SYSTEM = 1  # how many of the last faults are the system role's very purpose
# An append-only table, known by the trigger that refuses TRUNCATE, in which the serving role may change a row: a backup
# was restored where the default grants stood already, and each table got them beside its own.
GAINED = """
SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
 WHERE f.proname = 'aptic_refuse_change' AND t.tgtype & 32 > 0
   AND (has_table_privilege(t.tgrelid, 'DELETE, TRUNCATE') OR has_any_column_privilege(t.tgrelid, 'UPDATE'))
 ORDER BY 1 LIMIT 1
"""
RUN_BACK = "aptic_numbers_run_back()"  # absent before the migration that makes it


def role_faults(alias: str = "default") -> list[str]:
    """Why the role of connection `alias` must not serve, in French sentences; empty when it may.

    Raises OperationalError when the database does not answer.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(ROLE)
        name, *found = cursor.fetchone()
    if alias == "system":
        found = found[:-MEANT_FOR_SYSTEM]
    variable = {"default": "DATABASE_URL", "system": "DATABASE_SYSTEM_URL"}[alias]
    return [
        f"le rôle « {name} » de {variable} {fault} : la sécurité par lignes ne le retiendrait pas. "
        f"Utilisez aptic_app pour servir et aptic_system pour les tâches planifiées."
        for fault, present in zip(FAULTS, found, strict=False)
        if present
    ]


def restore_faults(alias: str = "default") -> list[str]:
    """Why a restored database must not serve yet, in French sentences; empty when it may, or was never restored."""
    faults = []
    with connections[alias].cursor() as cursor:
        cursor.execute(GAINED)
        if gained := cursor.fetchone():
            faults.append(
                f"la table {gained[0]} ne fait que croître, et le rôle qui sert peut y modifier des lignes : "
                "une sauvegarde se restaure dans une base neuve et sans droits "
                "(manage.py prepare_database --for-restore)."
            )
        cursor.execute(f"SELECT to_regprocedure('{RUN_BACK}') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(f"SELECT {RUN_BACK}")
            if cursor.fetchone()[0]:
                faults.append(
                    "cette base vient d’une sauvegarde, et ses numéros de transaction dépassent ceux de ce serveur : "
                    "les soldes oublieraient les nouvelles écritures. "
                    "Terminez la restauration par manage.py finish_restore."
                )
    return faults


def ring_faults() -> list[str]:
    """Why the keys at hand are not safe, or do not fit one another, whatever the database; empty when they do."""
    if settings.UNSAFE_KEY in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        return [
            "APTIC_SECRET_KEY n’est pas donnée, ou est celle que tout le monde peut lire dans le code : "
            "quiconque forgerait des liens et des sessions. Donnez-lui une longue valeur tirée au hasard."
        ]
    try:
        read_ring(settings.CODE_KEYS)
        read_ring(settings.DATA_KEYS)
        public_ring(settings.SIGNING_PUBLIC_KEYS, settings.SIGNING_KEYS)
    except BadRing as error:
        return [str(error)]
    return []


def key_faults(alias: str = "default") -> list[str]:
    """The same, and why they do not fit this database; empty when they do, or when it knows none yet."""
    if faults := ring_faults():
        return faults
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT code_key_check FROM tenancy_installation WHERE id = 1")
        row = cursor.fetchone()
    if not row or not row[0] or row[0] == fingerprint(read_ring(settings.CODE_KEYS)):
        return []
    return [
        "les clés des pass ne sont pas celles de cette base : remettez le fichier keys.env d’origine "
        "(ou la variable APTIC_CODE_KEYS) ; avec d’autres clés, aucun pass imprimé ne serait reconnu."
    ]


@register(Tags.database)
def check_serving_role(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Django's form of the same, run by `manage.py check --database default`."""
    return [
        Critical(fault, id="aptic.E001")
        for alias in (databases or ())
        if alias in ("default", "system")
        for fault in role_faults(alias)
    ]


def refuse_unsafe_serving(*aliases: str, patience: float = 30) -> None:
    """Called by every process that serves: end it, with one sentence, when one of its roles or its keys are not safe.

    `aliases` are its connections besides the serving one. A database that is away is waited for during `patience`
    seconds.
    """
    used = ("default", *aliases)
    _end_with(ring_faults())  # they are at hand, whatever the database does
    deadline = time.monotonic() + patience
    while True:
        try:
            faults = [*(fault for alias in used for fault in role_faults(alias)), *restore_faults(), *key_faults()]
            break
        except (OperationalError, DatabaseError) as error:
            if time.monotonic() > deadline:
                faults = [f"la base de données ne répond pas : {str(error).strip().splitlines()[0]}"]
                break
            _close(used)
            time.sleep(1)
    _close(used)
    _end_with(faults)


def _end_with(faults: list[str]) -> None:
    if faults:
        sys.exit(f"Aptic refuse de servir : {faults[0]}")


def _close(aliases: Iterable[str]) -> None:
    for alias in aliases:
        connections[alias].close()
