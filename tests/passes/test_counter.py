"""The counter's pages: look, confirm, answer, undo, and nothing redeemed by looking."""

import re
import uuid

import pytest
from django.test import Client

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import codes
from passes.models import Pass, Redemption
from tests.factories import OPERATOR, Member, make_member
from tests.passes.world import TestTill, code_of, first_service, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> TestTill:
    """A site, without using its device."""
    return make_till()


@pytest.fixture
def person(till: TestTill) -> Member:
    """An agent of the actor."""
    return make_member(till.site.actor, Hat.ACTOR, Role.AGENT)


def _base(till: TestTill) -> str:
    return f"/guichet/{till.site.actor_id}/{till.site.pk}/"


def _shown(client: Client, till: TestTill, code: str) -> dict[str, str]:
    page = client.post(_base(till), {"code": code})
    assert page.status_code == 200
    return dict(re.findall(r'name="(code|attempt)" value="([^"]+)"', page.content.decode()))


def test_looking_shows_the_pass_and_takes_nothing(client: Client, till: TestTill, person: Member) -> None:
    batch = make_batch()
    person.log_in(client)
    answer = client.post(_base(till), {"code": code_of(batch).lower()})
    page = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"  # the page bears a code
    assert "Ce pass est valable" in page
    assert "10\u00a0€" in page
    assert one_pass(batch).state == Pass.State.OPEN


def test_confirming_takes_it_once_even_when_the_form_is_sent_twice(
    client: Client, till: TestTill, person: Member
) -> None:
    batch = make_batch()
    person.log_in(client)
    form = {**_shown(client, till, code_of(batch)), "service": str(first_service().pk)}
    first = client.post(_base(till) + "encaisser/", form)
    second = client.post(_base(till) + "encaisser/", form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    page = client.get(first["Location"]).content.decode()
    assert "C’est encaissé" in page
    with acting(OPERATOR):
        assert Redemption.objects.filter(batch=batch).count() == 1


def test_it_is_undone_from_the_receipt(client: Client, till: TestTill, person: Member) -> None:
    batch = make_batch()
    person.log_in(client)
    form = {**_shown(client, till, code_of(batch)), "service": str(first_service().pk)}
    receipt = client.post(_base(till) + "encaisser/", form)["Location"]
    page = client.post(receipt + "annuler/", follow=True).content.decode()
    assert "Encaissement annulé" in page
    assert one_pass(batch).state == Pass.State.OPEN


def test_a_training_code_never_reaches_the_pass_it_names(client: Client, till: TestTill, person: Member) -> None:
    batch = make_batch()
    person.log_in(client)
    training = codes.encode(batch.first_booklet << 4 | 1, codes.TRAINING_VERSION)
    assert client.post(_base(till), {"code": training}).status_code == 404
    form = {"code": training, "attempt": str(uuid.uuid4()), "service": str(first_service().pk)}
    assert client.post(_base(till) + "encaisser/", form)["Location"] == _base(till)
    assert one_pass(batch).state == Pass.State.OPEN


def test_a_false_code_says_what_to_check_and_keeps_what_was_typed(
    client: Client, till: TestTill, person: Member
) -> None:
    person.log_in(client)
    page = client.post(_base(till), {"code": "ABCD-1234"})
    assert page.status_code == 404
    assert "Ce code n’existe pas" in page.content.decode()
    assert "ABCD-1234" in page.content.decode()


def test_a_used_pass_says_so_before_anybody_confirms(client: Client, till: TestTill, person: Member) -> None:
    batch = make_batch()
    till.redeem(code_of(batch))
    person.log_in(client)
    page = client.post(_base(till), {"code": code_of(batch)})
    assert page.status_code == 409
    assert "déjà été utilisé" in page.content.decode()


def test_the_day_lists_what_happened(client: Client, till: TestTill, person: Member) -> None:
    batch = make_batch()
    till.redeem(code_of(batch))
    till.redeem(code_of(batch))
    person.log_in(client)
    page = client.get(_base(till) + "journee/").content.decode()
    assert "encaissé" in page
    assert "refusé" in page


def test_another_actors_counter_does_not_exist(client: Client, till: TestTill, person: Member) -> None:
    other = make_till()
    person.log_in(client)
    assert client.get(_base(other)).status_code == 404
    assert client.get(f"/guichet/{till.site.actor_id}/{other.site.pk}/").status_code == 404
    assert client.get(f"{_base(till)}{uuid.uuid4()}/").status_code == 404


def test_counter_staff_redeem_only_where_they_were_placed(client: Client, till: TestTill) -> None:
    scanner = make_member(till.site.actor, Hat.ACTOR, Role.SCANNER)
    scanner.log_in(client)
    assert client.get(_base(till)).status_code == 404


def test_the_only_site_opens_at_once(client: Client, till: TestTill, person: Member) -> None:
    person.log_in(client)
    assert client.get("/guichet/")["Location"] == _base(till)
