"""A funder's stock: who holds what, sending and taking back, for its own booklets alone."""

import html
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import custody, distribution
from passes.models import Batch, Booklet, StockMove
from passes.views import funder_stock
from tests.factories import OPERATOR, Member, make_campaign, make_distributor, make_funder, make_member
from tests.passes.test_distribution import give, held_by, send
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def funder() -> Member:
    """The manager of a funder."""
    return make_funder("Département de l’essai")


@pytest.fixture
def batch(funder: Member) -> Batch:
    """Ten booklets of its own."""
    return make_batch(booklets=10, campaign=make_campaign(funder, name="Premiers clics"))


@pytest.fixture
def browser(client: Client, funder: Member) -> Client:
    """Its session."""
    return funder.log_in(client)


def url(name: str, member: Member, *args: Any) -> str:
    return reverse(f"funder_{name}", args=[member.organisation.pk, *args])


def text(response: Any) -> str:
    return html.unescape(response.content.decode()).replace("\xa0", " ")


def run(first: int, count: int, **more: Any) -> dict[str, Any]:
    return {"first": first, "booklets": count, **more}


def test_it_shows_where_the_booklets_are(browser: Client, funder: Member, batch: Batch) -> None:
    ccas, mission = make_distributor("CCAS de l’essai"), make_distributor("Mission de l’essai")
    send(batch, ccas, 0, 4)
    send(batch, mission, 4, 3)
    give(batch, ccas, 0)
    give(batch, ccas, 1)
    assert make_till().redeem(code_of(batch, 0, 1)).status_code == 201
    assert make_till().redeem(code_of(batch, 0, 2)).status_code == 201
    page = " ".join(text(browser.get(url("stock", funder))).split())
    assert "<b>3</b> attendent encore chez vous" in page
    for name, cells in (("CCAS", (4, 2, 2, 2)), ("Mission", (3, 0, 3, 0))):
        row = page.split(f'<th scope="row">{name} de l’essai</th>')[1].split("</tr>")[0]
        assert [f'">{cell}</td>' in row for cell in cells] == [True] * 4, row


def test_a_used_pass_stays_counted_when_its_booklet_moves_on(browser: Client, funder: Member) -> None:
    """Used before its booklet was entrusted, or in the stock of a distributor who gave the booklet back."""
    ccas, mission = make_distributor("CCAS de l’essai"), make_distributor("Mission de l’essai")
    batch = make_batch(booklets=3, campaign=make_campaign(funder, needs_hand_out=False))
    till = make_till()
    assert till.redeem(code_of(batch, 0, 1)).status_code == 201
    send(batch, ccas, 0, 1)
    assert till.redeem(code_of(batch, 0, 2)).status_code == 201
    with acting(funder.principal):
        distribution.take_back(
            batch=batch, distributor=ccas.organisation, first_booklet=batch.first_booklet, booklets=1
        )
    send(batch, mission)
    assert till.redeem(code_of(batch, 0, 3)).status_code == 201
    with acting(funder.principal):
        shares = {one.distributor_id: (one.booklets, one.passes_used) for one in custody.shares([batch])[batch.pk]}
    assert shares == {None: (0, 1), ccas.organisation.pk: (0, 1), mission.organisation.pk: (3, 1)}
    page = " ".join(text(browser.get(url("stock", funder))).split())
    assert "Tous sont confiés. 3 pass sont déjà utilisés." in page


def test_the_first_booklets_that_nobody_holds_are_proposed_and_sent(
    browser: Client, funder: Member, batch: Batch
) -> None:
    ccas = make_distributor("CCAS de l’essai")
    send(batch, ccas, 0, 2)
    page = text(browser.get(url("send_booklets", funder, batch.uuid)))
    assert 'name="first" value="3"' in page
    assert 'name="booklets" value="8"' in page
    done = browser.post(
        url("send_booklets", funder, batch.uuid), run(3, 5, distributor=ccas.organisation.pk), follow=True
    )
    assert "5 carnets (n° 3 à 7) confiés à CCAS de l’essai." in text(done)
    assert held_by(batch) == [ccas.organisation.pk] * 7 + [None] * 3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (run(1, 3), "2 des 3 carnets demandés sont déjà confiés"),
        (run(9, 3), "du carnet 1 au carnet 10"),
        (run(0, 3), "supérieure ou égale à 1"),
        (run(1, 0), "supérieure ou égale à 1"),
        (run(1, -4), "supérieure ou égale à 1"),
        (run(3, 10**12), "du carnet 1 au carnet 10"),
        ({"first": "trois", "booklets": "2"}, "nombre entier"),
    ],
)
def test_what_cannot_be_sent_says_why_and_keeps_what_was_typed(
    browser: Client, funder: Member, batch: Batch, data: dict[str, Any], words: str
) -> None:
    ccas = make_distributor()
    send(batch, ccas, 0, 2)
    page = browser.post(url("send_booklets", funder, batch.uuid), {**data, "distributor": ccas.organisation.pk})
    assert page.status_code == 200
    assert words in text(page)
    assert f'value="{data["first"]}"' in text(page)
    assert held_by(batch).count(None) == 8


def test_only_a_distributor_can_be_chosen(browser: Client, funder: Member, batch: Batch) -> None:
    for chosen in (funder.organisation.pk, uuid.uuid4(), "x", ""):
        page = browser.post(url("send_booklets", funder, batch.uuid), run(1, 2, distributor=chosen))
        assert page.status_code == 200
        assert "à corriger" in text(page)
    assert set(held_by(batch)) == {None}


def test_with_many_distributors_one_searches_by_name(
    browser: Client, funder: Member, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funder_stock, "OFFERED", 1)
    served, other = make_distributor("CCAS servi"), make_distributor("Étoile de l’essai")
    send(batch, served, 0, 1)
    page = text(browser.get(url("send_booklets", funder, batch.uuid)))
    assert ("CCAS servi" in page, "Étoile" in page) == (True, False)
    page = text(browser.get(url("send_booklets", funder, batch.uuid), {"aiguilleur": "etoi"}))
    assert ("CCAS servi" in page, "Étoile" in page) == (False, True)
    assert "Aucun aiguilleur" in text(browser.get(url("send_booklets", funder, batch.uuid), {"aiguilleur": "zzz"}))
    browser.post(url("send_booklets", funder, batch.uuid), run(2, 1, distributor=other.organisation.pk))
    assert held_by(batch)[1] == other.organisation.pk


def test_what_was_not_handed_out_is_taken_back(browser: Client, funder: Member, batch: Batch) -> None:
    ccas = make_distributor("CCAS de l’essai")
    send(batch, ccas, 0, 5)
    give(batch, ccas, 0)
    address = url("take_back", funder, batch.uuid, ccas.organisation.pk)
    page = text(browser.get(address))
    assert 'name="first" value="2"' in page
    assert 'name="booklets" value="4"' in page
    assert "1 des 5 carnets demandés n’est pas dans ce stock" in text(browser.post(address, run(1, 5)))
    done = browser.post(address, run(2, 4), follow=True)
    assert "4 carnets (n° 2 à 5) repris à CCAS de l’essai." in text(done)
    assert held_by(batch) == [ccas.organisation.pk] + [None] * 9
    assert "Rien à reprendre" in text(browser.get(address))
    with acting(OPERATOR):
        assert StockMove.objects.filter(returned=True).count() == 1


def test_who_may_not_decide_reads_only(client: Client, funder: Member, batch: Batch) -> None:
    ccas = make_distributor()
    send(batch, ccas, 0, 5)
    reader = make_member(funder.organisation, Hat.FUNDER, Role.FINANCE)
    reader.log_in(client)
    page = client.get(url("stock", funder))
    assert page.status_code == 200
    assert "Reprendre" not in text(page)
    assert "Confier" not in text(page)
    for address in (
        url("send_booklets", funder, batch.uuid),
        url("take_back", funder, batch.uuid, ccas.organisation.pk),
        url("block", funder),
    ):
        assert client.get(address).status_code == 403


def test_another_funder_finds_nothing(client: Client, funder: Member, batch: Batch) -> None:
    ccas, stranger = make_distributor(), make_funder()
    send(batch, ccas, 0, 5)
    stranger.log_in(client)
    assert "Premiers clics" not in text(client.get(url("stock", stranger)))
    assert "Pas encore de carnets" in text(client.get(url("stock", stranger)))
    assert client.get(url("stock", funder)).status_code == 404
    for name, *args in (("send_booklets", batch.uuid), ("take_back", batch.uuid, ccas.organisation.pk)):
        assert client.get(url(name, stranger, *args)).status_code == 404
        assert client.post(url(name, stranger, *args), run(6, 1, distributor=ccas.organisation.pk)).status_code == 404
    assert held_by(batch).count(None) == 5


def test_a_funder_that_distributes_too_sees_its_own_batches_alone(client: Client, batch: Batch) -> None:
    both = make_funder()
    with acting(OPERATOR):
        both.organisation.is_distributor = True
        both.organisation.save()
    send(batch, Member(both.user, both.organisation, both.membership, both.principal), 0, 2)
    both.log_in(client)
    assert "Premiers clics" not in text(client.get(url("stock", both)))
    with acting(both.principal):
        assert Booklet.objects.count() == 2


def test_the_page_costs_the_same_however_many_distributors(
    browser: Client, funder: Member, batch: Batch, django_assert_max_num_queries: Any
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(30) as captured:
            assert browser.get(url("stock", funder)).status_code == 200
        return len(captured)

    send(batch, make_distributor(), 0, 1)
    cost()  # a first page also opens the session
    before = cost()
    for number in range(1, 5):
        send(batch, make_distributor(), number, 1)
        more = make_batch(booklets=2, campaign=make_campaign(funder))
        send(more, make_distributor())
    assert cost() == before
