"""Writing the trail: one INSERT, no lock on any other row, so that the redeem path may call it."""

import uuid

from django.db import connection, models

from aptic.tenancy.principal import current

# Not the ORM: it would ask for the row back (RETURNING), which the acting principal may not be allowed to read.
INSERT = """
INSERT INTO audit_event (person_id, organisation_id, hat, request_id, verb, object_type, object_id, fields)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    *,
    verb: str,
    target: models.Model | None,
    fields: tuple[str, ...] = (),
    organisation_id: uuid.UUID | None = None,
) -> None:
    """Record that the current principal did `verb` to `target`, in the caller's transaction.

    `fields` names what changed, never the values. `organisation_id` is who may read the line: by default the
    acting organisation; another one only for the operator.
    """
    principal = current()
    object_type = target._meta.label_lower if target is not None else ""
    object_id = str(target.pk) if target is not None else ""
    reader = organisation_id or principal.organisation_id
    who = [principal.person_id, reader, principal.hat.value, principal.request_id]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [*who, verb, object_type, object_id, list(fields)])
