"""Scheduled work of qualification."""

from collections.abc import Callable

from celery import shared_task

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from qualification import forgetting, paper_dates, renewal


@shared_task(ignore_result=True)
def remind_renewals() -> int:
    """Tell actors that their qualification, or a paper of their file, ends soon. Every morning."""
    return _as_operator(renewal.remind) + _as_operator(paper_dates.remind)


@shared_task(ignore_result=True)
def forget_applications() -> int:
    """Announce the end of drafts that nobody goes on with, and forget those whose end has come. Every morning."""
    return _as_operator(forgetting.announce) + _as_operator(forgetting.forget)


def _as_operator(work: Callable[[], int]) -> int:
    operator = Organisation.objects.filter(is_operator=True).first()
    if operator is None:
        return 0
    with acting(Principal(hat=Hat.OPERATOR, organisation_id=operator.pk)):
        return work()
