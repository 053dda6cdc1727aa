"""Scheduled work of the trail: the seal of every minute and the head of every day."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from aptic.audit import sealing
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, as_system


@shared_task(ignore_result=True)
def seal() -> int:
    """Seal the rows below the transaction horizon; returns how many seals were made. Every minute."""
    with as_system():
        return len(sealing.seal())


@shared_task(ignore_result=True)
def publish_head() -> None:
    """Publish yesterday's head and mail it to the funders, once. Every night, after midnight in Paris."""
    yesterday = timezone.localdate() - timedelta(days=1)
    with as_system(), transaction.atomic():
        head = sealing.publish_head(yesterday)
        if head is None:
            return
        for funder in Organisation.objects.with_hat(Hat.FUNDER).exclude(email="").order_by("pk"):
            post_email(
                to=funder.email,
                template="daily_head",
                context={"day": yesterday.isoformat(), "head": bytes(head.hash).hex(), "seal": head.seal_id},
                organisation_id=funder.pk,
            )
