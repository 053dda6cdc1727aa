"""Asking the register about an application: posted with the work that needs it, done by a worker, kept as one row."""

from django.conf import settings
from django.utils import timezone

from aptic.audit.services import record
from aptic.outbox.models import Message
from aptic.outbox.registry import handles
from aptic.outbox.services import post
from aptic.tenancy.principal import Hat, Principal, acting
from qualification import register
from qualification.candidacy_models import RegisterCheck
from qualification.models import Application

KIND = "register_check"
GIVES_UP_AFTER = 3  # attempts: then the row says that the register was away, and people check


def request_check(row: Application) -> None:
    """Have the register asked once this commits; nothing without a register."""
    if settings.COMPANY_REGISTER_URL:
        post(kind=KIND, payload={"application": str(row.pk), "siret": row.siret})


@handles(KIND)
def check(message: Message) -> None:
    """Ask outside of any transaction, then keep the answer. A second delivery of one message keeps nothing more."""
    siret = message.payload["siret"]
    try:
        company = register.ask(siret)
    except register.RegisterAway:
        if message.attempts < GIVES_UP_AFTER:
            raise
        company = register.Company(RegisterCheck.Outcome.AWAY)
    with acting(Principal(hat=Hat.OPERATOR)):
        row = Application.objects.filter(pk=message.payload["application"]).first()
        if row is None or RegisterCheck.objects.filter(pk=message.pk).exists():
            return
        RegisterCheck(
            id=message.pk,
            application=row,
            siret=siret,
            outcome=company.outcome,
            name=company.name,
            address=company.address,
            head_office=company.head_office,
            legal_code=company.legal_code,
            asked_at=timezone.now(),
        ).save(force_insert=True)
        record(verb="register_checked", target=row)
