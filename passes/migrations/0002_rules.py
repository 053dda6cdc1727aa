"""What the models cannot say: one live redemption by foreign keys alone, real references, and the redeem functions."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"

# A booklet and its passes carry their funder; the composite keys prove that it is the batch's.
REFERENCES = """
INSERT INTO passes_serial (id, next_booklet) VALUES (1, 1);
ALTER TABLE passes_booklet ADD CONSTRAINT booklet_in_batch
  FOREIGN KEY (batch_id, funder_id) REFERENCES passes_batch (id, funder_id);
ALTER TABLE passes_pass ADD CONSTRAINT pass_in_booklet
  FOREIGN KEY (booklet_id, batch_id, funder_id) REFERENCES passes_booklet (id, batch_id, funder_id);
ALTER TABLE passes_pass ADD CONSTRAINT pass_serial CHECK (id >> 4 = booklet_id AND id & 15 >= 1);
ALTER TABLE passes_redemption ADD CONSTRAINT redemption_at_site
  FOREIGN KEY (site_id, actor_id) REFERENCES actors_site (id, actor_id);
ALTER TABLE passes_redemption ADD CONSTRAINT redemption_of_pass FOREIGN KEY (pass_id) REFERENCES passes_pass (id);
-- Half of the passes' updates then stay on their page, without touching the index.
ALTER TABLE passes_pass SET (fillfactor = 85)
"""

# Turn 1 is free; turn n > 1 needs the void of turn n - 1. With (pass, turn) unique, at most one redemption is live.
TURNS = """
ALTER TABLE passes_redemption
  ADD COLUMN previous_turn smallint GENERATED ALWAYS AS (CASE WHEN turn > 1 THEN turn - 1 END) STORED;
ALTER TABLE passes_redemption ADD CONSTRAINT redemption_after_void
  FOREIGN KEY (pass_id, previous_turn) REFERENCES passes_void (pass_id, turn);
ALTER TABLE passes_void ADD CONSTRAINT void_of_redemption
  FOREIGN KEY (pass_id, turn) REFERENCES passes_redemption (pass_id, turn)
"""


class Migration(migrations.Migration):
    """Hand-written rules of the passes."""

    dependencies = [
        ("passes", "0001_initial"),
        ("actors", "0003_rules"),
        ("accounts", "0001_initial"),
        ("ledger", "0002_rules"),
    ]
    operations = [
        migrations.RunSQL(REFERENCES, migrations.RunSQL.noop),
        migrations.RunSQL(TURNS, migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "redeem.sql").read_text(), migrations.RunSQL.noop),
    ]
