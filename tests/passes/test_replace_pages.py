"""Replacing booklets from the pages: named, looked at, confirmed; for their funder and the operator alone."""

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes.models import Batch, Pass, Replacement
from tests.factories import OPERATOR, Member, make_campaign, make_distributor, make_funder, make_member, make_operator
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def funder() -> Member:
    """An agent of a funder."""
    return make_funder("Département de l’essai", role=Role.AGENT)


@pytest.fixture
def batch(funder: Member) -> Batch:
    """Three booklets of its own; three passes of the second are used."""
    manager = make_member(funder.organisation, Hat.FUNDER)
    made = make_batch(booklets=3, campaign=make_campaign(manager, name="Premiers clics", needs_hand_out=False))
    till = make_till()
    for position in (1, 2, 3):
        assert till.redeem(code_of(made, 1, position)).status_code == 201
    return made


def address(member: Member, batch: Batch) -> str:
    return reverse(f"{member.principal.hat.value}_batch_replace", args=[member.organisation.pk, batch.uuid])


def text(response: Any) -> str:
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace(" ", " ")


def replaced(batch: Batch) -> int:
    with acting(OPERATOR):
        return Pass.objects.filter(batch=batch, state=Pass.State.REPLACED).count()


def test_a_second_factor_is_asked_of_agents_too(client: Client, funder: Member, batch: Batch) -> None:
    client.force_login(funder.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    run = {"first": 2, "booklets": 1}
    for answer in (client.get(address(funder, batch), run), client.post(address(funder, batch), run)):
        assert answer.url.startswith("/espace/double-verification/")
    assert replaced(batch) == 0


def test_looking_says_what_would_move_and_moves_nothing(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    page = client.get(address(funder, batch), {"first": 2, "booklets": 2})
    for words in (
        "Remplacer les carnets 2 à 3 ?",
        "17 pass, 170 €",
        "1 carnet de 10 pass et 1 carnet de 7 pass",
        "ne se défait pas",
        "Remplacer ces carnets",
    ):
        assert words in text(page), words
    assert replaced(batch) == 0


def test_confirmed_the_batch_page_shows_the_new_booklet(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    page = client.post(address(funder, batch), {"first": 2, "booklets": 1}, follow=True)
    with acting(OPERATOR):
        made = Batch.objects.get(replaces=batch)
    assert page.redirect_chain[-1][0] == reverse("funder_batch", args=[funder.organisation.pk, made.uuid])
    assert f"1 carnet remplacé : 7 pass, 70 €, dans le lot {made.pk}." in text(page)
    assert f"1 carnet du lot {batch.pk}" in text(page)  # what it replaces
    assert "Imprimer les carnets" in text(page)
    old = text(client.get(reverse("funder_batch", args=[funder.organisation.pk, batch.uuid])))
    assert f"1 carnet du lot {made.pk}" in old
    assert "Remplacés avant d’être remis" in old


def test_several_numbers_of_passes_lead_to_the_list_of_batches(client: Client, batch: Batch) -> None:
    operator = make_operator()
    operator.log_in(client)
    page = client.post(address(operator, batch), {"first": 1, "booklets": 3}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("operator_batches", args=[operator.organisation.pk])
    assert "3 carnets remplacés : 27 pass, 270 €, dans les lots" in text(page)
    assert replaced(batch) == 27


def test_sent_twice_it_says_that_nothing_is_left(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    client.post(address(funder, batch), {"first": 1, "booklets": 1})
    assert "Il ne reste rien à remplacer" in text(client.post(address(funder, batch), {"first": 1, "booklets": 1}))
    assert "Il ne reste rien à remplacer" in text(client.get(address(funder, batch), {"first": 1, "booklets": 1}))
    with acting(OPERATOR):
        assert Replacement.objects.count() == 1


@pytest.mark.parametrize("way", ["get", "post"])
@pytest.mark.parametrize(
    ("first", "booklets", "words"),
    [
        ("", "1", "obligatoire"),
        ("0", "1", "supérieure ou égale à 1"),
        ("1", "-2", "supérieure ou égale à 1"),
        ("deux", "1", "nombre entier"),
        ("3", "2", "Ce lot va du carnet 1 au carnet 3"),
        (str(10**12), "1", "Ce lot va du carnet 1 au carnet 3"),
    ],
)
def test_bad_numbers_get_a_sentence_and_lose_nothing(
    client: Client, funder: Member, batch: Batch, way: str, first: str, booklets: str, words: str
) -> None:
    funder.log_in(client)
    page = getattr(client, way)(address(funder, batch), {"first": first, "booklets": booklets})
    assert words in text(page)
    assert f'value="{booklets}"' in page.content.decode()
    assert replaced(batch) == 0


def test_nobody_else_finds_the_page(client: Client, funder: Member, batch: Batch) -> None:
    stranger, distributor = make_funder(), make_distributor()
    finance = make_member(funder.organisation, Hat.FUNDER, Role.FINANCE)
    for member, member_address in (
        (stranger, address(stranger, batch)),
        (distributor, address(funder, batch)),
        (finance, address(finance, batch)),
    ):
        browser = member.log_in(Client())
        for answer in (browser.get(member_address), browser.post(member_address, {"first": 1, "booklets": 1})):
            assert answer.status_code in (403, 404)
    assert replaced(batch) == 0


def test_a_finance_person_is_offered_no_replacement(client: Client, funder: Member, batch: Batch) -> None:
    detail = reverse("funder_batch", args=[funder.organisation.pk, batch.uuid])
    funder.log_in(client)
    assert "Remplacer des carnets perdus" in text(client.get(detail))
    finance = make_member(funder.organisation, Hat.FUNDER, Role.FINANCE).log_in(Client())
    assert "Remplacer des carnets perdus" not in text(finance.get(detail))


def test_from_the_opposition_one_click_leads_to_the_replacement(client: Client, funder: Member, batch: Batch) -> None:
    funder.log_in(client)
    block = reverse("funder_block", args=[funder.organisation.pk])
    page = text(client.post(block, {"batch": batch.pk, "number": 2}))
    link = f"{address(funder, batch)}?first=2&booklets=1"
    assert f'href="{link}"' in page
    assert "Remplacer le carnet 2 ?" in text(client.get(link))
    client.post(address(funder, batch), {"first": 2, "booklets": 1})
    with acting(OPERATOR):
        made = Batch.objects.get(replaces=batch)
    page = text(client.post(block, {"batch": batch.pk, "number": 2}))
    assert "Ce carnet est remplacé" in page
    assert f"carnet 1 du lot {made.pk}" in page
    assert link not in page
