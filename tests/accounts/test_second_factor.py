"""The second factor: asked of the operator and of whoever touches money, in this very session, and sealed at rest."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection
from django.test import Client

from aptic.accounts import rules
from aptic.accounts.models import Role
from aptic.accounts.rules import space_url
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat
from tests.accounts.people import code_for, log_in, of, prove_again, with_totp
from tests.factories import Member, make_distributor, make_funder, make_member, make_operator

pytestmark = pytest.mark.pg15


def home(member: Member, page: str = "equipe/") -> str:
    return space_url(member.principal.hat, member.organisation.pk, page)


@pytest.mark.parametrize(
    ("hats", "role", "needed"),
    [
        ({Hat.OPERATOR}, Role.AGENT, True),
        ({Hat.OPERATOR}, Role.SCANNER, True),
        ({Hat.FUNDER}, Role.MANAGER, True),
        ({Hat.FUNDER}, Role.FINANCE, True),
        ({Hat.FUNDER}, Role.AGENT, False),
        ({Hat.ACTOR}, Role.MANAGER, True),
        ({Hat.ACTOR}, Role.FINANCE, True),
        ({Hat.ACTOR}, Role.SCANNER, False),
        ({Hat.DISTRIBUTOR}, Role.MANAGER, False),
        ({Hat.DISTRIBUTOR, Hat.ACTOR}, Role.MANAGER, True),
    ],
)
def test_who_needs_one(hats, role, needed):
    assert rules.second_factor_required(role, hats) is needed


@pytest.fixture
def manager(db: None) -> Member:
    member = make_funder()
    of(member)
    return member


def test_without_one_the_space_explains_and_offers_both_kinds(manager):
    client = Client()
    log_in(client, manager.user)
    answer = client.get(home(manager), follow=True)
    assert answer.redirect_chain[0][0].startswith("/espace/double-verification/?next=")
    text = answer.content.decode()
    assert "/compte/2fa/totp/activate/" in text
    assert "/compte/2fa/webauthn/add/" in text


def test_writing_is_refused_as_well(manager):
    client = Client()
    log_in(client, manager.user)
    answer = client.post(home(manager), {"email": "x@essai.example", "role": Role.AGENT})
    assert answer.url.startswith("/espace/double-verification/")


def test_from_the_first_log_in_to_the_space(manager, django_capture_on_commit_callbacks):
    client = Client()
    log_in(client, manager.user)
    assert client.get("/compte/2fa/totp/activate/").url.startswith("/compte/reauthenticate/")
    prove_again(client)
    page = client.get("/compte/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        codes = client.post("/compte/2fa/totp/activate/", {"code": code_for(secret)}, follow=True)
    assert len(re.findall(r"\b\d{8}\b", codes.content.decode())) >= 10
    assert client.get(home(manager)).status_code == 302  # enrolled, not yet proved in this session
    asked = client.get("/espace/double-verification/", {"next": home(manager)})
    assert "/compte/2fa/reauthenticate/" in asked.content.decode()
    proved = client.post(f"/compte/2fa/reauthenticate/?next={home(manager)}", {"code": code_for(secret)})
    assert proved.url == home(manager)
    assert client.get(home(manager)).status_code == 200
    deliver_due()
    (letter,) = (each for each in mail.outbox if each.to == [manager.user.email])
    assert "l’application d’authentification est activée" in letter.body


def test_secrets_and_recovery_codes_are_sealed_at_rest(manager):
    secret = with_totp(manager.user)
    client = Client()
    log_in(client, manager.user)
    client.post("/compte/2fa/authenticate/", {"code": code_for(secret)})
    prove_again(client)
    client.post("/compte/2fa/recovery-codes/generate/")
    codes = re.findall(r"\b\d{8}\b", client.get("/compte/2fa/recovery-codes/").content.decode())
    assert codes
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        stored = cursor.fetchone()[0]
    assert secret not in stored
    assert not [code for code in codes if code in stored]


def test_logging_in_asks_for_the_code_and_refuses_a_wrong_one(manager):
    secret = with_totp(manager.user)
    client = Client()
    assert log_in(client, manager.user).url.startswith("/compte/2fa/authenticate/")
    assert client.get("/espace/").status_code == 302  # not in yet
    assert client.post("/compte/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/compte/2fa/authenticate/", {"code": code_for(secret)}).status_code == 302
    assert client.get(home(manager)).status_code == 200


def test_a_code_serves_once(manager):
    secret = with_totp(manager.user)
    first, second = Client(), Client()
    for client in (first, second):
        log_in(client, manager.user)
    code = code_for(secret)  # thirty seconds are counted from the clock, not from here
    assert first.post("/compte/2fa/authenticate/", {"code": code}).status_code == 302
    assert second.post("/compte/2fa/authenticate/", {"code": code}).status_code == 200


def test_codes_cannot_be_tried_for_ever(manager):
    secret = with_totp(manager.user)
    client = Client()
    log_in(client, manager.user)
    for n in range(6):
        client.post("/compte/2fa/authenticate/", {"code": f"00000{n}"})
    client.post("/compte/2fa/authenticate/", {"code": code_for(secret)})
    assert client.get("/espace/").url.startswith("/compte/")  # the right code comes too late


def test_a_recovery_code_opens_once(manager):
    secret = with_totp(manager.user)
    client = Client()
    log_in(client, manager.user)
    client.post("/compte/2fa/authenticate/", {"code": code_for(secret)})
    prove_again(client)
    client.post("/compte/2fa/recovery-codes/generate/")
    code = re.findall(r"\b\d{8}\b", client.get("/compte/2fa/recovery-codes/").content.decode())[0]
    for expected in (302, 200):
        other = Client()
        log_in(other, manager.user)
        assert other.post("/compte/2fa/authenticate/", {"code": code}).status_code == expected


def test_a_session_opened_before_enrolling_must_prove_it_too(manager):
    old = Client()
    log_in(old, manager.user)
    with_totp(manager.user)
    assert old.get(home(manager)).url.startswith("/espace/double-verification/")


def test_a_proof_is_the_persons_own(manager):
    """What one person proved does not serve the next one who logs in from the same browser."""
    client = manager.log_in(Client())
    assert client.get(home(manager)).status_code == 200
    other = make_member(manager.organisation, Hat.FUNDER, Role.MANAGER)
    client.force_login(of(other), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(home(manager)).status_code == 302


@pytest.mark.parametrize("target", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)", ""])
def test_one_is_never_sent_elsewhere(manager, target):
    client = manager.log_in(Client())
    assert client.get("/espace/double-verification/", {"next": target}).url == "/espace/"


def test_who_touches_no_money_needs_none(db):
    distributor = make_distributor(role=Role.MANAGER)
    client = Client()
    log_in(client, of(distributor))
    assert client.get(home(distributor)).status_code == 200


def test_the_last_authenticator_may_go_and_the_space_closes(manager):
    secret = with_totp(manager.user)
    client = Client()
    log_in(client, manager.user)
    client.post("/compte/2fa/authenticate/", {"code": code_for(secret)})
    prove_again(client)
    assert client.get("/compte/2fa/").status_code == 200
    assert client.post("/compte/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=manager.user).exists()
    again = Client()
    log_in(again, manager.user)
    assert again.get(home(manager)).url.startswith("/espace/double-verification/")


def test_the_operators_people_all_need_one(db):
    for role in Role:
        member = make_operator(role)
        client = Client()
        log_in(client, of(member))
        assert client.get(home(member, "")).url.startswith("/espace/double-verification/"), role
