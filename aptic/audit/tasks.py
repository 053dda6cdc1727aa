"""Scheduled work of the trail: the seal of every minute, the head of every day, and every night all seals again."""

import logging
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from aptic.accounts.models import Membership
from aptic.audit import sealing
from aptic.audit.models import Verification
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, as_system

logger = logging.getLogger(__name__)


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


@shared_task(ignore_result=True)
def verify_nightly() -> bool:
    """Recompute every seal, keep the result, and raise an alert when one differs; True when all hold.

    The one worker of its queue does nothing else until the end, which may be half an hour away: it seals on its way.
    """
    with as_system():
        found = sealing.check(meanwhile=sealing.seal)
        if found.reason:
            alert(found)
            logger.critical("seals: %s", found)
    return not found.reason


@transaction.atomic
def alert(found: Verification) -> None:
    """Mail those of the operator who answer for the money, every night until the rows are as they were sealed."""
    for one in Membership.objects.answering_for_money().select_related("user").order_by("pk"):
        post_email(
            to=one.user.email,
            template="seal_alert",
            context={"found": str(found), "name": one.user.full_name, "organisation": str(one.organisation_id)},
            organisation_id=one.organisation_id,
        )
