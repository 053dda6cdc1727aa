"""API keys: shown once, kept as a hash, limited to scopes, refused from the request after their end."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.response import Response

from aptic.accounts import scopes, services
from aptic.accounts.api import HasScope, PrincipalAPIView
from aptic.accounts.errors import InvalidScope, UnknownHat
from aptic.accounts.models import APIKey, Membership, Role
from aptic.accounts.rules import space_url
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting, current
from tests.factories import OPERATOR, Member, make_funder, make_member

pytestmark = pytest.mark.pg15


@pytest.fixture(autouse=True)
def _scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "_known", dict(scopes._known))
    scopes.register("essais:read", "Lire les essais", Hat.FUNDER)
    scopes.register("essais:write", "Écrire les essais", Hat.FUNDER)


@pytest.fixture
def funder(db: None) -> Member:
    return make_funder()


def make_key(member: Member, *wanted: str, **more: Any) -> tuple[APIKey, str]:
    with acting(member.principal):
        return services.create_api_key(
            organisation=member.organisation, name="Essai", scopes=wanted or ("essais:read",), hat=Hat.FUNDER, **more
        )


class Whoami(PrincipalAPIView):
    """An endpoint that tells as whom it acts, and writes a row when asked."""

    permission_classes = [HasScope("essais:read")]

    def get(self, request: Any) -> Response:
        return Response({"organisation": str(current().organisation_id), "members": Membership.objects.count()})

    def post(self, request: Any) -> Response:
        Membership.objects.update(role=Role.AGENT)
        raise ValueError("after writing")


def ask(token: str | None, method: str = "get", address: str = "127.0.0.1", scheme: str = "Bearer") -> Any:
    headers = {"Authorization": f"{scheme} {token}"} if token is not None else {}
    request = getattr(RequestFactory(), method)("/api/v1/whoami/", headers=headers, REMOTE_ADDR=address)
    return Whoami.as_view()(request)


def test_a_key_acts_as_its_organisation_and_sees_its_rows_only(funder):
    make_funder()
    _, token = make_key(funder)
    answer = ask(token)
    assert answer.data == {"organisation": str(funder.organisation.pk), "members": 1}
    assert current().organisation_id is None


@pytest.mark.parametrize(
    "token", [None, "", "apk_", "apk_inconnu", "app_x", "n’importe quoi".encode().decode("latin1")]
)
def test_without_a_good_key_the_answer_is_401_and_says_what_to_send(funder, token):
    answer = ask(token)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer.data["code"] in ("not_authenticated", "authentication_failed")


def test_another_scheme_is_no_door(funder):
    _, token = make_key(funder)
    assert ask(token, scheme="Basic").status_code == 401


def test_a_key_without_the_scope_is_refused(funder):
    _, token = make_key(funder, "essais:write")
    answer = ask(token)
    assert (answer.status_code, answer.data["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("end", ["revoked", "expired", "unhatted"])
def test_a_key_that_ended_is_refused(funder, end):
    key, token = make_key(funder)
    assert ask(token).status_code == 200
    with acting(OPERATOR):
        if end == "revoked":
            services.revoke_api_key(key=key)
        elif end == "expired":
            APIKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
        else:
            Organisation.objects.filter(pk=funder.organisation.pk).update(is_funder=False)
    assert ask(token).status_code == 401


def test_only_the_hash_is_kept(funder):
    key, token = make_key(funder)
    assert key.prefix == token[:10]
    with acting(funder.principal), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, '') FROM accounts_apikey k")
        assert token not in cursor.fetchone()[0]


def test_the_last_use_is_noted_once_a_minute(funder):
    key, token = make_key(funder)

    def noted() -> Any:
        with acting(funder.principal):
            return APIKey.objects.get(pk=key.pk).last_used_at

    assert noted() is None
    ask(token)
    first = noted()
    assert first is not None
    ask(token)
    assert noted() == first
    with acting(funder.principal):
        APIKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    ask(token)
    assert noted() >= first


def test_an_error_keeps_nothing_of_what_was_written(funder):
    _, token = make_key(funder)
    with pytest.raises(ValueError, match="after writing"):
        ask(token, "post")
    with acting(funder.principal):
        assert Membership.objects.get().role == Role.MANAGER


def test_failures_are_counted_by_address_and_a_good_key_always_passes(funder):
    _, token = make_key(funder)
    answers = [ask("apk_faux", address="203.0.113.9").status_code for _ in range(22)]
    assert answers[:20] == [401] * 20
    last = ask("apk_faux", address="203.0.113.9")
    assert (last.status_code, last["Retry-After"]) == (429, "601")
    assert ask(token, address="203.0.113.9").status_code == 200
    assert ask("apk_faux", address="203.0.113.10").status_code == 401


def test_a_key_needs_a_right_and_a_hat_of_its_organisation(funder):
    with acting(funder.principal):
        for wanted in ((), ("tout",), ("essais:delete",)):
            with pytest.raises(InvalidScope):
                services.create_api_key(organisation=funder.organisation, name="x", scopes=wanted, hat=Hat.FUNDER)
        with pytest.raises(UnknownHat):
            services.create_api_key(
                organisation=funder.organisation, name="x", scopes=("essais:read",), hat=Hat.OPERATOR
            )


def page(member: Member, path: str = "") -> str:
    return space_url(member.principal.hat, member.organisation.pk, f"equipe/cles/{path}")


def test_the_page_makes_a_key_and_shows_it_once(funder, django_assert_max_num_queries):
    client = funder.log_in(Client())
    assert "Aucune clé" in client.get(page(funder)).content.decode()
    answer = client.post(page(funder), {"name": "Comptabilité", "scopes": ["essais:read"], "expires_on": "2099-12-31"})
    token = answer.context["token"]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert ask(token).status_code == 200
    with django_assert_max_num_queries(15):
        listed = client.get(page(funder)).content.decode()
    assert "Comptabilité" in listed
    assert "Lire les essais" in listed
    assert token not in listed
    with acting(funder.principal):
        key = APIKey.objects.get()
        assert timezone.localtime(key.expires_at).date().isoformat() == "2100-01-01"  # the last day is inclusive
        assert key.created_by_id == funder.user.pk


def test_the_page_offers_the_rights_of_its_hat_and_no_other(funder):
    client = funder.log_in(Client())
    for bad in ({"name": "x"}, {"name": "x", "scopes": ["applications:write"]}, {"scopes": ["essais:read"]}):
        assert client.post(page(funder), bad).context["form"].errors
    for day in ("2001-01-01", "9999-12-31"):
        wrong = {"name": "x", "scopes": ["essais:read"], "expires_on": day}
        assert client.post(page(funder), wrong).context["form"].errors["expires_on"]


def test_revoking_asks_first_and_works_at_once(funder):
    key, token = make_key(funder)
    client = funder.log_in(Client())
    assert "ne se défait pas" in client.get(page(funder, f"{key.pk}/revoquer/")).content.decode()
    assert ask(token).status_code == 200
    assert client.post(page(funder, f"{key.pk}/revoquer/")).status_code == 302
    assert ask(token).status_code == 401
    assert client.post(page(funder, f"{key.pk}/revoquer/")).status_code == 404


def test_another_organisations_key_is_not_found(funder):
    key, _ = make_key(make_funder())
    assert funder.log_in(Client()).post(page(funder, f"{key.pk}/revoquer/")).status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.FINANCE])
def test_only_managers_make_keys(funder, role):
    other = make_member(funder.organisation, Hat.FUNDER, role)
    assert other.log_in(Client()).get(page(funder)).status_code == 403
