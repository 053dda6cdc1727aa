"""The first day of a real installation: from one command to the operator's space, and every way to be refused."""

import io
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from aptic.accounts import opening
from aptic.accounts.errors import OperatorExists
from aptic.accounts.models import Invitation, Membership, Role
from aptic.accounts.rules import space_url
from aptic.errors import NotAllowed
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from tests.accounts.people import PASSWORD, code_for, prove_again
from tests.factories import OPERATOR, make_funder, make_siret

pytestmark = pytest.mark.pg15
EMAIL, CONTACT = "alix.premier@operateur.example", "bonjour@operateur.example"


def command(**changes: str) -> str:
    """What the command prints; a change to "" leaves the option out."""
    given = {"name": "Coopérative d’essai", "siret": make_siret(), "email": EMAIL, **changes}
    out = io.StringIO()
    call_command("create_operator", *(f"--{option}={value}" for option, value in given.items() if value), stdout=out)
    return out.getvalue()


def again(email: str = EMAIL) -> str:
    out = io.StringIO()
    call_command("create_operator", "--again", f"--email={email}", stdout=out)
    return out.getvalue()


def path(printed: str) -> str:
    """The page that the printed link opens."""
    return re.search(r"https?://[^/]+(/invitation/\S+)", printed)[1]


def join(client: Client, link: str) -> None:
    """Open an account by the link, and join."""
    client.get(link)
    account = {"email": EMAIL, "password1": PASSWORD, "password2": PASSWORD, "full_name": "Alix Premier"}
    assert client.post("/compte/signup/", account).url == link
    assert client.post(link).status_code == 302


def test_from_the_printed_link_to_the_space_with_a_second_factor(db):
    siret = make_siret()
    spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    link = path(command(siret=spaced, contact=CONTACT))
    operator = Organisation.objects.get(is_operator=True)
    assert (operator.name, operator.siret, operator.email) == ("Coopérative d’essai", siret, CONTACT)
    deliver_due()
    (letter,) = (each for each in mail.outbox if each.to == [EMAIL])
    assert link in letter.body

    client = Client()
    join(client, link)
    home = space_url(Hat.OPERATOR, operator.pk)
    assert client.get("/espace/").url == home
    assert client.get(home).url.startswith("/espace/double-verification/")
    prove_again(client)
    secret = client.get("/compte/2fa/totp/activate/").context["form"].secret
    client.post("/compte/2fa/totp/activate/", {"code": code_for(secret)})
    client.post(f"/compte/2fa/reauthenticate/?next={home}", {"code": code_for(secret)})
    assert client.get(home).status_code == 200
    assert client.get(f"{home}equipe/").status_code == 200  # a manager: from here on, everybody is invited by a page
    with acting(OPERATOR):
        assert Membership.objects.get(organisation=operator).role == Role.MANAGER


def test_answers_go_to_the_manager_unless_another_address_is_said(db):
    command()
    assert Organisation.objects.get(is_operator=True).email == EMAIL


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"siret": "123 456 789 00012"}, "sa clé de contrôle ne correspond pas. Vérifiez les 14 chiffres"),
        ({"siret": "123456782"}, "il manque les 5 chiffres de l’établissement"),
        ({"siret": "12345"}, "Un SIRET compte 14 chiffres, vous en avez écrit 5."),
        ({"siret": ""}, "Donnez le nom et le SIRET"),
        ({"name": " "}, "le nom compte de 1 à 160 caractères"),
        ({"name": "n" * 161}, "le nom compte de 1 à 160 caractères"),
        ({"email": "alix"}, "« alix » n’est pas une adresse électronique."),
        ({"contact": "accueil"}, "« accueil » n’est pas une adresse électronique."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(db, changes, sentence):
    with pytest.raises(CommandError, match=re.escape(sentence)):
        command(**changes)
    assert not Organisation.objects.exists()


def test_there_is_one_operator(db):
    command()
    with pytest.raises(CommandError, match=r"a déjà son opérateur\. Un de ses responsables invite"):
        command(email="autre@operateur.example")
    assert Organisation.objects.count() == 1
    with acting(OPERATOR):
        assert Invitation.objects.count() == 1


def test_a_lost_link_is_made_again_until_somebody_has_joined(db):
    with pytest.raises(CommandError, match="n’a pas encore d’opérateur"):
        again()
    lost = path(command(email="faute@operateur.exemple"))
    link, client = path(again()), Client()
    assert client.get(lost).status_code == 404
    join(client, link)
    with pytest.raises(CommandError, match="a déjà son opérateur"):
        again()


def test_an_expired_link_is_made_again(db):
    with acting(OPERATOR):
        long_ago = timezone.now() - timedelta(days=15)
        opening.create_operator(name="Opérateur", siret=make_siret(), manager_email=EMAIL, at=long_ago)
    join(Client(), path(again()))


def test_only_the_installation_itself_makes_its_operator(db):
    with acting(make_funder().principal):
        with pytest.raises(NotAllowed):
            opening.create_operator(name="Autre", siret=make_siret(), manager_email=EMAIL)
        with pytest.raises(NotAllowed):
            opening.invite_again(manager_email=EMAIL)


def test_of_two_at_once_one_is_the_operator(fresh_database, together):
    def create(_: int) -> Organisation:
        with acting(OPERATOR):
            return opening.create_operator(name="Opérateur", siret=make_siret(), manager_email=EMAIL)[0]

    answers = together(2, create)
    assert {type(answer) for answer in answers} == {OperatorExists, Organisation}


def test_it_works_under_the_serving_role_alone(fresh_database, monkeypatch):
    """The tables' owner obeys no policy: the command refuses to write under it."""
    monkeypatch.setitem(connections.settings["default"], "USER", connections.settings["owner"]["USER"])
    connections["default"].close()
    with pytest.raises(CommandError, match="de DATABASE_URL possède une table"):
        command()
    monkeypatch.undo()
    connections["default"].close()
    assert "est l’opérateur de cette installation" in command()
