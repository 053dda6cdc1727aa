"""The communes that an itinerant site declares it goes to: it counts there, under their caps, as in its own."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.models import Site
from actors.permissions import EDITS_SITES, check_role
from aptic.audit.services import record
from aptic.locks import Lock, share_lock
from aptic.territories.models import Commune
from qualification import errors
from qualification.caps import keep_places
from qualification.models import Round

MOST = 60  # communes of one round: beyond, it is no round


@transaction.atomic
def declare_round(*, site: Site, communes: Iterable[Commune], at: datetime | None = None) -> list[Round]:
    """From now on the site goes to these communes and no other, besides its own; an empty round ends it.

    A pass limited to one of them is taken there: PostgreSQL keeps `Site.territories` (sql/helps.sql). Its actor needs
    its place in every capped territory of each; the operator gives those it lacks, all at once.
    Raises NotAllowed, RoundTooLong, AnotherTerritory, CapMissing and CapReached.
    """
    check_role(EDITS_SITES, site.actor_id)
    share_lock(Lock.ACTOR, site.actor_id)  # no place that the round needs is given back meanwhile
    # Held before any cap, as by whoever moves it: writing the round writes this row.
    row = Site.objects.select_for_update(no_key=True, of=("self",)).select_related("actor").get(pk=site.pk)
    now, wanted = at or timezone.now(), {one.pk: one for one in communes if one.pk != row.commune_id}
    if len(wanted) > MOST:
        raise errors.RoundTooLong(field="communes")
    keep_places(actor=row.actor, sites=[one.keys() for one in wanted.values()], at=now)
    Round.objects.filter(site=site).exclude(commune__in=wanted).delete()
    Round.objects.bulk_create(
        [Round(site=site, actor_id=site.actor_id, commune=one, declared_at=now) for one in wanted.values()],
        ignore_conflicts=True,
    )
    record(verb="round_declared", target=site, fields=("rounds",), organisation_id=site.actor_id)
    site.refresh_from_db(fields=["territories"])
    return list(Round.objects.filter(site=site).select_related("commune__departement"))
