"""Blocking a booklet from a page: found by code or number, seen, confirmed; for its funder and the operator alone."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.tenancy.principal import Hat, acting
from passes import codes
from passes.blocking import block_booklet
from passes.models import Batch, Booklet, Pass
from tests.factories import (
    OPERATOR,
    Member,
    make_campaign,
    make_distributor,
    make_funder,
    make_member,
    make_operator,
)
from tests.passes.world import code_of, make_batch, make_till, one_pass

pytestmark = pytest.mark.django_db


@pytest.fixture
def funder() -> Member:
    """An agent of a funder."""
    return make_funder("Département de l’essai", role=Role.AGENT)


@pytest.fixture
def batch(funder: Member) -> Batch:
    """Three booklets of its own."""
    manager = make_member(funder.organisation, Hat.FUNDER)
    return make_batch(booklets=3, campaign=make_campaign(manager, name="Premiers clics", needs_hand_out=False))


def find(client: Client, member: Member, **data: Any) -> Any:
    return client.post(reverse(f"{member.principal.hat.value}_block", args=[member.organisation.pk]), data)


def confirm(client: Client, member: Member, page: Any) -> Any:
    sealed = re.findall(r'name="booklet" value="([^"]+)"', page.content.decode())[0]
    address = reverse(f"{member.principal.hat.value}_blocked", args=[member.organisation.pk])
    return client.post(address, {"booklet": sealed}, follow=True)


def text(response: Any) -> str:
    return html.unescape(response.content.decode()).replace("\xa0", " ")


def blocked(batch: Batch) -> int:
    with acting(OPERATOR):
        return Pass.objects.filter(batch=batch, state=Pass.State.BLOCKED).count()


def test_looking_says_what_will_happen_and_blocks_nothing(client: Client, funder: Member, batch: Batch) -> None:
    assert make_till().redeem(code_of(batch, 1, 3)).status_code == 201
    funder.log_in(client)
    page = find(client, funder, batch=batch.pk, number=2)
    for words in ("Bloquer ce carnet ?", "Carnet n° 2", "Premiers clics", "9 pass, 90 €", "pas encore"):
        assert words in text(page), words
    assert blocked(batch) == 0


def test_confirmed_it_is_refused_at_once_and_a_repeat_changes_nothing(
    client: Client, funder: Member, batch: Batch
) -> None:
    funder.log_in(client)
    page = find(client, funder, batch=batch.pk, number=2)
    assert "10 pass bloqués" in text(confirm(client, funder, page))
    assert make_till().redeem(code_of(batch, 1, 1)).json()["code"] == "blocked"
    assert one_pass(batch, 0, 1).state == one_pass(batch, 2, 1).state == Pass.State.OPEN
    assert "rien n’a changé" in text(confirm(client, funder, page))
    assert "n’a plus rien à bloquer" in text(find(client, funder, batch=batch.pk, number=2))
    with acting(OPERATOR):
        assert Event.objects.filter(verb="booklet_blocked").count() == 1


@pytest.mark.parametrize("position", [0, 7])
def test_any_code_of_the_booklet_finds_it(client: Client, funder: Member, batch: Batch, position: int) -> None:
    funder.log_in(client)
    page = find(client, funder, code=codes.grouped(code_of(batch, 2, position)).lower())
    assert "Carnet n° 3" in text(page)
    assert page["Cache-Control"] == "no-store"
    assert code_of(batch, 2, position) not in text(page)


def test_the_operator_blocks_any_booklet(client: Client, batch: Batch) -> None:
    operator = make_operator()
    operator.log_in(client)
    assert "10 pass bloqués" in text(confirm(client, operator, find(client, operator, code=code_of(batch))))
    assert blocked(batch) == 10


def test_another_funders_booklet_is_not_found_by_code_or_number(client: Client, batch: Batch) -> None:
    stranger = make_funder()
    stranger.log_in(client)
    for data in ({"code": code_of(batch)}, {"batch": batch.pk, "number": 1}):
        page = find(client, stranger, **data)
        assert page.status_code == 404
        assert "Aucun de vos carnets" in text(page)
        assert code_of(batch) not in text(page)


def test_a_sealed_number_of_another_space_blocks_nothing(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    page = find(client, funder, batch=batch.pk, number=1)
    sealed = re.findall(r'name="booklet" value="([^"]+)"', page.content.decode())[0]
    stranger = make_funder()
    stranger.log_in(client)
    address = reverse("funder_blocked", args=[stranger.organisation.pk])
    assert client.post(address, {"booklet": sealed}).status_code == 404
    assert "rien n’est bloqué" in text(client.post(address, {"booklet": "1"}, follow=True))
    assert blocked(batch) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "obligatoire"),
        ({"code": ""}, "obligatoire"),
        ({"batch": 1}, "obligatoire"),
        ({"number": 1}, "obligatoire"),
        ({"code": "ABCD-1234"}, "Ce code n’existe pas"),
        ({"batch": "x", "number": "1"}, "nombre entier"),
        ({"batch": 10**12, "number": 10**12}, "Aucun de vos carnets"),
        ({"batch": "lot", "number": 4}, "Aucun de vos carnets"),
    ],
)
def test_what_names_no_booklet_says_so(
    client: Client, funder: Member, batch: Batch, data: dict[str, Any], words: str
) -> None:
    funder.log_in(client)
    data = {name: batch.pk if value == "lot" else value for name, value in data.items()}
    assert words in text(find(client, funder, **data))


def test_false_codes_count_as_guesses(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    for _ in range(60):
        find(client, funder, code="ABCD")
    assert "Trop de codes faux" in text(find(client, funder, code="ABCD"))
    assert "Bloquer ce carnet" in text(find(client, funder, code=code_of(batch)))  # whoever holds a real one goes on


def test_distributors_and_finance_block_nothing(client: Client, funder: Member, batch: Batch) -> None:
    ccas = make_distributor(role=Role.MANAGER)
    ccas.log_in(client)
    assert client.get(reverse("funder_block", args=[ccas.organisation.pk])).status_code == 404
    reader = make_member(funder.organisation, Hat.FUNDER, Role.FINANCE)
    reader.log_in(client)
    assert find(client, reader, batch=batch.pk, number=1).status_code == 403


def test_a_used_pass_keeps_its_state(funder: Member, batch: Batch) -> None:
    assert make_till().redeem(code_of(batch)).status_code == 201
    with acting(funder.principal):
        assert block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet)) == 9
    assert one_pass(batch).state == Pass.State.REDEEMED
