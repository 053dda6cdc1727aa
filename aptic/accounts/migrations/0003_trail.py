"""Joining and pairing leave a line in the trail, written where the organisation is known: in the functions that see it."""

from importlib import import_module

from django.db import migrations

secrets = import_module("aptic.accounts.migrations.0002_secrets")

TRAIL = """INSERT INTO audit_event (person_id, organisation_id, hat, request_id, verb, object_type, object_id, fields)
  VALUES (nullif(current_setting('aptic.person', true), '')::uuid, {organisation}, 'public',
          nullif(current_setting('aptic.request', true), '')::uuid, '{verb}', '{kind}', {key}::text, '{{}}');
"""
JOINED = TRAIL.format(organisation="accepted.organisation_id", verb="invitation_accepted", kind="accounts.membership", key="joined")
PAIRED = TRAIL.format(organisation="owner", verb="device_paired", kind="accounts.device", key="paired")

ACCEPT = secrets.ACCEPT_INVITATION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(
    "  RETURN joined;", f"  {JOINED}  RETURN joined;"
)
CLAIM = (
    secrets.CLAIM_PAIRING.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace("paired uuid;", "paired uuid; owner uuid;")
    .replace("RETURNING id INTO paired;", f"RETURNING id, organisation_id INTO paired, owner;\n  IF NOT FOUND THEN RETURN NULL; END IF;\n  {PAIRED}")
)


class Migration(migrations.Migration):
    """The same two functions, and their line."""

    dependencies = [("accounts", "0002_secrets"), ("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(ACCEPT, secrets.ACCEPT_INVITATION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
        migrations.RunSQL(CLAIM, secrets.CLAIM_PAIRING.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
    ]
