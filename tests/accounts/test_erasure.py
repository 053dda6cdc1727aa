"""Being forgotten: the person's row stays for the trail, and nothing in it, or beside it, says who it was."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from aptic.accounts import services
from aptic.accounts.models import Membership, Role, User
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, Principal, acting
from tests.accounts.people import log_in, of, with_totp
from tests.accounts.test_invitations import invite
from tests.factories import Member, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15
NAME = "Zénobie Introuvable"


@pytest.fixture
def person(db: None) -> Member:
    return make_member(make_funder().organisation, Hat.FUNDER, Role.AGENT, name=NAME)


def everywhere(connection: object) -> str:
    """All text of all tables that hold people, as the system sees it."""
    tables = ("accounts_user", "account_emailaddress", "accounts_invitation", "mfa_authenticator", "audit_event")
    with acting(make_operator().principal), connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            found.append(cursor.fetchone()[0])
        return " ".join(found)


def test_nothing_says_who_it_was_and_the_trail_keeps_the_number(person):
    of(person)
    with_totp(person.user)
    email = person.user.email
    with acting(make_operator().principal):
        services.erase_person(user=person.user)
    kept = everywhere(connection)
    assert email not in kept
    assert NAME not in kept
    assert str(person.user.pk) in kept
    row = User.objects.get(pk=person.user.pk)
    assert (row.is_active, row.full_name, row.has_usable_password()) == (False, "Compte effacé", False)
    assert row.anonymised_at
    assert not EmailAddress.objects.filter(user=row).exists()
    assert not Authenticator.objects.filter(user=row).exists()
    with acting(person.principal):
        assert not Membership.objects.active().filter(user=row).exists()


def test_sessions_end_and_the_address_is_free_again(person):
    client = Client()
    email = of(person).email
    log_in(client, person.user)
    assert client.get("/espace/").status_code == 302
    with acting(make_operator().principal):
        services.erase_person(user=person.user)
    assert client.get("/espace/").url.startswith("/compte/login/")
    assert log_in(Client(), person.user).status_code == 200
    assert User.objects.create_user(email=email, full_name="Une autre personne").pk != person.user.pk


def test_only_the_operator_erases(person):
    with acting(person.principal), pytest.raises(NotAllowed):
        services.erase_person(user=person.user)


def test_the_trail_names_what_changed_and_never_how(db):
    """Every verb about people leaves a line with the names of the fields, in its organisation's part of the trail."""
    funder = make_funder()
    other = make_member(funder.organisation, Hat.FUNDER, Role.AGENT, name=NAME)
    with acting(funder.principal):
        services.change_role(membership=other.membership, role=Role.FINANCE)
        services.remove_member(membership=other.membership)
        services.invite_person(organisation=funder.organisation, email="vue@essai.example", role=Role.AGENT)
        lines = Event.objects.visible_to(funder.principal).order_by("id")
        told = [(e.verb, e.fields) for e in lines if e.person_id == funder.user.pk]
        assert told == [
            ("role_changed", ["role"]),
            ("member_removed", ["active"]),
            ("person_invited", ["role"]),
        ]
        everything = " ".join(str(vars(e)) for e in lines)
    for value in (NAME, other.user.email, "vue@essai.example", Role.FINANCE):
        assert value not in everything


def test_joining_is_in_the_trail_of_the_organisation(db):
    funder = make_funder()
    user = User.objects.create_user(email="nouvelle@essai.example", full_name=NAME)
    token = invite(funder)
    with acting(Principal(person_id=user.pk)):
        joined = services.accept_invitation(token=token, user=user)
    with acting(funder.principal):
        line = Event.objects.get(verb="invitation_accepted")
    assert (line.person_id, line.organisation_id, line.object_id) == (user.pk, funder.organisation.pk, str(joined.pk))
