"""Logging in: by address and password, counted, refusing in the same words whoever asks, and closed by default."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client, RequestFactory
from django.utils import timezone

from aptic.accounts.models import User
from aptic.accounts.throttle import client_address
from tests.accounts.people import PASSWORD, log_in, of, with_password
from tests.factories import make_distributor, make_operator
from tests.test_consistency import addresses

pytestmark = pytest.mark.pg15
WRONG = "pas-le-bon-mot-de-passe"


@pytest.fixture
def person(db: None) -> User:
    return of(make_distributor())


def test_passwords_are_kept_by_argon2(person):
    assert identify_hasher(person.password).algorithm == "argon2"
    assert PASSWORD not in person.password


def test_who_has_one_space_lands_in_it(person):
    client = Client()
    assert log_in(client, person).url == "/espace/"
    assert client.get("/espace/").url.startswith("/aiguilleur/")


def test_the_address_is_read_in_any_case(person):
    answer = Client().post("/compte/login/", {"login": person.email.upper(), "password": PASSWORD})
    assert answer.status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(person):
    def words(email: str) -> dict[str, list[str]]:
        return Client().post("/compte/login/", {"login": email, "password": WRONG}).context["form"].errors

    assert words(person.email)
    assert words(person.email) == words("personne@inconnu.example")


def test_attempts_on_one_address_are_counted_and_no_other_is_locked(person):
    other = of(make_distributor())
    for hop in range(5):
        log_in(Client(), person, WRONG, REMOTE_ADDR=f"198.51.100.{hop}")
    refused = log_in(Client(), person, REMOTE_ADDR="198.51.100.99")
    assert refused.status_code == 200
    assert "trop" in str(refused.context["form"].errors).lower()
    assert log_in(Client(), other, REMOTE_ADDR="198.51.100.99").status_code == 302


def test_attempts_from_one_place_are_counted(person):
    answers = [
        Client().post("/compte/login/", {"login": f"{n}@essai.example", "password": WRONG}, REMOTE_ADDR="203.0.113.7")
        for n in range(12)
    ]
    assert "trop" in str(answers[-1].context["form"].errors).lower()
    assert log_in(Client(), person, REMOTE_ADDR="203.0.113.8").status_code == 302


def test_the_visitor_behind_our_proxy_is_counted_not_the_proxy(person, settings):
    settings.TRUSTED_PROXIES = 1
    for n in range(12):
        hops = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{n}"}
        answer = Client().post("/compte/login/", {"login": f"{n}@essai.example", "password": WRONG}, **hops)
    assert "trop" not in str(answer.context["form"].errors).lower()


def test_a_visitor_of_many_ipv6_addresses_is_counted_as_one(db):
    for n in range(12):
        where = {"REMOTE_ADDR": f"2001:db8:0:7:{n}::1"}
        answer = Client().post("/compte/login/", {"login": f"{n}@essai.example", "password": WRONG}, **where)
    assert "trop" in str(answer.context["form"].errors).lower()


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2:ffff::9%eth0", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("2001:db8:::1", "2001:db8:::1"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_limits_count_by_address_or_by_network_of_ipv6(written, counted):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=written)) == counted


def test_who_is_inactive_or_erased_stays_out(person):
    person.is_active = False
    person.save()
    assert log_in(Client(), person).url == "/compte/inactive/"


def test_an_account_without_password_is_no_door(db):
    user = with_password(make_distributor().user)
    user.set_unusable_password()
    user.save()
    for password in ("", "!", user.password):
        assert log_in(Client(), user, password).status_code == 200


def test_nobody_opens_an_account_without_being_brought(db):
    answer = Client().post(
        "/compte/signup/", {"email": "x@essai.example", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert "invitation" in answer.content.decode()
    assert not User.objects.filter(email="x@essai.example").exists()


def test_session_cookies_are_for_us_alone_and_last_a_working_day_or_until_the_browser_closes(person, settings):
    for remember, age in ({}, ""), ({"remember": "on"}, 12 * 3600):
        client = Client()
        client.post("/compte/login/", {"login": person.email, "password": PASSWORD, **remember})
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", age)
        lasts = client.session.get_expiry_date() - timezone.now()
        assert lasts <= timedelta(hours=12)


def test_logging_in_changes_the_session_and_logging_out_ends_it(person):
    client = Client()
    client.get("/compte/login/")
    log_in(client, person)
    inside = client.session.session_key
    client.post("/compte/logout/")
    stolen = Client()
    stolen.cookies["sessionid"] = inside
    assert stolen.get("/espace/").status_code == 302


def test_a_new_password_ends_the_other_sessions(person):
    here, elsewhere = Client(), Client()
    log_in(here, person)
    log_in(elsewhere, person)
    new = "encore-plus-solide-2026"
    changed = here.post("/compte/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert changed.status_code == 302
    assert elsewhere.get("/espace/").url.startswith("/compte/login/")


@pytest.mark.parametrize("password", ["court", "motdepasse", "123456789012"])
def test_weak_passwords_are_refused(person, password):
    client = Client()
    log_in(client, person)
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post("/compte/password/change/", data).context["form"].errors


def test_log_in_goes_back_where_one_was_going_but_never_elsewhere(person):
    client = Client()
    answer = client.post("/compte/login/?next=/espace/profil/", {"login": person.email, "password": PASSWORD})
    assert answer.url == "/espace/profil/"
    other = Client().post(
        "/compte/login/?next=https://ailleurs.example/", {"login": person.email, "password": PASSWORD}
    )
    assert other.url == "/espace/"


def test_a_demand_for_a_new_password_says_the_same_to_everybody(person):
    def ask(email: str) -> tuple[int, str]:
        answer = Client().post("/compte/password/reset/", {"email": email})
        return answer.status_code, answer.url

    assert ask(person.email) == ask("personne@inconnu.example")


def test_every_address_asks_to_log_in_unless_it_says_that_it_is_open(db):
    """Default deny: what has no mark of its own is closed."""
    organisation = make_operator().organisation
    client, closed = Client(), 0
    for route, pattern in addresses():
        if not getattr(pattern.callback, "login_required", True) or not pattern.name:
            continue
        path = "/" + fill(route, organisation)
        answer = client.get(path)
        assert answer.status_code in (302, 405), path
        assert answer.status_code == 405 or answer.url.startswith("/compte/login/"), path
        closed += 1
    assert closed > 60


def fill(route: str, organisation: object) -> str:
    """An address of a real organisation, and of things that do not exist."""
    import re

    route = route.replace("<uuid:organisation>", str(organisation.pk))
    return re.sub(
        r"<(\w+):\w+>",
        lambda found: {"int": "1", "str": "x", "trace_kind": "lot"}.get(found[1], str(organisation.pk)),
        route,
    )


def test_a_session_left_open_does_not_change_the_address(person):
    """Whoever owns the address owns the account: they may ask for a new password."""
    client, there, added = Client(), "/compte/email/", {"action_add": "", "email": "ailleurs@essai.example"}
    log_in(client, person)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    answer = client.post(there, added)
    assert answer.url.startswith("/compte/reauthenticate/")
    assert not person.emailaddress_set.filter(email=added["email"]).exists()
    client.post(answer.url, {"password": PASSWORD})  # and what was asked for goes on
    assert person.emailaddress_set.filter(email=added["email"]).exists()
