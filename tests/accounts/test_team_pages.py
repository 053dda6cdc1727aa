"""The team's pages in each space: who sees them, what they ask the database, what they refuse."""

import pytest
from django.core import mail
from django.test import Client

from aptic.accounts.models import Invitation, Membership, Role, User
from aptic.accounts.rules import space_url
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat, acting
from tests.factories import Member, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15


def page(member: Member, path: str = "") -> str:
    return space_url(member.principal.hat, member.organisation.pk, f"equipe/{path}")


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


@pytest.fixture
def client(funder: Member) -> Client:
    return funder.log_in(Client())


def invite(client: Client, funder: Member, email: str, role: str = Role.AGENT):
    return client.post(page(funder), {"email": email, "role": role})


def test_team_shows_members_and_pending_invitations_in_a_fixed_number_of_queries(
    client, funder, django_assert_max_num_queries
):
    invite(client, funder, "une@essai.example")
    for number in range(5):
        make_member(funder.organisation, Hat.FUNDER, Role.AGENT, name=f"Membre {number}")
    with django_assert_max_num_queries(15):
        text = client.get(page(funder)).content.decode()
    assert "Membre 4" in text
    assert "une@essai.example" in text


def test_more_than_a_page_of_members_is_cut(client, funder, monkeypatch):
    monkeypatch.setattr("aptic.accounts.team_views.PAGE", 3)
    for number in range(4):
        make_member(funder.organisation, Hat.FUNDER, Role.AGENT, name=f"Membre {number}")
    assert len(client.get(page(funder)).context["members"]) == 3
    assert len(client.get(page(funder), {"page": 2}).context["members"]) == 2


def test_invitation_leaves_by_mail_with_a_link_whose_secret_is_nowhere_else(client, funder):
    assert invite(client, funder, "Nouvelle@Essai.example").status_code == 302
    deliver_due()
    (letter,) = (m for m in mail.outbox if m.to == ["nouvelle@essai.example"])
    token = next(word for word in letter.body.split() if "/invitation/" in word).rstrip("/").rpartition("/")[2]
    with acting(funder.principal):
        kept = Invitation.objects.get(email="nouvelle@essai.example")
    assert token not in str(vars(kept))
    assert Client().get(f"/invitation/{token}/").status_code == 200


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 300 + "@essai.example"])
def test_what_is_no_address_is_refused_on_the_page(client, funder, email):
    answer = invite(client, funder, email)
    assert answer.status_code == 200
    assert answer.context["form"].errors["email"]
    with acting(make_operator().principal):
        assert not Invitation.objects.filter(email=email).exists()


def test_a_member_is_not_invited_twice(client, funder):
    answer = invite(client, funder, funder.user.email)
    assert "fait déjà partie de l’équipe" in answer.content.decode()


def test_a_funder_has_no_counter_role_to_give(client, funder):
    answer = invite(client, funder, "une@essai.example", Role.SCANNER)
    assert answer.context["form"].errors["role"]


def test_a_new_invitation_replaces_the_former(client, funder):
    for _ in range(2):
        invite(client, funder, "une@essai.example")
    with acting(funder.principal):
        theirs = Invitation.objects.filter(email="une@essai.example")
        assert (theirs.count(), theirs.pending().count()) == (2, 1)


def test_an_invitation_can_be_taken_back(client, funder):
    invite(client, funder, "une@essai.example")
    with acting(funder.principal):
        invitation = Invitation.objects.get(email="une@essai.example")
    assert client.post(page(funder, f"invitations/{invitation.pk}/annuler/")).status_code == 302
    with acting(funder.principal):
        assert not Invitation.objects.pending().filter(pk=invitation.pk).exists()
    assert client.get(page(funder, f"invitations/{invitation.pk}/annuler/")).status_code == 405


def test_a_role_changes_by_its_page(client, funder):
    other = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    assert client.get(page(funder, f"{other.membership.pk}/")).status_code == 200
    assert client.post(page(funder, f"{other.membership.pk}/"), {"role": Role.FINANCE}).status_code == 302
    with acting(funder.principal):
        assert Membership.objects.get(pk=other.membership.pk).role == Role.FINANCE


def test_the_last_manager_stays(client, funder):
    own = page(funder, f"{funder.membership.pk}/")
    assert "dernier responsable" in client.post(own, {"role": Role.AGENT}).content.decode()
    answer = client.post(f"{own}retirer/")
    assert answer.status_code == 409
    assert "dernier responsable" in answer.content.decode()
    with acting(funder.principal):
        kept = Membership.objects.get(pk=funder.membership.pk)
    assert (kept.active, kept.role) == (True, Role.MANAGER)


def test_who_is_removed_is_out_at_once(client, funder):
    other = make_member(funder.organisation, Hat.FUNDER, Role.MANAGER)
    theirs = other.log_in(Client())
    assert theirs.get(page(other)).status_code == 200
    confirm = client.get(page(funder, f"{other.membership.pk}/retirer/"))
    assert "Retirer de l’équipe" in confirm.content.decode()
    client.post(page(funder, f"{other.membership.pk}/retirer/"))
    assert theirs.get(page(other)).status_code == 404
    assert User.objects.get(pk=other.user.pk).is_active


@pytest.mark.parametrize("role", [Role.AGENT, Role.FINANCE])
def test_only_managers_reach_the_team(funder, role):
    other = make_member(funder.organisation, Hat.FUNDER, role)
    assert other.log_in(Client()).get(page(funder)).status_code == 403


def test_a_stranger_finds_nothing_and_a_visitor_logs_in(funder):
    assert make_funder().log_in(Client()).get(page(funder)).status_code == 404
    answer = Client().get(page(funder))
    assert answer.status_code == 302
    assert answer.url.startswith("/compte/login/")


def test_another_organisations_member_is_not_found_under_the_own_address(client, funder):
    foreign = make_funder()
    for path in (f"{foreign.membership.pk}/", f"{foreign.membership.pk}/retirer/"):
        assert client.post(page(funder, path), {"role": Role.AGENT}).status_code == 404
    with acting(foreign.principal):
        assert Membership.objects.get(pk=foreign.membership.pk).role == Role.MANAGER


def test_the_operator_has_the_same_pages_for_its_own_people(db):
    operator = make_operator()
    answer = operator.log_in(Client()).get(page(operator))
    assert answer.status_code == 200
    assert operator.user.email in answer.content.decode()
