"""Who stands at which counter, why a site is closed; what the models cannot say: members and sites are the actor's."""

import aptic.tenancy.rls
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


STAFF = """
ALTER TABLE accounts_membership ADD CONSTRAINT membership_of_organisation UNIQUE (id, organisation_id);
ALTER TABLE actors_sitestaff ADD CONSTRAINT staff_at_site
  FOREIGN KEY (site_id, actor_id) REFERENCES actors_site (id, actor_id);
ALTER TABLE actors_sitestaff ADD CONSTRAINT staff_is_member
  FOREIGN KEY (membership_id, actor_id) REFERENCES accounts_membership (id, organisation_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_secrets"),
        ("actors", "0003_rules"),
        ("tenancy", "0001_initial"),
        ("territories", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteStaff",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "affectation",
                "ordering": ("membership__user__full_name", "id"),
            },
        ),
        migrations.AddField(
            model_name="site",
            name="closed_by_operator",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="site",
            name="closed_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="motif de la fermeture"),
        ),
        migrations.AlterField(
            model_name="site",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_by_operator", False), ("closed_reason", ""), ("open", True)),
                    models.Q(("open", False), models.Q(("closed_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_closed_for_a_reason",
                violation_error_message="La fermeture d’un lieu doit être motivée.",
            ),
        ),
        migrations.AddField(
            model_name="sitestaff",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="tenancy.organisation"
            ),
        ),
        migrations.AddField(
            model_name="sitestaff",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="sites", to="accounts.membership"
            ),
        ),
        migrations.AddField(
            model_name="sitestaff",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="staff", to="actors.site"
            ),
        ),
        migrations.AddConstraint(
            model_name="sitestaff",
            constraint=models.UniqueConstraint(fields=("membership", "site"), name="one_assignment_per_site"),
        ),
        migrations.AddConstraint(
            model_name="sitestaff",
            constraint=aptic.tenancy.rls.Tenant(name="site_staff_rls", readers=("actor_id",), writers=("actor_id",)),
        ),
        migrations.RunSQL(STAFF, migrations.RunSQL.noop),
    ]
