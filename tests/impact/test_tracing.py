"""« Suivre cet euro »: from any point the whole chain, each organisation seeing what is its own."""

import html

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Payout, PayoutPurse
from aptic.accounts.models import Role
from aptic.ledger.models import Transfer
from aptic.tenancy.principal import Hat, acting
from funders.models import Order, Receipt
from impact.tracing import NothingToFollow, follow, transfer_point
from passes import codes
from tests.factories import OPERATOR, make_member

pytestmark = pytest.mark.pg15


def trail(principal, kind, ref):
    with acting(principal):
        return follow(principal, kind, str(ref))


@pytest.fixture
def people(world):
    return {
        "operator": world.first,
        "funder": world.south,
        "other_funder": world.north,
        "actor": world.people[world.club[0].site.actor_id],
        "other_actor": world.people[world.library[0].site.actor_id],
    }


def page(member, kind, ref):
    hat = member.principal.hat.value
    return member.log_in(Client()).get(reverse(f"{hat}_trace", args=[member.organisation.pk, kind, str(ref)]))


def operator_payouts(**wanted):
    with acting(OPERATOR):
        return list(Payout.objects.filter(**wanted).order_by("end_to_end_id"))


# --- amounts --------------------------------------------------------------------------------------------------------


def test_a_line_leads_from_the_funders_transfer_to_the_bank_and_says_the_same_at_each_step(world):
    line = world.old_batch.line
    seen = trail(world.north.principal, "line", line.pk)
    assert [one.pk for one in seen.lines] == [line.pk]
    assert seen.funds[line.pk].received == 25_000 - 4_000  # net of what was given back
    assert [one.amount_cents for one in seen.receipts] == [25_000]
    assert [one.amount_cents for one in seen.refunds] == [4_000]
    shown = html.unescape(page(world.north, "line", line.pk).content.decode())
    assert f"Remboursement {world.given_back.bank_reference} de 40\xa0€" in shown
    assert (seen.batch_count, seen.batch_cents) == (1, 20_000)
    assert seen.by_state == {"redeemed": (7, 7_000), "expired": (13, 13_000)}
    assert (seen.used, seen.used_cents) == (7, 7_000)
    assert sum(row["cents"] for row in seen.places) == 7_000
    assert seen.unpaid_cents == 0
    executed = [one for one in seen.payouts if one.executed]
    assert {one.state for one in seen.payouts} == {"settled", "rejected", "returned"}
    with acting(OPERATOR):
        settled = PayoutPurse.objects.filter(payout__state="settled", funder=world.north.organisation)
        assert sum(one.net_cents for one in executed) == sum(one.net_cents for one in settled)
    assert {one.bank_reference for one in executed} == {f"EXE-{world.run_1.number}", f"EXE-{world.run_again.number}"}


def test_a_pass_paid_at_the_third_transfer_shows_all_three(world):
    rejected = (world.old_batch.first_booklet << 4) + 17
    seen = trail(world.north.principal, "pass", rejected)
    assert (seen.used, seen.used_cents, seen.unpaid_cents) == (1, 1_000, 0)
    assert (seen.payouts[0].state, seen.payouts[0].cents) == ("rejected", 1_000)
    assert [one.state for one in seen.payouts] == ["rejected", "returned", "settled"]
    assert [bool(one.follows) for one in seen.payouts] == [False, True, True]


def test_a_pass_not_yet_used_ends_where_it_is(world):
    serial = world.batch.first_booklet + 1 << 4 | 10
    seen = trail(world.south.principal, "pass", serial)
    assert (seen.used, seen.payouts, seen.places) == (0, [], [])
    assert seen.by_state == {"open": (1, 1_000)}
    body = page(world.south, "pass", serial).content.decode()
    assert "Il peut encore servir" in body
    assert "Pas encore versé" in body


def test_a_lost_pass_leads_to_the_booklet_that_replaces_it_and_back(world):
    words = f"Ce qui restait est dans le carnet 1 du lot {world.again.pk}"
    for kind, ref in (("pass", world.batch.first_booklet << 4 | 10), ("booklet", world.batch.first_booklet)):
        assert words in page(world.south, kind, ref).content.decode()
    assert trail(world.south.principal, "pass", world.batch.first_booklet << 4 | 10).used == 0
    seen = trail(world.south.principal, "batch", world.again.uuid)
    assert (seen.used, seen.batch_cents) == (1, 8_000)
    assert (
        f"Remplace des carnets du lot {world.batch.pk}" in page(world.south, "batch", world.again.uuid).content.decode()
    )
    with acting(OPERATOR):
        moved = Transfer.objects.get(event=world.again.uuid, kind="replace")
        assert transfer_point(OPERATOR, str(moved.pk)) == ("batch", str(world.again.uuid))


def test_a_payout_leads_back_to_the_lines_that_paid_it(world, people):
    payout = operator_payouts(settlement=world.run_again)[0]
    for who in ("operator", "other_actor"):
        seen = trail(people[who].principal, "payout", payout.pk)
        assert seen.used_cents == 4_000  # three passes rejected at first, and one that came back
        assert payout.end_to_end_id in [one.end_to_end_id for one in seen.payouts]
        assert [one.net_cents for one in seen.payouts if one.executed] == [payout.net_cents]
        # The second one carried a new pass too, beside what it paid again.
        assert [one.cents for one in seen.payouts] == [3_000, 1_000 + 2_856, 3_808]


@pytest.mark.parametrize("kind", ["funder", "campaign", "line", "batch"])
def test_from_above_every_total_is_the_reports(world, kind):
    ref = {
        "funder": world.south.organisation.pk,
        "campaign": world.running.pk,
        "line": world.batch.line_id,
        "batch": world.batch.uuid,
    }[kind]
    seen = trail(world.south.principal, kind, ref)
    counted, alone = world.counted[world.running.pk], kind == "batch"
    in_replacements = 1  # pass used, of the booklet that replaces a lost one
    assert seen.used == counted.used - alone * in_replacements
    kept = sum(passes for state, (passes, _) in seen.by_state.items() if state != "replaced")
    assert seen.by_state["replaced"] == (18, 18_000)
    assert kept == counted.issued - alone * 18  # what was replaced is in another batch, and counted once
    assert seen.batch_cents == world.batch.amount_cents
    assert sum(row["passes"] for row in seen.places) == seen.used
    assert seen.used_cents == seen.claimed_cents + seen.unpaid_cents


# --- who sees what --------------------------------------------------------------------------------------------------


def points(world):
    redemption, batch, serial, actor = next(one for one in world.redeemed if one[1].pk == world.batch.pk)
    payout = operator_payouts(settlement=world.run_3, actor=actor)[0]
    with acting(OPERATOR):
        moved = Transfer.objects.get(event=redemption, kind="redeem")
    return {
        "funder": world.south.organisation.pk,
        "campaign": world.running.pk,
        "line": batch.line_id,
        "batch": batch.uuid,
        "booklet": serial >> 4,
        "pass": serial,
        "redemption": redemption,
        "site": world.club[0].site.pk,
        "actor": actor.pk,
        "payout": payout.pk,
        "settlement": world.run_3.pk,
        "transfer": moved.pk,
    }


ALLOWED = {
    "operator": {"funder", "campaign", "line", "batch", "booklet", "pass", "redemption", "site", "actor", "payout",
                 "settlement", "transfer"},
    "funder": {"funder", "campaign", "line", "batch", "booklet", "pass", "redemption", "site", "actor", "payout",
               "transfer"},
    # It used money of its own there too, through the site and the actor; nothing of the other funder's.
    "other_funder": {"site", "actor"},
    "actor": {"funder", "pass", "redemption", "site", "actor", "payout", "transfer"},
    "other_actor": {"funder"},
}  # fmt: skip


@pytest.mark.parametrize("who", list(ALLOWED))
def test_each_organisation_follows_its_own_and_nothing_else(world, people, who):
    opened = set()
    for kind, ref in points(world).items():
        answer = page(people[who], kind, ref)
        assert answer.status_code in (200, 302, 404)
        if answer.status_code != 404:
            opened.add(kind)
    assert opened == ALLOWED[who]


def test_an_actor_reads_its_funders_name_and_no_other_actor(world, people):
    for kind, ref in points(world).items():
        answer = page(people["actor"], kind, ref)
        if answer.status_code == 200:
            body = answer.content.decode()
            assert "Fondation du Sud" in body
            assert "Médiathèque" not in body
            assert world.running.name not in body or kind == "campaign"


@pytest.mark.parametrize(
    ("role", "follows", "pays"), [(Role.FINANCE, 200, 200), (Role.AGENT, 200, 403), (Role.SCANNER, 403, 403)]
)
def test_whoever_works_for_an_actor_follows_its_transfers_and_finance_alone_opens_its_pages(
    world, people, role, follows, pays
):
    member = make_member(people["actor"].organisation, Hat.ACTOR, role)
    paid = operator_payouts(actor=member.organisation, state=Payout.State.SETTLED)[0]
    assert page(member, "payout", paid.pk).status_code == follows
    its_page = reverse("actor_payout", args=[member.organisation.pk, paid.pk])
    assert member.log_in(Client()).get(its_page).status_code == pays


def test_a_funder_reads_its_share_of_a_transfer_and_nothing_of_the_others(world, people):
    with acting(world.south.principal):
        seen = follow(world.south.principal, "actor", str(world.club[0].site.actor_id))
    assert {one.funder for one in seen.payouts} == {"Fondation du Sud"}
    assert {row["funder__name"] for row in seen.funders} == {"Fondation du Sud"}
    assert all(one.end_to_end_id and one.state for one in seen.payouts)


@pytest.mark.parametrize("kind", ["funder", "campaign", "line", "batch", "booklet", "pass", "redemption", "payout",
                                  "site", "actor", "transfer"])  # fmt: skip
@pytest.mark.parametrize("ref", ["0", "nothing", "99999999999999999999", "a055fe6e-d986-46fe-9e4d-4d495ddaa44f", "-1"])
def test_what_does_not_exist_is_not_found(world, kind, ref):
    assert page(world.first, kind, ref).status_code == 404
    if kind != "transfer":
        with pytest.raises(NothingToFollow):
            trail(world.first.principal, kind, ref)


def test_every_transfer_of_the_books_leads_to_a_page(world, people):
    with acting(OPERATOR):
        kinds = dict(Transfer.objects.order_by("id").values_list("kind", "id"))
    assert len(kinds) > 10
    for kind, ref in kinds.items():
        answer = page(people["operator"], "transfer", ref)
        assert answer.status_code == 302, kind
        assert people["operator"].log_in(Client()).get(answer["Location"]).status_code == 200, kind


# --- search ---------------------------------------------------------------------------------------------------------


def search(member, text):
    hat = member.principal.hat.value
    return member.log_in(Client()).get(reverse(f"{hat}_follow", args=[member.organisation.pk]), {"q": text})


def test_every_name_a_person_may_read_leads_to_its_point(world, people):
    serial = world.batch.first_booklet << 4 | 1
    with acting(OPERATOR):
        order = Order.objects.get(pk=world.batch.order_id)
        receipt = Receipt.objects.get(line_id=world.batch.line_id)
        payout = Payout.objects.get(settlement=world.run_3, actor=world.library[0].site.actor)
    code = codes.encode(serial, world.batch.code_key)
    names = {
        code: f"/pass/{serial}/",
        codes.grouped(code).lower(): f"/pass/{serial}/",
        codes.short(serial, world.batch.code_key): f"/pass/{serial}/",
        order.number: f"/lot/{world.batch.uuid}/",
        f"Lot {world.batch.pk}": f"/lot/{world.batch.uuid}/",
        receipt.bank_reference: f"/ligne/{world.batch.line_id}/",
        world.waiting.number: f"/ligne/{world.batch.line_id}/",
        payout.end_to_end_id: f"/paiement/{payout.pk}/",
        str(world.running.pk): f"/operation/{world.running.pk}/",
    }
    for text, address in names.items():
        for who in ("operator", "funder"):
            answer = search(people[who], text)
            assert answer.status_code == 302, (who, text)
            assert answer["Location"].endswith(address), (who, text)
        assert search(people["other_funder"], text).status_code == 200, text
    back = world.given_back
    assert search(people["other_funder"], back.bank_reference)["Location"].endswith(f"/ligne/{back.line_id}/")
    assert "Rien à suivre" in search(people["funder"], back.bank_reference).content.decode()
    for who in ("funder", "other_funder"):  # the fees of each left its own purse
        assert search(people[who], "FRAIS-24")["Location"].endswith(f"/commanditaire/{people[who].organisation.pk}/")
    assert search(people["actor"], code)["Location"].endswith(f"/pass/{serial}/")
    assert search(people["other_actor"], payout.end_to_end_id)["Location"].endswith(f"/paiement/{payout.pk}/")
    assert "Rien à suivre" in search(people["actor"], payout.end_to_end_id).content.decode()


def test_a_bank_reference_that_carried_several_transfers_offers_each(world, people):
    answer = search(people["operator"], f"EXE-{world.run_2.number}")
    assert answer.status_code in (200, 302)
    text = search(people["operator"], "").content.decode()
    assert "Argent confié par Fondation du Sud" in text


# --- cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "kind"), [("operator", "funder"), ("funder", "line"), ("actor", "actor")])
def test_a_trail_costs_a_fixed_number_of_queries(world, people, who, kind, django_assert_max_num_queries):
    client = people[who].log_in(Client())
    ref = points(world)[kind]
    hat = people[who].principal.hat.value
    address = reverse(f"{hat}_trace", args=[people[who].organisation.pk, kind, str(ref)])
    with django_assert_max_num_queries(40):
        assert client.get(address).status_code == 200
