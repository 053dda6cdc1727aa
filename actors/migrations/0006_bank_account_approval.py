"""An actor proposes bank accounts and withdraws them; only the operator approves one, and nobody deletes one.

An account changed after its approval is told by the digest of the settlement that pays it.
"""

from django.db import migrations

GUARD = """
REVOKE DELETE ON actors_bankaccount FROM aptic_app, aptic_system;
CREATE POLICY bank_account_proposed_only ON actors_bankaccount AS RESTRICTIVE FOR INSERT TO aptic_app
  WITH CHECK ((select current_setting('aptic.hat', true) = 'operator') OR approved_at IS NULL);
CREATE POLICY bank_account_approved_by_operator ON actors_bankaccount AS RESTRICTIVE FOR UPDATE TO aptic_app
  USING ((select current_setting('aptic.hat', true) = 'operator') OR approved_at IS NULL)
  WITH CHECK ((select current_setting('aptic.hat', true) = 'operator') OR approved_at IS NULL)
"""
UNGUARD = """
DROP POLICY bank_account_proposed_only ON actors_bankaccount;
DROP POLICY bank_account_approved_by_operator ON actors_bankaccount;
GRANT DELETE ON actors_bankaccount TO aptic_app, aptic_system
"""


class Migration(migrations.Migration):
    """Grants and restrictive policies under the second pair of eyes."""

    dependencies = [("actors", "0005_settlement")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
