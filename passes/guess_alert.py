"""Sixty false codes in ten minutes: one line in the trail, one letter to those who answer for the device or the person.

Called once per period, when the count reaches its limit, in a transaction that moves no money. Nobody is locked out: a
genuine code passes all the same.
"""

import uuid

from django.db import models, transaction
from django.urls import reverse

from actors.models import Site
from aptic.accounts.letters import write_to_managers
from aptic.accounts.models import Device, User
from aptic.audit.services import record
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from passes import guessing

TEMPLATE = "guessing_alert"


@transaction.atomic
def tell_of_guesses(*, device_id: uuid.UUID | None = None) -> None:
    """Tell the managers of the acting organisation, and the operator. `device_id`: None when a person typed."""
    principal = current()
    assert principal.organisation_id, "a till and a desk act for an organisation"
    organisation = Organisation.objects.get(pk=principal.organisation_id)
    guesser: models.Model | None = None
    if device_id:
        guesser = Device.objects.filter(pk=device_id).first()
    elif principal.person_id:
        guesser = User.objects.filter(pk=principal.person_id).first()
    record(verb="false_codes_alert", target=guesser)
    site = Site.objects.filter(pk=principal.site_id).first() if principal.site_id else None
    limit = guessing.LIMITS["device"]
    context = {
        "who": str(guesser or ""),
        "is_device": device_id is not None,
        "place": site.name if site else organisation.name,
        "count": limit.failures,
        "minutes": limit.period // 60,
        "address": reverse("actor_devices", args=[organisation.pk]) if principal.hat == Hat.ACTOR else "/espace/",
    }
    write_to_managers(organisation=organisation, template=TEMPLATE, context=context)
    operator = Organisation.objects.with_hat(Hat.OPERATOR).exclude(email="").first()
    if operator and operator.pk != organisation.pk:  # its people are not the actor's to read: its own address is public
        post_email(to=operator.email, template=TEMPLATE, context={"organisation": organisation.name, **context})
