"""The operator is told when a place opens where somebody waits: a list that nobody looks at is taken by nobody."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from aptic.accounts.letters import write_to_managers
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current
from aptic.territories.services import territory_labels
from qualification.cap_rules import LEVELS
from qualification.models import Application
from qualification.waiting_lists import next_in_line, waiting_for


def tell_of_places(territories: Iterable[str]) -> None:
    """One letter to the operator's managers for places that have just opened there, naming who is first at each.

    Nothing where nobody waits, or where who waits lacks a place at another level; who is first in several nested
    territories is named once, in the narrowest.
    """
    first: dict[uuid.UUID, str] = {}
    for territory in sorted(territories, key=_narrowest_first):
        following = next_in_line(waiting_for(territory, current()))
        if following is not None:
            first.setdefault(following.application_id, territory)
    operator = Organisation.objects.with_hat(Hat.OPERATOR).first()
    if not first or operator is None:
        return
    files = Application.objects.visible_to(current()).in_bulk(first)
    labels = territory_labels(first.values())
    openings = [
        {
            "territory": labels[territory],
            "name": files[pk].organisation_name,
            "url": settings.PUBLIC_URL + reverse("operator_waiting", args=[operator.pk, territory]),
        }
        for pk, territory in first.items()
    ]
    write_to_managers(organisation=operator, template="place_open", context={"openings": openings})


def _narrowest_first(territory: str) -> tuple[int, str]:
    return next(n for n, level in enumerate(LEVELS) if territory.startswith(level)), territory
