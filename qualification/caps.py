"""Caps and the places under them: set, taken, given back. The database holds the count, whoever writes.

Locks, always in this order: `Lock.ACTOR` (shared by whoever takes places or counts on them, exclusive by who gives them
back), `Lock.CAPS` (shared by whoever takes places, exclusive by who makes a new cap), then the rows of the caps in the
order of their territories, which the trigger keeps for whole statements.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from actors.errors import AnotherTerritory
from actors.models import Actor
from actors.permissions import check_decider
from actors.places import cap_territory
from aptic import french
from aptic.audit.services import record
from aptic.locks import Lock, share_lock, wait_lock
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import current
from aptic.territories.models import Commune
from aptic.territories.services import territory_label, territory_labels
from qualification import cap_rules, errors
from qualification.forecasts import forecasts_of
from qualification.models import Cap, CapChange, CapPolicy, Qualification
from qualification.openings import tell_of_places

MAX_CAP = 10_000  # actors: beyond, somebody mistook the field


@transaction.atomic
def set_cap(
    *,
    territory: str,
    cap: int,
    exceptions: int = 0,
    exception_reason: str = "",
    reason: str = "",
    at: datetime | None = None,
) -> Cap:
    """How many actors `territory` (commune, EPCI, département or région) feeds, and the exceptions.

    A new cap counts those already there; one lower than their number keeps them « par extinction », with a reason. One
    that departs from what the rule computes, where it computes something, has a reason too. Raises NotAllowed,
    UnknownTerritory, InvalidCap, CapReasonMissing and CapBelowQualified.
    """
    check_decider()
    _check(territory, cap, exceptions, exception_reason)
    now, reason = at or timezone.now(), reason.strip()
    computed = computed_caps([territory]).get(territory)
    if not cap_rules.may_depart(cap=cap, computed=computed, reason=reason):
        counted = french.plural(computed, "acteur")
        raise errors.CapReasonMissing(
            f"Le ratio donne {counted} : écrivez pourquoi ce plafond diffère.", field="reason"
        )
    values = {"cap": cap, "exceptions": exceptions, "exception_reason": exception_reason.strip(), "reason": reason}
    held = _held(territory)
    if held is None:
        wait_lock(Lock.CAPS)  # whoever is taking places here is counted, or waits
        held = _held(territory)
    if held is None:
        _open(territory, values, now)
    else:
        _check_lowering(held.qualified, cap, exceptions, reason)
        Cap.objects.filter(pk=territory).update(**values, updated_at=now)
    row = Cap.objects.get(pk=territory)
    _keep_change(row, computed, now)
    record(verb="cap_set", target=row, fields=("cap", "exceptions", "exception_reason", "reason"))
    if row.free and not (held and held.free):
        tell_of_places([territory])
    return row


def _held(territory: str) -> Cap | None:
    return Cap.objects.select_for_update(of=("self",)).filter(pk=territory).first()


def _check(territory: str, cap: int, exceptions: int, exception_reason: str) -> None:
    if not territory.startswith(cap_rules.LEVELS):
        raise errors.InvalidCap(
            "Un plafond se fixe pour une commune, une intercommunalité, un département ou une région.",
            field="territory",
        )
    territory_label(territory)
    if not (0 <= cap <= MAX_CAP and 0 <= exceptions <= MAX_CAP):
        raise errors.InvalidCap("Écrivez un nombre d’acteurs.", field="cap")
    if exceptions and not exception_reason.strip():
        raise errors.InvalidCap("Une exception doit être motivée.", field="exception_reason")


def _check_lowering(qualified: int, cap: int, exceptions: int, reason: str) -> None:
    if not cap_rules.may_lower(cap=cap, exceptions=exceptions, qualified=qualified, reason=reason):
        raise errors.CapBelowQualified(field="reason")


# An actor is there when one of its open sites helps there: it stands there, or goes there on its rounds.
PRESENT = """
SELECT DISTINCT a.organisation_id FROM actors_actor a
  JOIN actors_site s ON s.actor_id = a.organisation_id AND s.open
 WHERE a.state <> 'removed' AND %(territory)s = ANY(s.territories)
"""
# `qualified` is left to its trigger: nobody who serves may write it.
OPEN_CAP = """
INSERT INTO qualification_cap (territory, cap, exceptions, exception_reason, reason, updated_at)
VALUES (%(territory)s, %(room)s, %(exceptions)s, %(exception_reason)s, %(reason)s, %(at)s)
"""
SEAT_PRESENT = f"""
INSERT INTO qualification_qualification (id, actor_id, territory, since)
SELECT gen_random_uuid(), present.organisation_id, %(territory)s, %(at)s FROM ({PRESENT}) present
"""


def _open(territory: str, values: dict[str, Any], at: datetime) -> None:
    """A cap that was not there: wide enough for those present, who take their places, then as asked."""
    parameters: dict[str, Any] = {**values, "territory": territory, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({PRESENT}) present", parameters)
        (present,) = cursor.fetchone()
        _check_lowering(present, values["cap"], values["exceptions"], values["reason"])
        cursor.execute(OPEN_CAP, {**parameters, "room": max(present, values["cap"])})
        cursor.execute(SEAT_PRESENT, parameters)
    Cap.objects.filter(pk=territory).update(cap=values["cap"])


def _keep_change(row: Cap, computed: int | None, at: datetime) -> None:
    CapChange.objects.create(
        territory=row.territory,
        cap=row.cap,
        exceptions=row.exceptions,
        extinction=row.extinction,
        qualified=row.qualified,
        computed=computed,
        reason=row.reason,
        changed_at=at,
        changed_by=current().person_id,
    )


def policy_in_force() -> CapPolicy:
    """The last version of the operator's rule; the migration wrote the first."""
    return CapPolicy.objects.order_by("-version")[0]


@transaction.atomic
def set_policy(
    *,
    target_cents: int,
    at_least: int,
    at_most: int,
    inhabitants_per_actor: int,
    reason: str,
    at: datetime | None = None,
) -> CapPolicy:
    """A new version of the rule; the former ones stay, and so does every cap already set.

    Raises NotAllowed, CapReasonMissing and InvalidCap.
    """
    check_decider()
    if not reason.strip():
        raise errors.CapReasonMissing(field="reason")
    if not (target_cents > 0 and inhabitants_per_actor > 0 and 0 <= at_least <= at_most <= MAX_CAP):
        raise errors.InvalidCap("Le plus petit plafond ne peut dépasser le plus grand.", field="at_least")
    wait_lock(Lock.CAPS)
    row = CapPolicy.objects.create(
        version=policy_in_force().version + 1,
        target_cents=target_cents,
        at_least=at_least,
        at_most=at_most,
        inhabitants_per_actor=inhabitants_per_actor,
        reason=reason.strip(),
        set_at=at or timezone.now(),
        set_by=current().person_id,
    )
    record(verb="cap_policy_set", target=row)
    return row


def computed_caps(territories: Iterable[str]) -> dict[str, int]:
    """What the rule in force says for each territory whose year is forecast. Two queries, and one per territory."""
    found = forecasts_of(territories)
    if not found:
        return {}
    rule = policy_in_force()
    policy = cap_rules.Policy(rule.target_cents, rule.at_least, rule.at_most, rule.inhabitants_per_actor)
    return {
        key: cap_rules.computed_cap(policy, forecast_cents=forecast.cents, population=population_of(key))
        for key, forecast in found.items()
    }


def population_of(territory: str) -> int:
    """Its inhabitants."""
    return Commune.objects.inside(territory).aggregate(total=Sum("population"))["total"] or 0


TAKE = """
INSERT INTO qualification_qualification (id, actor_id, territory, since)
SELECT gen_random_uuid(), %(actor)s, c.territory, %(at)s FROM qualification_cap c
 WHERE c.territory = ANY(%(keys)s) AND NOT EXISTS (
       SELECT FROM qualification_qualification q
        WHERE q.actor_id = %(actor)s AND q.territory = c.territory AND q.until IS NULL)
 ORDER BY c.territory
ON CONFLICT (actor_id, territory) WHERE until IS NULL DO NOTHING
RETURNING id
"""


def take_places(*, actor: Organisation, sites: Iterable[list[str]], at: datetime) -> None:
    """Give `actor` its place in every capped territory of its sites where it has none yet; for the operator.

    `sites` are the territory keys of each one, where it stands or everywhere it helps. All places are taken by one
    statement, whatever the number of sites: its locks are in one order. Raises CapMissing when no territory of a site
    has a cap, and CapReached, naming those that are full.
    """
    _share(actor)
    each = list(sites)
    wanted = sorted({key for keys in each for key in keys})
    capped = set(Cap.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if uncounted := next((keys for keys in each if capped.isdisjoint(keys)), None):
        territory = cap_territory(uncounted)
        label = territory_label(territory)
        raise errors.CapMissing(f"Aucun plafond n’est fixé pour {label}.", territory=territory)
    try:
        with refusing("cap_respected", errors.CapReached()), connection.cursor() as cursor:
            cursor.execute(TAKE, {"actor": actor.pk, "keys": wanted, "at": at})
            taken = [key for (key,) in cursor.fetchall()]
    except errors.CapReached as refusal:
        full = full_for(actor.pk, wanted)
        raise _reached(full) if full else refusal from None
    for place in Qualification.objects.filter(pk__in=taken).order_by("territory"):
        record(verb="place_taken", target=place, organisation_id=actor.pk)


def _share(actor: Organisation) -> None:
    """Until the commit, none of its places is given back and no cap is made."""
    share_lock(Lock.ACTOR, actor.pk)
    share_lock(Lock.CAPS)


def full_for(actor_id: uuid.UUID | None, keys: Iterable[str]) -> list[str]:
    """Of these territories, those without a place left where the actor has none."""
    full = Cap.objects.full().filter(pk__in=list(keys)).order_by("territory")
    if actor_id is not None:
        full = full.exclude(qualification__actor_id=actor_id, qualification__until=None)
    return list(full.values_list("pk", flat=True))


def _reached(full: list[str]) -> errors.CapReached:
    labels = territory_labels(full)
    named = ", ".join(labels[key] for key in full)
    text = f"Le plafond de ce territoire est atteint, il n’y reste aucune place : {named}."
    return errors.CapReached(text, territories=full)


def keep_place(actor: Organisation, keys: list[str], at: datetime, new: bool) -> None:
    """What `actors.places.ensure_place` asks, for one site. Raises AnotherTerritory, CapMissing and CapReached."""
    _share(actor)
    if new or Cap.objects.filter(pk__in=keys).exists():
        keep_places(actor=actor, sites=[keys], at=at)


def keep_places(*, actor: Organisation, sites: list[list[str]], at: datetime) -> None:
    """Has the actor its place in every capped territory of these sites? The operator gives those it lacks.

    Raises AnotherTerritory, CapMissing and CapReached.
    """
    _share(actor)
    if current().is_operator:
        take_places(actor=actor, sites=sites, at=at)
        return
    for keys in sites:
        _check_held(actor, keys)


def _check_held(actor: Organisation, keys: list[str]) -> None:
    held = Qualification.objects.filter(actor_id=actor.pk, territory__in=keys, until=None).values("territory")
    if not held.exists() or Cap.objects.filter(pk__in=keys).exclude(pk__in=held).exists():
        raise AnotherTerritory(field="commune")


@transaction.atomic
def release_places(
    *, actor: Organisation, reason: str, territories: Iterable[str] | None = None, at: datetime | None = None
) -> int:
    """Give back an actor's places in these territories, where it has no open site nor a round any more.

    A déqualification gives them all back, whatever stands there. Returns how many. Raises NotAllowed, CapReasonMissing
    and PlaceInUse.
    """
    check_decider()
    if not reason.strip():
        raise errors.CapReasonMissing(field="reason")
    wait_lock(Lock.ACTOR, actor.pk)  # whoever opens a site there has done so, or will not find the place
    held = Qualification.objects.filter(actor_id=actor.pk, until=None)
    wanted = held if territories is None else held.filter(territory__in=list(territories))
    places = list(wanted.order_by("territory"))
    idle = wanted if territories is None else wanted.idle()
    if idle.update(until=at or timezone.now()) != len(places):
        raise errors.PlaceInUse
    for place in places:
        record(verb="place_released", target=place, fields=("until",), organisation_id=actor.pk)
    tell_of_places(place.territory_id for place in places)
    return len(places)


def idle_places(actor: Actor) -> list[str]:
    """Territories where the actor keeps a place and has no open site, nor a round."""
    held = Qualification.objects.filter(actor=actor, until=None).idle()
    return list(held.order_by("territory").values_list("territory", flat=True))


@contextmanager
def refusing(constraint: str, error: errors.DomainError) -> Iterator[None]:
    """A savepoint in which the violation of one constraint is a refusal of the domain; any other stays an error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        diagnosis = getattr(violation.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") == constraint:
            raise error from violation
        raise
