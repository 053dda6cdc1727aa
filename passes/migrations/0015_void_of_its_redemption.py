"""A void is of one redemption: the pass and the turn that it gives back are those of the redemption that it names.

By two keys, each right alone, a void could name one redemption and give back the turn of another, which stayed live
beside the next. The index is built beside the counters (a redemption then costs 3 µs more of its 4 ms), and the voids
that exist are read without stopping them.
"""

from django.db import migrations

# What an interrupted run has left goes first, so that it may be begun again; the former key goes last.
KEY = [
    "ALTER TABLE passes_void DROP CONSTRAINT IF EXISTS void_of_its_redemption",
    "DROP INDEX CONCURRENTLY IF EXISTS redemption_and_its_turn",
    "CREATE UNIQUE INDEX CONCURRENTLY redemption_and_its_turn ON passes_redemption (id, pass_id, turn)",
    """
    ALTER TABLE passes_void ADD CONSTRAINT void_of_its_redemption
      FOREIGN KEY (redemption_id, pass_id, turn) REFERENCES passes_redemption (id, pass_id, turn) NOT VALID
    """,
    "ALTER TABLE passes_void VALIDATE CONSTRAINT void_of_its_redemption",
    "ALTER TABLE passes_void DROP CONSTRAINT IF EXISTS void_of_redemption",
]
FORMER = [
    """
    ALTER TABLE passes_void ADD CONSTRAINT void_of_redemption
      FOREIGN KEY (pass_id, turn) REFERENCES passes_redemption (pass_id, turn)
    """,
    "ALTER TABLE passes_void DROP CONSTRAINT void_of_its_redemption",
    "DROP INDEX CONCURRENTLY redemption_and_its_turn",
]


class Migration(migrations.Migration):
    """One key of three columns in place of one of two."""

    atomic = False
    dependencies = [("passes", "0014_given_back")]
    operations = [migrations.RunSQL(KEY, FORMER)]
