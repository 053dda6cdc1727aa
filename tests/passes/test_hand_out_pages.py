"""The distributor's pages: look, confirm, what to say, undo; and nothing handed out by looking."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actors.models import Site
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import blocking, codes, distribution
from passes.models import Batch, Booklet, HandOut
from tests.factories import OPERATOR, Member, make_distributor, make_member
from tests.passes.test_distribution import as_funder, give, send
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db
SPACE, OPERATION = "\xa0", "Premiers clics d’essai"


@pytest.fixture
def ccas() -> Member:
    """An agent of a distributor."""
    return make_distributor("CCAS de l’essai")


@pytest.fixture
def batch(ccas: Member) -> Batch:
    """Three booklets in its stock."""
    batch = make_batch(booklets=3, needs_hand_out=True, contact_phone="0500000000", name=OPERATION)
    send(batch, ccas)
    return batch


@pytest.fixture
def browser(client: Client, ccas: Member) -> Client:
    """Its session."""
    return ccas.log_in(client)


def url(name: str, member: Member, *args: Any) -> str:
    return reverse(f"distributor_{name}", args=[member.organisation.pk, *args])


def text(response: Any) -> str:
    return html.unescape(response.content.decode()).replace(SPACE, " ")


def look(browser: Client, ccas: Member, code: str) -> Any:
    return browser.post(url("hand_out", ccas), {"code": code})


def sealed(page: Any) -> dict[str, str]:
    return {"booklet": re.findall(r'name="booklet" value="([^"]+)"', page.content.decode())[0]}


def given(batch: Batch) -> list[int]:
    """Numbers of the booklets handed out."""
    with acting(OPERATOR):
        live = Booklet.objects.filter(batch=batch, handed_out_at__isnull=False)
        return list(live.order_by("number").values_list("number", flat=True))


def test_looking_shows_the_booklet_and_hands_nothing_out(browser: Client, ccas: Member, batch: Batch) -> None:
    page = look(browser, ccas, code_of(batch, 1, 0))
    assert page.status_code == 200
    for words in ("Remettre ce carnet ?", "Carnet n° 2", "10 pass de 10 €", "100 €", "Pas encore remis"):
        assert words in text(page), words
    assert given(batch) == []


def test_confirming_hands_it_out_and_says_what_to_say(browser: Client, ccas: Member, batch: Batch) -> None:
    page = browser.post(url("confirm", ccas), sealed(look(browser, ccas, code_of(batch))), follow=True)
    assert given(batch) == [1]
    for words in ("Le carnet est remis", "À dire à la personne", "05 00 00 00 00", "annuler la remise"):
        assert words in text(page), words


def test_the_person_leaves_with_the_nearest_sites(browser: Client, ccas: Member, batch: Batch) -> None:
    for commune, name in (("33063", "Bordeaux"), ("33039", "Bègles"), ("33243", "Libourne"), ("33227", "Langon")):
        with acting(OPERATOR):
            Site.objects.filter(pk=make_till(commune=commune).site.pk).update(name=f"Lieu de {name}")
    made = give(batch, ccas)
    page = text(browser.get(url("handed_out", ccas, made.pk)))
    order = [page.index(f"Lieu de {name}") for name in ("Bègles", "Bordeaux")]
    assert order == sorted(order)
    assert page.count("Lieu de ") == 3
    assert "05 00 00 00 00" in page.split("Où aller")[1]


def test_sent_twice_it_is_handed_out_once_and_says_so(browser: Client, ccas: Member, batch: Batch) -> None:
    form = sealed(look(browser, ccas, code_of(batch)))
    browser.post(url("confirm", ccas), form)
    again = browser.post(url("confirm", ccas), form)
    assert again.status_code == 409
    assert "déjà remis" in text(again)
    assert "Voir cette remise" in text(again)
    with acting(OPERATOR):
        assert HandOut.objects.count() == 1


@pytest.mark.parametrize("position", [0, 1, 10])
def test_the_cover_and_any_pass_name_the_booklet(browser: Client, ccas: Member, batch: Batch, position: int) -> None:
    assert "Carnet n° 3" in text(look(browser, ccas, code_of(batch, 2, position)))


def test_what_people_and_scanners_write_is_read(browser: Client, ccas: Member, batch: Batch) -> None:
    code = code_of(batch)
    signed = codes.signed_url(
        codes.parse(code).serial, batch.code_key, batch=batch.pk, value_cents=1000, ends_on=batch.ends_on
    )
    written = [
        code.lower(),
        codes.grouped(code),
        f"  {codes.grouped(code).replace('-', ' ')} ",
        code.replace("0", "O").replace("1", "l"),
        code.replace("0", "o").replace("1", "I"),
        signed,
        signed.lower(),
        f"{settings.PUBLIC_URL}/p/{code}",
    ]
    for each in written:
        assert "Carnet n° 1" in text(look(browser, ccas, each)), each


def test_a_false_code_is_kept_to_be_mended_and_counts_as_a_guess(browser: Client, ccas: Member, batch: Batch) -> None:
    typed = code_of(batch)[:-1] + ("A" if code_of(batch)[-1] != "A" else "B")
    page = look(browser, ccas, typed)
    assert (page.status_code, page["Cache-Control"]) == (404, "no-store")
    assert "Ce code n’existe pas" in text(page)
    assert typed in text(page)
    for _ in range(59):
        look(browser, ccas, "ABCD")
    assert look(browser, ccas, "ABCD").status_code == 429
    assert look(browser, ccas, code_of(batch)).status_code == 200  # whoever holds a real booklet is never stopped


def test_a_training_code_is_not_a_booklet(
    browser: Client, ccas: Member, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(codes._ring(), codes.TRAINING_VERSION, b"t" * 32)
    training = codes.encode(batch.first_booklet << 4, codes.TRAINING_VERSION)
    assert look(browser, ccas, training).status_code == 404


def test_no_page_shows_a_code_that_could_be_spent(browser: Client, ccas: Member, batch: Batch) -> None:
    code = code_of(batch)
    shown = look(browser, ccas, code)
    pages = [shown, browser.post(url("confirm", ccas), sealed(shown), follow=True), look(browser, ccas, code)]
    for page in pages:
        plain = re.sub(r"[^0-9A-Z]", "", re.sub(r"<[^>]+>|\s", "", page.content.decode()).upper())
        assert code not in plain
        assert code not in page.content.decode()
    assert shown["Cache-Control"] == pages[2]["Cache-Control"] == "no-store"


@pytest.mark.parametrize("made_up", ["", "1", "1:x:y", "0"])
def test_a_page_open_too_long_or_forged_hands_nothing_out(
    browser: Client, ccas: Member, batch: Batch, made_up: str
) -> None:
    page = browser.post(url("confirm", ccas), {"booklet": made_up})
    assert page.status_code == 409
    assert "rien n’est enregistré" in text(page)
    assert given(batch) == []


def test_another_distributors_code_says_so_and_moves_nothing(browser: Client, ccas: Member, client: Client) -> None:
    other = make_distributor()
    foreign = make_batch(booklets=2)
    send(foreign, other, 0, 1)
    for number in (0, 1):
        page = look(browser, ccas, code_of(foreign, number))
        assert page.status_code == 409
        assert "pas dans votre stock" in text(page)
        assert code_of(foreign, number) not in text(page)
    assert given(foreign) == []


def test_a_booklet_that_left_between_looking_and_confirming(browser: Client, ccas: Member, batch: Batch) -> None:
    form = sealed(look(browser, ccas, code_of(batch)))
    with acting(as_funder(batch)):
        run = {"first_booklet": batch.first_booklet, "booklets": 1}
        distribution.take_back(batch=batch, distributor=ccas.organisation, **run)
    assert "pas dans votre stock" in text(browser.post(url("confirm", ccas), form))
    assert given(batch) == []


def test_a_blocked_booklet_says_to_put_it_aside(browser: Client, ccas: Member, batch: Batch) -> None:
    with acting(as_funder(batch)):
        blocking.block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
    assert "bloqué" in text(look(browser, ccas, code_of(batch)))


def test_undone_from_its_page_it_is_back_in_stock(browser: Client, ccas: Member, batch: Batch) -> None:
    made = give(batch, ccas)
    page = browser.post(url("undo", ccas, made.pk), follow=True)
    assert "de nouveau dans votre stock" in text(page)
    assert given(batch) == []
    assert "Remettre ce carnet ?" in text(look(browser, ccas, code_of(batch)))


def test_once_used_or_the_day_after_it_is_not_undone(browser: Client, ccas: Member, batch: Batch) -> None:
    day_before = timezone.localtime() - timedelta(days=1)  # a day in Paris: the one that has 25 hours too
    used, old = give(batch, ccas, 0), give(batch, ccas, 1, at=day_before)
    assert make_till().redeem(code_of(batch)).status_code == 201
    for made, words in ((used, "déjà utilisé"), (old, "le jour même")):
        page = text(browser.get(url("handed_out", ccas, made.pk)))
        assert "annuler la remise" not in page
        assert "peut le bloquer" in page
        refused = browser.post(url("undo", ccas, made.pk))
        assert refused.status_code == 409
        assert words in text(refused)
    assert given(batch) == [1, 2]


def test_home_counts_and_encourages(browser: Client, ccas: Member, batch: Batch) -> None:
    assert "3" in text(browser.get(url("home", ccas)))
    give(batch, ccas, 0)
    give(batch, ccas, 1)
    page = text(browser.get(url("home", ccas)))
    assert "apparaîtront ici" in page
    make_till().redeem(code_of(batch))
    page = text(browser.get(url("home", ccas)))
    assert "1 est déjà entamé" in page
    assert "1 pass utilisé dans un lieu" in page
    assert "Dernières remises" in page
    assert "N° 1" in page


def test_lists_show_what_was_given_and_what_is_left(browser: Client, ccas: Member, batch: Batch) -> None:
    give(batch, ccas, 0)
    old = timezone.localtime().replace(day=15, hour=12) - timedelta(days=31)
    give(batch, ccas, 1, at=old)
    today = text(browser.get(url("hand_outs", ccas)))
    assert "N° 1" in today
    assert "N° 2" not in today
    assert "Camille Essai" in today
    assert "N° 2" in text(browser.get(url("hand_outs", ccas), {"mois": f"{old:%Y-%m}"}))
    assert "Rien" not in text(browser.get(url("hand_outs", ccas), {"mois": "n’importe quoi"}))
    for strange in ("9999-12", "0001-01", "2026-13"):  # no month after it, none before it, no such month
        assert "N° 1" in text(browser.get(url("hand_outs", ccas), {"mois": strange}))
    stock = text(browser.get(url("stock", ccas)))
    assert OPERATION in stock
    assert re.search(r'Reçus">\s*3.*Remis">\s*2.*Restent">\s*<b>1', stock, re.S)


def test_empty_pages_say_what_will_come(client: Client) -> None:
    fresh = make_distributor()
    fresh.log_in(client)
    assert "Aucun carnet à remettre" in text(client.get(url("home", fresh)))
    assert "Rien encore aujourd’hui" in text(client.get(url("hand_outs", fresh)))
    assert "Pas encore de carnets" in text(client.get(url("stock", fresh)))


def test_who_only_reads_sees_no_way_to_hand_out(client: Client, ccas: Member, batch: Batch) -> None:
    made = give(batch, ccas)
    reader = make_member(ccas.organisation, Hat.DISTRIBUTOR, Role.FINANCE)
    reader.log_in(client)
    for name, *args in (("home",), ("hand_outs",), ("stock",), ("handed_out", made.pk)):
        page = client.get(url(name, ccas, *args))
        assert page.status_code == 200
        assert url("hand_out", ccas) not in text(page), name
    assert client.get(url("hand_out", ccas)).status_code == 403
    assert client.post(url("undo", ccas, made.pk)).status_code == 403
    scanner = make_member(ccas.organisation, Hat.DISTRIBUTOR, Role.SCANNER)
    scanner.log_in(client)
    assert client.get(url("home", ccas)).status_code == 403


def test_another_distributor_finds_nothing(client: Client, ccas: Member, batch: Batch) -> None:
    made = give(batch, ccas)
    stranger = make_distributor()
    stranger.log_in(client)
    for name in ("home", "hand_outs", "stock"):
        assert client.get(url(name, ccas)).status_code == 404
        assert OPERATION not in text(client.get(url(name, stranger)))
    assert client.get(url("handed_out", stranger, made.pk)).status_code == 404
    assert client.post(url("undo", stranger, made.pk)).status_code == 404
    assert given(batch) == [1]


def test_lists_cost_the_same_however_long(
    browser: Client, ccas: Member, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    def counts() -> list[int]:
        found = []
        for name in ("home", "hand_outs", "stock"):
            with django_assert_max_num_queries(30) as captured:
                browser.get(url(name, ccas))
            found.append(len(captured))
        return found

    first = make_batch(booklets=1)
    send(first, ccas)
    give(first, ccas)
    before = counts()
    for _ in range(3):
        more = make_batch(booklets=4)
        send(more, ccas)
        for number in range(4):
            give(more, ccas, number)
    assert counts() == before
