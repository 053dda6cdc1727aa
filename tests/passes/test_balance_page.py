"""/solde/ and /p/<code>: what is left and where to go, for whoever holds a code, and nothing about anybody."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from actors.models import Site
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import acting
from aptic.territories.models import Commune
from aptic.vocabulary.models import Service
from funders.models import Campaign
from passes import balance, codes
from passes.models import Batch, Booklet, Pass
from passes.replacing import replace_booklets
from tests.factories import OPERATOR, make_distributor, make_operator
from tests.passes.world import TestTill, code_of, make_batch, make_till, one_pass

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


@pytest.fixture
def batch() -> Batch:
    return make_batch()


def ask(client: Client, code: str, **more: str) -> Any:
    return client.post("/solde/", {"code": code, **more})


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def set_state(batch: Batch, state: str, positions: range) -> None:
    with acting(OPERATOR):
        wanted = [batch.first_booklet << 4 | position for position in positions]
        spent = timezone.localdate() if state == Pass.State.REDEEMED else None
        Pass.objects.filter(pk__in=wanted).update(state=state, spent_on=spent, turn=1 if spent else 0)


def test_it_asks_for_a_code_without_account_or_script(client: Client) -> None:
    page = client.get("/solde/")
    assert page.status_code == 200
    assert 'method="post"' in page.content.decode()
    assert "Que reste-t-il sur mon carnet" in text_of(page)


def test_a_code_says_what_is_left_and_until_when(client: Client, batch: Batch, till: TestTill) -> None:
    assert till.redeem(code_of(batch, position=1)).status_code == 201
    assert till.redeem(code_of(batch, position=2)).status_code == 201
    page = ask(client, code_of(batch, position=0))
    words = text_of(page)
    assert page.status_code == 200
    assert "Il vous reste 8 pass" in words
    assert "80 €" in words
    assert str((timezone.localdate() + timedelta(days=90)).year) in words
    assert page.content.decode().count('<li class="used">') == 2


def test_looking_never_takes(client: Client, batch: Batch) -> None:
    ask(client, code_of(batch))
    client.get(f"/p/{code_of(batch)}")
    client.head(f"/P/{code_of(batch)}")
    assert one_pass(batch).state == Pass.State.OPEN


@pytest.mark.parametrize("written", ["{}", "{lower}", "{grouped}", "  {spaced} ", "{lookalike}"])
def test_a_code_is_read_as_people_write_it(client: Client, batch: Batch, written: str) -> None:
    code = code_of(batch)
    ways = {
        "lower": code.lower(),
        "grouped": codes.grouped(code),
        "spaced": " ".join(code),
        "lookalike": code.replace("0", "O").replace("1", "l"),
    }
    assert ask(client, written.format(code, **ways)).status_code == 200


def test_the_printed_square_opens_the_same_page(client: Client, batch: Batch) -> None:
    serial = batch.first_booklet << 4 | 3
    address = codes.signed_url(
        serial, batch.code_key, batch=batch.pk, value_cents=batch.face_value_cents, ends_on=batch.ends_on
    )
    path = "/P/" + address.split("/P/")[1]
    for one in (path, path.lower(), path + "/", path.rsplit("/", 1)[0], path.rsplit("/", 1)[0].lower() + "/"):
        page = client.get(one)
        assert page.status_code == 200, one
        assert "Il vous reste 10 pass" in text_of(page)


def test_pages_with_a_code_are_kept_nowhere_and_told_to_nobody(client: Client, batch: Batch) -> None:
    for page in (client.get(f"/p/{code_of(batch)}"), ask(client, code_of(batch)), ask(client, "FAUX")):
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "strict-origin"
        assert page["X-Robots-Tag"] == "noindex"
        for link in re.findall(r'<a[^>]+href="https?://[^"]+"[^>]*>', page.content.decode()):
            assert 'rel="noreferrer"' in link


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("7Q2K-9XM4-T8WA", "Un code a seize caractères ; ici, il y en a 12."),
        ("7Q2K-9XM4-T8WA-VN3C", "l’un d’eux est sans doute mal lu"),
        ("7Q2K-9XM4-T8WA-VN3É", "jamais : É"),
        ("U" * 16, "jamais : U"),
        ("<script>alert(1)", "jamais :"),
        ("é" * 600, "jamais : É"),
        ("https://ailleurs.example/", "seize caractères"),
    ],
)
def test_a_false_code_says_what_is_wrong_and_keeps_what_was_typed(client: Client, typed: str, said: str) -> None:
    page = ask(client, typed)
    assert page.status_code == 404
    assert said in text_of(page)
    kept = page.context["typed"]
    assert kept == typed[:512]
    assert "<script>alert" not in page.content.decode()


def test_a_forged_code_is_no_code(client: Client, batch: Batch) -> None:
    code = code_of(batch)
    last = codes.ALPHABET[(codes.ALPHABET.index(code[-1]) + 1) % 32]
    assert ask(client, code[:-1] + last).status_code == 404


def test_a_code_of_no_booklet_and_a_training_code_say_so(client: Client, batch: Batch) -> None:
    far = ask(client, codes.encode((batch.last_booklet + 1000) << 4 | 1, batch.code_key))
    assert far.status_code == 404
    assert "pas encore enregistré" in text_of(far)
    training = ask(client, codes.encode(batch.first_booklet << 4 | 1, codes.TRAINING_VERSION))
    assert training.status_code == 404
    assert "code d’entraînement" in text_of(training)
    beyond = ask(client, codes.encode(batch.first_booklet << 4 | 15, batch.code_key))
    assert beyond.status_code == 404


NASTY = [
    "\x00",
    "33130\x00",
    "%",
    "_",
    "'; --",
    "\u202e\u0301",
    "٣٣١٣٠",
    "𝟛𝟛",
    "\n\r",
    "a" * 5000,
    "(2A)",
    "{{ 1 }}",
    "-1",
]


@pytest.mark.parametrize("typed", NASTY)
def test_nothing_that_is_typed_breaks_a_page(client: Client, batch: Batch, typed: str) -> None:
    assert ask(client, typed).status_code in (200, 404)
    assert ask(client, code_of(batch), place=typed).status_code == 200
    assert client.get("/lieux/", {"q": typed, "service": typed, "page": typed}).status_code == 200
    assert client.get(f"/p/{code_of(batch)}", {"place": typed}).status_code == 200
    assert client.get(f"/p/{quote(typed, safe='')}/").status_code == 404


# --- how a booklet stands ------------------------------------------------------------------------------------------


def test_used_up(client: Client, batch: Batch) -> None:
    set_state(batch, Pass.State.REDEEMED, range(1, 11))
    assert "Tous les pass de ce carnet sont utilisés" in text_of(ask(client, code_of(batch, position=0)))


def test_blocked(client: Client, batch: Batch) -> None:
    set_state(batch, Pass.State.BLOCKED, range(1, 11))
    assert "Ce carnet a été bloqué" in text_of(ask(client, code_of(batch)))


def test_one_blocked_pass_in_a_booklet_that_lives(client: Client, batch: Batch) -> None:
    set_state(batch, Pass.State.BLOCKED, range(1, 2))
    words = text_of(ask(client, code_of(batch)))
    assert "Il vous reste 9 pass" in words
    assert "Le pass que vous regardez est bloqué." in words


def test_a_lost_booklet_is_blocked_and_replaced_by_asking(client: Client, batch: Batch) -> None:
    """Its funder and the operator block and replace; who handed it out asks them."""
    for page in (client.get("/solde/"), ask(client, code_of(batch, position=1))):
        words = text_of(page)
        assert "peut demander qu’il soit bloqué" in words
        assert "et remplacé : ce qu’il en reste passe dans un nouveau carnet" in words


def test_a_replaced_booklet_says_where_its_value_is(client: Client, batch: Batch) -> None:
    with acting(OPERATOR):
        (made,) = replace_booklets(batch=batch, first_booklet=batch.first_booklet, booklets=1)
    for position in (0, 3):
        words = text_of(ask(client, code_of(batch, position=position)))
        assert "Ce carnet a été remplacé" in words
        assert "dans un nouveau carnet" in words
        assert "Il vous reste" not in words
    assert "Il vous reste 10 pass" in text_of(ask(client, code_of(made)))


def test_past_its_date(client: Client, batch: Batch) -> None:
    now = timezone.now()
    with acting(OPERATOR):
        Batch.objects.filter(pk=batch.pk).update(valid_from=now - timedelta(days=9), valid_until=now)
    words = text_of(ask(client, code_of(batch)))
    assert "La date de ce carnet est passée" in words
    assert "Il vous reste" not in words


def test_not_active_yet(client: Client) -> None:
    assert "Ce carnet ne sert pas encore" in text_of(ask(client, code_of(make_batch(active=False))))


def test_not_handed_out_where_the_operation_asks_for_it(client: Client) -> None:
    batch = make_batch(needs_hand_out=True)
    assert "pas encore enregistré comme remis" in text_of(ask(client, code_of(batch)))
    with acting(OPERATOR):
        Booklet.objects.filter(pk=batch.first_booklet).update(handed_out_at=timezone.now())
    assert "Il vous reste" in text_of(ask(client, code_of(batch)))


def test_the_last_day_is_that_of_the_operation_s_own_clock(batch: Batch) -> None:
    with acting(OPERATOR):
        Campaign.objects.filter(pk=batch.campaign_id).update(time_zone="America/Martinique")
        Batch.objects.filter(pk=batch.pk).update(valid_until=batch.valid_until + timedelta(hours=5))
    with acting(OPERATOR):
        found = balance.balance_of(codes.parse(code_of(batch)), at=timezone.now())
    assert found.last_day == batch.ends_on


# --- where to go ---------------------------------------------------------------------------------------------------


def make_site(name: str, commune: str, **more: Any) -> Site:
    till = make_till(commune=commune)
    with acting(OPERATOR):
        Site.objects.filter(pk=till.site.pk).update(name=name, **more)
        till.site.refresh_from_db()
    return till.site


def test_the_nearest_sites_of_a_typed_place_come_first(client: Client, batch: Batch) -> None:
    make_site("À Libourne", "33243")
    make_site("À Bègles", "33039", hours="Du lundi au vendredi, 9 h à 17 h", phone="0556000001")
    page = ask(client, code_of(batch), place="33130")
    names = [card.name for card in page.context["near"]]
    assert names == ["À Bègles", "À Libourne"]
    words = text_of(page)
    assert "Du lundi au vendredi, 9 h à 17 h" in words
    assert "05 56 00 00 01" in words
    assert "1 rue de l’Essai, 33130 Bègles" in words


def test_without_a_place_it_starts_from_who_handed_the_booklet_out(client: Client, batch: Batch) -> None:
    make_site("À Bègles", "33039")
    first = ask(client, code_of(batch))
    assert first.context["near"] == []
    assert "Dites d’où vous partez" in text_of(first)
    distributor = make_distributor().organisation
    with acting(OPERATOR):
        Booklet.objects.filter(pk=batch.first_booklet).update(distributor=distributor)
    second = ask(client, code_of(batch))
    assert "près de Bègles" in text_of(second)
    assert [card.name for card in second.context["near"]] == ["À Bègles"]
    assert distributor.name not in text_of(second)


def test_only_sites_that_take_these_passes(client: Client) -> None:
    first, other = Service.objects.active().standard().order_by("position")[:2]
    batch = make_batch(services=[first.pk], territories=["epci:243300316"])
    make_site("Le bon", "33039", services=[first.pk, other.pk])
    make_site("Sans rien dire", "33039", services=[])
    make_site("Autre chose", "33039", services=[other.pk])
    make_site("Fermé", "33039", services=[first.pk], open=False, closed_reason="travaux", closed_at=timezone.now())
    make_site("Ailleurs", "33243", services=[first.pk])  # PostgreSQL alone says where a site helps: it stands elsewhere
    page = ask(client, code_of(batch), place="Bègles")
    assert sorted(card.name for card in page.context["near"]) == ["Le bon", "Sans rien dire"]
    assert {card.name: card.services for card in page.context["near"]}["Le bon"] == first.name
    assert first.name in text_of(page)


def test_an_operation_that_names_its_sites(client: Client, batch: Batch) -> None:
    from passes.coverage import restrict_to_sites

    chosen = make_site("Choisi", "33039")
    make_site("Pas choisi", "33039")
    with acting(OPERATOR):
        restrict_to_sites(campaign=batch.campaign, sites=[chosen])
    page = ask(client, code_of(batch), place="Bègles")
    assert [card.name for card in page.context["near"]] == ["Choisi"]


def test_an_unknown_place_is_said_and_kept(client: Client, batch: Batch) -> None:
    page = ask(client, code_of(batch), place="Nulle-Part-sur-Rien")
    assert "Nous ne connaissons pas ce lieu." in text_of(page)
    assert 'value="Nulle-Part-sur-Rien"' in page.content.decode()


def test_a_place_far_from_every_site_is_said(client: Client, batch: Batch) -> None:
    far = make_site("Au loin", "33063")
    with acting(OPERATOR):
        Site.objects.filter(pk=far.pk).update(latitude=48.8, longitude=2.3)
    assert "C’est loin." in text_of(ask(client, code_of(batch), place="33130"))
    make_site("À côté", "33063")
    assert "C’est loin." not in text_of(ask(client, code_of(batch), place="33130"))


def test_an_ambiguous_place_becomes_a_choice(client: Client, batch: Batch) -> None:
    page = ask(client, code_of(batch), place="Saint")
    assert len(page.context["where"].choices) > 1
    assert "Laquelle ?" in text_of(page)


def test_a_postcode_of_several_communes_is_enough(client: Client, batch: Batch) -> None:
    shared = next(
        one
        for commune in Commune.objects.filter(departement="33")
        for one in commune.postcodes
        if Commune.objects.with_postcode(one).count() > 2
    )
    page = ask(client, code_of(batch), place=shared)
    assert page.context["around"] == shared
    assert page.context["where"].choices == ()


# --- nothing personal, nothing slow --------------------------------------------------------------------------------


def test_it_reads_state_and_value_and_no_more(
    client: Client, batch: Batch, till: TestTill, django_assert_num_queries: Any
) -> None:
    till.redeem(code_of(batch))
    ask(client, code_of(batch))
    with django_assert_num_queries(9) as seen:
        page = ask(client, code_of(batch), place="Bègles")
    statements = " ".join(query["sql"] for query in seen.captured_queries)
    for table in ("passes_redemption", "passes_handout", "accounts_user", "accounts_device", "passes_stockmove"):
        assert table not in statements
    assert "spent_on" not in statements
    assert till.site.name in text_of(page)


def test_another_s_booklet_stays_closed(batch: Batch) -> None:
    """A verified code opens its own booklet: the same transaction finds no other, even under the bare policies."""
    from aptic.tenancy.principal import Principal
    from passes import redemption

    with acting(Principal()):
        redemption.present([codes.parse(code_of(batch, booklet=0))])
        assert set(Pass.objects.values_list("booklet_id", flat=True)) == {batch.first_booklet}


# --- guessing ------------------------------------------------------------------------------------------------------


def test_twenty_false_codes_an_hour_then_a_pause_for_every_code(client: Client, batch: Batch) -> None:
    for _ in range(20):
        assert ask(client, "7Q2K-9XM4-T8WA-VN3C").status_code == 404
    refused = ask(client, code_of(batch))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 3600
    assert "Trop d’essais" in text_of(refused)
    assert client.get(f"/p/{code_of(batch)}").status_code == 429
    assert client.get("/solde/").status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.7").get(f"/p/{code_of(batch)}").status_code == 200


def test_good_codes_are_never_counted(client: Client, batch: Batch) -> None:
    for _ in range(25):
        assert client.get(f"/p/{code_of(batch)}").status_code == 200


def test_when_nobody_can_count_look_ups_stop(client: Client, batch: Batch, settings: Any) -> None:
    operator = make_operator().organisation
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(phone="0556000009")
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}  # nobody listens there
    settings.CACHES = {"default": nowhere}
    page = client.get(f"/p/{code_of(batch)}")
    assert page.status_code == 503
    assert int(page["Retry-After"]) > 0
    assert page["Cache-Control"] == "no-store"
    assert "Vos pass sont intacts" in text_of(page)
    assert "05 56 00 00 09" in text_of(page)
    assert client.get("/solde/").status_code == 200
    assert client.get("/lieux/").status_code == 200
