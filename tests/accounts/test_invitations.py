"""Joining by invitation: one link, one address, one acceptance, and nothing that opening the link alone would do."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from aptic.accounts import services
from aptic.accounts.errors import InvitationInvalid
from aptic.accounts.models import Invitation, Membership, Role, User
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat, Principal, acting
from tests.accounts.people import PASSWORD, log_in, of, with_password
from tests.factories import Member, make_funder, make_member

pytestmark = pytest.mark.pg15
EMAIL = "nouvelle@essai.example"


def invite(by: Member, email: str = EMAIL, role: str = Role.AGENT, **more: Any) -> str:
    with acting(by.principal):
        _, token = services.invite_person(organisation=by.organisation, email=email, role=role, **more)
    return token


def member_of(by: Member, email: str = EMAIL) -> Membership | None:
    with acting(by.principal):
        return Membership.objects.filter(organisation=by.organisation, user__email=email).first()


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def test_from_the_letter_to_the_space(funder):
    token = invite(funder)
    deliver_due()
    letter = next(m for m in mail.outbox if m.to == [EMAIL])
    assert funder.organisation.name in letter.body
    assert f"/invitation/{token}/" in letter.body

    client = Client()
    welcome = client.get(f"/invitation/{token}/").content.decode()
    assert funder.organisation.name in welcome
    assert "/compte/signup/" in welcome
    page = client.get("/compte/signup/")
    assert EMAIL in page.content.decode()
    account = {"email": EMAIL, "password1": PASSWORD, "password2": PASSWORD, "full_name": "Dominique Nouvelle"}
    assert client.post("/compte/signup/", account).url == f"/invitation/{token}/"
    assert member_of(funder) is None  # having an account is not joining
    assert "Rejoindre" in client.get(f"/invitation/{token}/").content.decode()
    assert client.post(f"/invitation/{token}/").status_code == 302
    joined = member_of(funder)
    assert (joined.role, joined.active, joined.user.full_name) == (Role.AGENT, True, "Dominique Nouvelle")
    assert client.get("/espace/").url == f"/commanditaire/{funder.organisation.pk}/"


def test_the_account_opened_is_for_the_invited_address_only(funder):
    client = Client()
    client.get(f"/invitation/{invite(funder)}/")
    account = {"email": "autre@essai.example", "password1": PASSWORD, "password2": PASSWORD, "full_name": "Autre"}
    refused = client.post("/compte/signup/", account)
    assert EMAIL in str(refused.context["form"].errors["email"])
    assert not User.objects.filter(email="autre@essai.example").exists()


def test_opening_the_link_joins_nobody(funder):
    """A mail program may open links by itself."""
    user = with_password(User.objects.create_user(email=EMAIL, full_name="Une"))
    client = Client()
    log_in(client, user)
    assert client.get(f"/invitation/{invite(funder)}/").status_code == 200
    assert member_of(funder) is None


def test_a_link_serves_once(funder):
    user = with_password(User.objects.create_user(email=EMAIL, full_name="Une"))
    client, token = Client(), invite(funder)
    log_in(client, user)
    assert client.post(f"/invitation/{token}/").status_code == 302
    answer = client.post(f"/invitation/{token}/")
    assert answer.status_code == 404
    assert "déjà servi" in answer.content.decode()


def test_somebody_elses_link_opens_nothing(funder):
    other = of(make_member(make_funder().organisation, Hat.FUNDER, Role.AGENT))
    client, token = Client(), invite(funder)
    log_in(client, other)
    answer = client.post(f"/invitation/{token}/")
    assert "autre adresse" in answer.content.decode()
    assert member_of(funder) is None
    assert member_of(funder, other.email) is None
    with acting(Principal(person_id=other.pk)), pytest.raises(InvitationInvalid):
        services.accept_invitation(token=token, user=other)


def test_nobody_accepts_in_somebody_elses_name(funder):
    invited = User.objects.create_user(email=EMAIL, full_name="Une")
    token = invite(funder)
    with acting(funder.principal), pytest.raises(InvitationInvalid):
        services.accept_invitation(token=token, user=invited)


@pytest.mark.parametrize(("end", "word"), [("expired", "a expiré"), ("revoked", "a été annulée")])
def test_an_ended_invitation_says_why(funder, end, word):
    long_ago = timezone.now() - timedelta(days=15)
    token = invite(funder, at=long_ago if end == "expired" else None)
    if end == "revoked":
        with acting(funder.principal):
            services.revoke_invitation(invitation=Invitation.objects.get(email=EMAIL))
    client = Client()
    answer = client.get(f"/invitation/{token}/")
    assert answer.status_code == 404
    assert word in answer.content.decode()
    assert "invitation" in client.get("/compte/signup/").content.decode()  # closed: it opened no sign-up
    assert not client.session.get("signup_opened_by")


@pytest.mark.parametrize("token", ["api_inconnu", "x", "%00", "é" * 50, "apk_" + "a" * 43])
def test_a_link_that_we_never_made_is_not_found(db, token):
    assert Client().get(f"/invitation/{token}/").status_code == 404


def test_only_the_hash_is_kept(funder):
    token = invite(funder)
    with acting(funder.principal), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(i::text, '') FROM accounts_invitation i")
        assert token not in cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(payload::text, '') FROM outbox_message")
        assert token not in cursor.fetchone()[0]


def test_who_comes_back_gets_the_new_role(funder):
    gone = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    with acting(funder.principal):
        services.remove_member(membership=gone.membership)
    token = invite(funder, gone.user.email, Role.FINANCE)
    with acting(Principal(person_id=gone.user.pk)):
        services.accept_invitation(token=token, user=gone.user)
    back = member_of(funder, gone.user.email)
    assert (back.pk, back.role, back.active) == (gone.membership.pk, Role.FINANCE, True)


def test_of_many_acceptances_at_once_one_counts(fresh_database, together):
    funder = make_funder()
    user = User.objects.create_user(email=EMAIL, full_name="Une")
    token = invite(funder)

    def accept(_: int) -> bool:
        with acting(Principal(person_id=user.pk)):
            services.accept_invitation(token=token, user=user)
        return True

    answers = together(6, accept)
    assert sum(answer is True for answer in answers) == 1
    assert all(answer is True or isinstance(answer, InvitationInvalid) for answer in answers)
    with acting(funder.principal):
        assert Membership.objects.filter(user=user).count() == 1


def test_of_invitations_at_once_the_last_link_alone_opens(fresh_database, together):
    """Each revokes those before it, and nobody meets an error."""
    funder = make_funder()
    tokens = together(6, lambda _: invite(funder))
    assert all(isinstance(token, str) for token in tokens), tokens
    states = [services.find_invitation(token=token)["state"] for token in tokens]
    assert sorted(states) == ["open", *["revoked"] * 5]


def test_two_links_for_one_address_are_refused_by_the_database(funder):
    invite(funder)
    with acting(funder.principal):
        second = Invitation.objects.get(email=EMAIL)
        second.pk, second._state.adding, second.digest = None, True, b"another"
        with pytest.raises(IntegrityError, match="one_open_invitation"), transaction.atomic():
            second.save(force_insert=True)


def test_of_two_links_open_at_the_upgrade_the_older_is_revoked(fresh_database):
    funder = make_funder()
    older = invite(funder)
    call_command("migrate", "accounts", "0004", database="owner", verbosity=0, interactive=False)
    with acting(funder.principal):
        second = Invitation.objects.get(email=EMAIL)
        second.pk, second._state.adding, second.digest = None, True, b"another"
        second.save(force_insert=True)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    assert services.find_invitation(token=older)["state"] == "revoked"
    with acting(funder.principal):
        assert Invitation.objects.pending().get(email=EMAIL) == second


def test_two_managers_cannot_leave_at_once(fresh_database, together):
    first = make_funder()
    second = make_member(first.organisation, Hat.FUNDER, Role.MANAGER)

    def leave(i: int) -> None:
        member = (first, second)[i]
        with acting(member.principal):
            services.remove_member(membership=member.membership)

    together(2, leave)
    with acting(first.principal):
        left = Membership.objects.active().filter(organisation=first.organisation, role=Role.MANAGER)
        assert left.count() == 1
