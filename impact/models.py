"""What is published: figures that a system job counted and suppressed, readable by everybody."""

from django.db import models
from django.db.models.functions import Now

from aptic.tenancy.rls import Tenant


class Publication(models.Model):
    """One run of the public counters: figures by name, in cents, passes or organisations."""

    id = models.BigAutoField(primary_key=True)
    published_at = models.DateTimeField(db_default=Now())
    figures = models.JSONField()

    class Meta:
        verbose_name = "publication"
        ordering = ("-id",)
        constraints = (Tenant(name="publication_rls", read_if="true", append_only=True),)
