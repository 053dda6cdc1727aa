"""Letters about an application: to whoever applies, with the link that finds it again, and to the operator."""

import hashlib
from typing import Any

from django.conf import settings
from django.urls import reverse

from actors.places import cap_territory
from aptic.accounts.throttle import too_many_failures
from aptic.outbox.services import post_email
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat
from aptic.territories.services import territory_label
from qualification import link
from qualification.models import Application

ASKED_BY_ANYBODY = 3  # times in an hour that somebody who may be anybody has us write to one address
HOUR = 3600


def may_write_to(email: str) -> bool:
    """Count once more that anybody at all had us write to `email`; False when it had enough of it for this hour.

    Whoever asked is told nothing of it: the answer would say who applies. The counter knows no address, only its hash.
    """
    digest = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    return not too_many_failures("application-letter", digest, limit=ASKED_BY_ANYBODY, window=HOUR)


def tell(row: Application, template: str, **more: Any) -> None:
    """An e-mail to whoever applied."""
    context = {"name": row.contact_name, "link": link.address_of(row.pk), **words(row), **more}
    post_email(to=row.email, template=template, context=context)


def tell_links(rows: list[Application]) -> None:
    """One e-mail with the links of several applications that gave the same address, the latest first."""
    links = [{"organisation": row.organisation_name, "link": link.address_of(row.pk)} for row in rows]
    post_email(to=rows[0].email, template="application_link", context={"name": rows[0].contact_name, "links": links})


def tell_operator(row: Application, template: str = "application_new", **more: Any) -> None:
    """An e-mail to the operator, with where to answer."""
    operator = Organisation.objects.with_hat(Hat.OPERATOR).exclude(email="").first()
    if operator is not None:
        url = settings.PUBLIC_URL + reverse("operator_application", args=[operator.pk, row.pk])
        post_email(to=operator.email, template=template, context={"url": url, **words(row), **more})


def words(row: Application) -> dict[str, str]:
    """What letters about an application say."""
    return {
        "organisation": row.organisation_name,
        "site": row.site_name,
        "territory": territory_label(cap_territory(row.commune.keys())) if row.commune else "",
        "reason": row.reason,
    }
