"""The place of each application that exists becomes its first proposed place."""

from django.db import migrations

COPY = """
INSERT INTO qualification_applicationsite
  (id, application_id, position, name, address, commune_id, phone, email, hours, services)
SELECT gen_random_uuid(), id, 0, site_name, site_address, commune_id, phone, email, site_hours,
       ARRAY(SELECT jsonb_array_elements_text(services)::smallint)
  FROM qualification_application;
UPDATE qualification_application SET begun_at = submitted_at
"""


class Migration(migrations.Migration):
    """Data alone: columns go in 0009, when no row waits for its foreign keys any more."""

    dependencies = [("qualification", "0007_candidacy")]
    operations = [migrations.RunSQL(COPY, "DELETE FROM qualification_applicationsite")]
