"""Scheduled work of qualification."""

from celery import shared_task

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from qualification import renewal


@shared_task(ignore_result=True)
def remind_renewals() -> int:
    """Tell actors that their qualification ends soon. Every morning."""
    operator = Organisation.objects.filter(is_operator=True).first()
    if operator is None:
        return 0
    with acting(Principal(hat=Hat.OPERATOR, organisation_id=operator.pk)):
        return renewal.remind()
