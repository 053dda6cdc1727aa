"""When an attempt, a void or a replacement was recorded is the database's clock, whatever an insert says."""

from django.db import migrations

# Its default lies within the transaction; only a row that brings another instant pays for the call.
RECORDED = """
CREATE FUNCTION passes_refuse_instant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the instant of record is the database''s clock'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'recorded_by_the_clock';
END $$
"""
TABLES = ("passes_redemption", "passes_void", "passes_replacement")
WATCH = [
    f"CREATE TRIGGER recorded_by_the_clock BEFORE INSERT ON {table} FOR EACH ROW"
    " WHEN (NEW.recorded_at NOT BETWEEN now() AND clock_timestamp()) EXECUTE FUNCTION passes_refuse_instant()"
    for table in TABLES
]


class Migration(migrations.Migration):
    """One trigger on each of three tables."""

    dependencies = [("passes", "0016_held_on_line")]
    operations = [
        migrations.RunSQL([RECORDED, *WATCH], "DROP FUNCTION passes_refuse_instant() CASCADE"),
    ]
