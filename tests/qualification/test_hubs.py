"""Hubs and their territory, given and taken back by the operator; consents by their own managers alone."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Invitation, Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.outbox.handlers import send_email
from aptic.outbox.models import Message
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from aptic.territories.errors import UnknownTerritory
from funders.errors import AlreadyFunder, OrganisationKnown
from qualification import consents, errors, hubs
from qualification.models import Consent, Plan, Remit
from tests.factories import OPERATOR, make_funder, make_member, make_operator
from tests.qualification.hubs import (
    GIRONDE,
    LIBOURNAIS,
    METROPOLE,
    begin,
    bought,
    consent,
    make_hub,
    manager_of,
    remit_of,
    take_back,
    touched,
    withdraw,
)
from tests.qualification.world import accept, set_cap

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def actor():
    """Somebody who runs an actor of Bordeaux."""
    set_cap(5)
    return manager_of(accept())


def refuses(error, work, *args, **kwargs):
    with pytest.raises(error), transaction.atomic():
        work(*args, **kwargs)


# --- the operator -------------------------------------------------------------------------------------------------


def test_a_hub_is_registered_once_and_its_manager_invited():
    hub = make_hub("")
    with acting(OPERATOR):
        assert hub.organisation.hats == [Hat.HUB]
        assert Invitation.objects.filter(organisation=hub.organisation, role=Role.MANAGER).count() == 1
        again = {
            "name": "Autre",
            "commune": None,
            "email": "a@essai.example",
            "phone": "",
            "manager_email": "b@c.example",
        }
        refuses(AlreadyFunder, hubs.create_hub, siret=hub.organisation.siret, **again)
    funder = make_funder()
    with acting(OPERATOR):
        refuses(OrganisationKnown, hubs.create_hub, siret=funder.organisation.siret, **again)
        joined = hubs.create_hub(siret=funder.organisation.siret, joins=funder.organisation.pk, **again)
        assert joined.hats == [Hat.FUNDER, Hat.HUB]
    with acting(funder.principal):
        refuses(NotAllowed, hubs.create_hub, siret=funder.organisation.siret, **again)


def test_one_territory_at_a_time_and_its_history_is_kept():
    hub = make_hub(METROPOLE)
    operator = make_operator()
    with acting(operator.principal):
        refuses(errors.RemitHeld, hubs.give_territory, hub=hub.organisation, territory=GIRONDE)
        first = remit_of(hub)
        hubs.withdraw_territory(remit=first)
        hubs.withdraw_territory(remit=first)  # a repeat is silent
        assert hubs.live_remit(hub.organisation.pk) is None
        refuses(errors.NoRemit, hubs.remit_of, hub.organisation)
        hubs.give_territory(hub=hub.organisation, territory=GIRONDE)
        assert [one.territory for one in Remit.objects.of(hub.organisation.pk)] == [GIRONDE, METROPOLE]
        first.refresh_from_db()
        assert (first.closed_by, first.closed_at > first.opened_at) == (operator.user.pk, True)
        verbs = Event.objects.filter(organisation_id=hub.organisation.pk, verb__startswith="remit_")
        assert sorted(verbs.values_list("verb", flat=True)) == ["remit_closed", "remit_opened", "remit_opened"]


def test_a_plan_begun_while_the_territory_was_being_taken_back_ends_with_it():
    """The operator's clock was read first, then the plan was begun, then the remit's lock was given."""
    hub, asked_at = make_hub(METROPOLE), timezone.now()
    plan = begin(hub)
    with acting(make_operator().principal):
        hubs.withdraw_territory(remit=remit_of(hub), at=asked_at)
        plan.refresh_from_db()
    assert plan.ended_at == plan.begun_at


def test_a_hub_is_told_what_it_may_read_and_that_it_may_no_longer(mailoutbox):
    hub = make_hub("")
    with acting(make_operator().principal):
        hubs.give_territory(hub=hub.organisation, territory=METROPOLE)
        for _ in range(2):
            hubs.withdraw_territory(remit=Remit.objects.of(hub.organisation.pk).get())
        letters = Message.objects.filter(kind="email", organisation_id=hub.organisation.pk).order_by("created_at")
        for message in letters:
            send_email(message)
    given, withdrawn = mailoutbox[-2:]
    assert given.to == withdrawn.to == [hub.user.email]
    assert "Bordeaux Métropole" in given.subject
    assert reverse("hub_home", args=[hub.organisation.pk]) in given.body
    assert "ne suit plus ce territoire : Bordeaux Métropole" in withdrawn.body


@pytest.mark.parametrize("territory", ["france", "departement:999", "epci:1", "n’importe quoi"])
def test_a_territory_exists_and_is_not_the_whole_country(territory):
    hub = make_hub("")
    with acting(OPERATOR):
        refuses(UnknownTerritory, hubs.give_territory, hub=hub.organisation, territory=territory)


def test_only_the_operators_deciders_give_territories():
    hub, funder = make_hub(METROPOLE), make_funder()
    for who in (hub, funder, make_operator(Role.FINANCE)):
        with acting(who.principal):
            refuses(NotAllowed, hubs.give_territory, hub=hub.organisation, territory=GIRONDE)
            refuses(NotAllowed, hubs.withdraw_territory, remit=remit_of(hub))
    with acting(OPERATOR):
        refuses(errors.NotAHub, hubs.give_territory, hub=funder.organisation, territory=GIRONDE)


def test_the_database_keeps_what_a_remit_was():
    hub = make_hub(METROPOLE)
    with acting(OPERATOR):
        for change in ("territory = 'departement:33'", "opened_at = now()", f"hub_id = '{hub.organisation.pk}'"):
            refuses(ProgrammingError, touched, f"UPDATE qualification_remit SET {change}")
        refuses(ProgrammingError, touched, "DELETE FROM qualification_remit")
        refuses(
            IntegrityError, Remit.objects.create, hub=hub.organisation, territory=GIRONDE, opened_at="2026-01-01T00:00Z"
        )
        refuses(IntegrityError, touched, "UPDATE qualification_remit SET closed_at = '2001-01-01'")
    take_back(hub)
    with acting(OPERATOR):
        # Closed once: neither opened again, nor closed another day.
        assert touched("UPDATE qualification_remit SET closed_at = NULL, closed_by = NULL") == 0
        assert touched("UPDATE qualification_remit SET closed_at = clock_timestamp()") == 0
        refuses(
            IntegrityError,
            Remit.objects.create,
            hub=hub.organisation,
            territory="france",
            opened_at="2026-01-01T00:00Z",
        )
    with acting(hub.principal):
        assert Remit.objects.count() == 1  # who reads where is public
        refuses(
            ProgrammingError,
            Remit.objects.create,
            hub=hub.organisation,
            territory=GIRONDE,
            opened_at="2026-01-01T00:00Z",
        )


# --- consents -----------------------------------------------------------------------------------------------------


def test_a_manager_gives_and_withdraws_and_each_is_dated(actor):
    hub = make_hub()
    consent(actor, hub)
    consent(actor, hub)  # a repeat gives the same
    withdraw(actor, hub)
    withdraw(actor, hub)
    consent(actor, hub)
    with acting(actor.principal):
        rows = list(Consent.objects.order_by("given_at"))
        assert [(one.withdrawn_at is None, one.given_by) for one in rows] == [
            (False, actor.user.pk),
            (True, actor.user.pk),
        ]
        verbs = Event.objects.filter(verb__startswith="hub_consent").order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["hub_consent_given", "hub_consent_withdrawn", "hub_consent_given"]
    with acting(hub.principal):
        assert Consent.objects.visible_to(hub.principal).live().count() == 1
    with acting(make_hub(LIBOURNAIS).principal):
        assert not Consent.objects.exists()


def test_nobody_consents_in_the_name_of_another(actor):
    hub, agent = make_hub(), make_member(actor.organisation, Hat.ACTOR, Role.AGENT)
    for who in (agent, hub, make_funder(), make_operator()):
        with acting(who.principal):
            refuses(NotAllowed, consents.give_consent, remit=remit_of(hub), organisation=actor.organisation)
    consent(actor, hub)
    for who in (agent, hub, make_operator()):
        with acting(who.principal):
            refuses(NotAllowed, consents.withdraw_consent, remit=remit_of(hub), organisation=actor.organisation)


def test_a_consent_is_for_a_hub_that_reads_the_organisation(actor):
    elsewhere, none = make_hub(LIBOURNAIS), make_hub(METROPOLE)
    with acting(actor.principal):
        refuses(errors.NotRead, consents.give_consent, remit=remit_of(elsewhere), organisation=actor.organisation)
        former = remit_of(none)
    take_back(none)
    with acting(actor.principal):
        refuses(errors.NotRead, consents.give_consent, remit=former, organisation=actor.organisation)


INSERT = """INSERT INTO qualification_consent (id, remit_id, hub_id, organisation_id, side, given_at, given_by)
            VALUES (gen_random_uuid(), %s, %s, %s, %s, now(), %s)"""
WITHDRAW = "UPDATE qualification_consent SET withdrawn_at = clock_timestamp(), withdrawn_by = %s"


def test_the_database_refuses_every_other_way_to_a_consent(actor):
    hub, other = make_hub(), make_hub(LIBOURNAIS)
    remit, mine = remit_of(hub), actor.organisation.pk
    agent = make_member(actor.organisation, Hat.ACTOR, Role.AGENT)
    right = [remit.pk, hub.organisation.pk, mine, "actor", actor.user.pk]
    for who in (make_operator(), hub):  # not even the operator, in another's name
        with acting(who.principal):
            refuses(IntegrityError, touched, INSERT, *right[:4], who.user.pk)
            refuses(ProgrammingError, touched, INSERT, *right)
    with acting(actor.principal):
        refuses(IntegrityError, touched, INSERT, *right[:4], agent.user.pk)  # by who does not run it
        refuses(ProgrammingError, touched, INSERT, *right[:4], manager_of(actor.organisation).user.pk)  # by another
        refuses(ProgrammingError, touched, INSERT, *right[:3], "funder", actor.user.pk)  # under another hat
        refuses(IntegrityError, touched, INSERT, remit.pk, other.organisation.pk, mine, "actor", actor.user.pk)
        assert touched(INSERT, *right) == 1
        refuses(IntegrityError, touched, INSERT, *right)  # one at a time
        refuses(ProgrammingError, touched, "UPDATE qualification_consent SET given_at = now()")
        refuses(ProgrammingError, touched, "DELETE FROM qualification_consent")
        refuses(IntegrityError, touched, WITHDRAW, agent.user.pk)
    with acting(agent.principal):
        refuses(IntegrityError, touched, WITHDRAW, agent.user.pk)
        refuses(ProgrammingError, touched, WITHDRAW, actor.user.pk)
    for who in (make_operator(), hub):
        with acting(who.principal):
            assert touched(WITHDRAW, who.user.pk) == 0
    withdraw(actor, hub)
    with acting(actor.principal):
        assert touched("UPDATE qualification_consent SET withdrawn_at = NULL, withdrawn_by = NULL") == 0
    take_back(hub)
    with acting(actor.principal):
        refuses(IntegrityError, touched, INSERT, *right)  # nobody reads there any more


def test_a_consent_ends_with_the_territory_it_was_given_for(actor):
    hub = make_hub(METROPOLE)
    consent(actor, hub)
    begin(hub)
    take_back(hub)
    with acting(OPERATOR):
        assert Plan.objects.live().count() == 0
        hubs.give_territory(hub=hub.organisation, territory=METROPOLE)
    with acting(actor.principal):
        assert Consent.objects.count() == 1
        assert Consent.objects.visible_to(actor.principal).live().count() == 0


# --- who is read --------------------------------------------------------------------------------------------------


def reading(member, hat):
    with acting(member.principal):
        found = hubs.remits_reading(organisation=member.organisation, hat=hat)
        return {one.territory for one in found}


def test_an_actor_is_read_where_it_has_an_open_site(actor):
    for territory in (GIRONDE, METROPOLE, LIBOURNAIS, "commune:33063", "commune:33039", "region:75"):
        make_hub(territory)
    assert reading(actor, Hat.ACTOR) == {GIRONDE, METROPOLE, "commune:33063", "region:75"}
    with acting(OPERATOR):
        Organisation.objects.get(pk=actor.organisation.pk).sites.update(
            open=False, closed_reason="Travaux", closed_at="2026-01-01T00:00Z"
        )
    assert reading(actor, Hat.ACTOR) == set()


def test_a_funder_is_read_where_its_operations_are():
    for territory in (GIRONDE, METROPOLE, LIBOURNAIS, "commune:33063", "commune:33039"):
        make_hub(territory)
    assert reading(make_funder(), Hat.FUNDER) == set()  # no operation yet
    seated = make_funder()  # in Bègles
    bought(seated)
    assert reading(seated, Hat.FUNDER) == {GIRONDE, METROPOLE, "commune:33039"}
    far = make_funder()
    bought(far, territories=(LIBOURNAIS,))
    assert reading(far, Hat.FUNDER) == {GIRONDE, LIBOURNAIS}
    wide = make_funder()
    bought(wide, territories=("region:75",))
    assert reading(wide, Hat.FUNDER) == {GIRONDE, METROPOLE, LIBOURNAIS, "commune:33063", "commune:33039"}


def test_territories_touch_both_ways():
    keys = [GIRONDE, METROPOLE, LIBOURNAIS, "commune:33063", "commune:33243", "region:75", "france"]
    near = {key: hubs.touching(key) for key in keys}
    for one in keys:
        for other in keys:
            assert (one in near[other]) == (other in near[one]), (one, other)
    assert METROPOLE not in near[LIBOURNAIS]
    assert hubs.touching("departement:99") == set()
    with acting(Principal()), connection.cursor() as cursor:  # a visitor may ask: geography is public
        cursor.execute("SELECT count(*) FROM qualification_touching(ARRAY['commune:33063'])")
        assert cursor.fetchone() == (5,)
