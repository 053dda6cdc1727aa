"""The lists of settlement: as many queries for many rows as for few, written empty states, and no dead end."""

import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from actors import statements
from actors.models import Payout, Settlement, Waiting
from actors.settlement.outcome import reject_payout
from actors.settlement.owed import owed_to
from aptic.accounts.models import Role
from aptic.outbox.delivery import deliver_due
from aptic.tenancy.principal import Hat, acting
from funders import services as funders
from passes import issuance
from tests.actors.money import OPERATOR, Scheme
from tests.factories import make_campaign, make_funder, make_member, make_operator
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _debtor(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def scheme(db):
    return Scheme()


@pytest.fixture
def operator(client):
    member = make_operator(Role.FINANCE)
    member.log_in(client)
    return member


def queries(client, address):
    """How many statements a page takes."""
    client.get(address)  # what is cached is cached
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def pay(scheme, *, actors):
    purse, poor = scheme.funder(cash=1_000_000), scheme.funder()
    for _ in range(actors):
        actor = scheme.actor()
        scheme.redeem(purse, actor, times=2)
        scheme.redeem(poor, actor)
    return scheme.prepare()


def test_the_operators_pages_take_the_same_queries_for_few_and_many(scheme, operator, client):
    home = operator.organisation.pk
    small, large = pay(scheme, actors=1), pay(scheme, actors=8)
    for name in ("operator_settlement", "operator_settlement_approve"):
        few = queries(client, reverse(name, args=[home, small.pk]))
        assert queries(client, reverse(name, args=[home, large.pk])) == few <= 22
    address = reverse("operator_settlements", args=[home])
    few = queries(client, address)
    pay(scheme, actors=2)
    assert queries(client, address) == few <= 14
    scheme.send(small)
    address = reverse("operator_fees", args=[home])
    few = queries(client, address)
    scheme.send(large)
    assert queries(client, address) == few <= 14


def test_an_actors_pages_too(scheme, client):
    purse, poor, actor = scheme.funder(cash=1_000_000), scheme.funder(), scheme.actor()
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    lists = [reverse(name, args=[actor.pk]) for name in ("actor_payouts", "actor_owed")]
    scheme.redeem(purse, actor)
    scheme.redeem(poor, actor)
    run = scheme.prepare()
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
    few = [queries(client, one) for one in lists]
    little = queries(client, reverse("actor_payout", args=[actor.pk, payout.pk]))
    for _ in range(3):
        scheme.redeem(scheme.funder(cash=50_000), actor, times=4)
        scheme.redeem(scheme.funder(), actor)
        run = scheme.prepare()
    assert [queries(client, one) for one in lists] == few
    assert max(few) <= 20
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
    assert queries(client, reverse("actor_payout", args=[actor.pk, payout.pk])) == little <= 20


def test_pages_without_anything_say_what_will_come(scheme, operator, client):
    home = operator.organisation.pk
    assert "Aucun règlement pour l’instant" in client.get(reverse("operator_settlements", args=[home])).content.decode()
    assert "Aucuns frais en attente" in client.get(reverse("operator_fees", args=[home])).content.decode()
    actor = scheme.actor()
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    assert "Aucun paiement pour l’instant" in client.get(reverse("actor_payouts", args=[actor.pk])).content.decode()
    assert "Rien ne vous est dû" in client.get(reverse("actor_owed", args=[actor.pk])).content.decode()


def test_an_actor_who_waits_reads_for_whom_and_until_when(scheme, client):
    """From a real payment order to the actor's page: the funder promised, the money has not come."""
    funder, operator, till = make_funder("Département lent"), make_operator(Role.FINANCE), make_till()
    campaign = make_campaign(funder, needs_hand_out=False)
    expected = timezone.localdate() + timedelta(days=12)
    with acting(operator.principal):
        line = campaign.lines.select_related("account__purse").get()
        funders.record_payment_order(line=line, number="M-2026-1", amount_cents=10_000, expected_on=expected)
    with acting(funder.principal):
        order = funders.place_order(campaign=campaign, line=line, booklets=1)
    with acting(OPERATOR):
        batch = issuance.open_batch(order=order)
    issuance.fill_batch(batch=batch, principal=OPERATOR)
    with acting(OPERATOR):
        issuance.activate(batch=batch)
        batch.refresh_from_db()
    assert till.redeem(code_of(batch)).status_code == 201
    actor = till.site.actor
    with acting(OPERATOR):
        scheme.give_bank(actor)
    run = scheme.prepare()
    with acting(OPERATOR):
        waiting = Waiting.objects.get(settlement=run)
        assert (waiting.reason, waiting.expected_on, waiting.is_late) == ("funds", expected, False)
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    page = client.get(reverse("actor_owed", args=[actor.pk])).content.decode()
    day = str(expected.day) if expected.day > 1 else "1er"
    for words in ("Département lent", "En attente des fonds du commanditaire", f"{day}\xa0", "10\xa0€"):
        assert words in page
    with acting(OPERATOR):
        Waiting.objects.update(expected_on=timezone.localdate() - timedelta(days=1))
    assert "en retard" in client.get(reverse("actor_owed", args=[actor.pk])).content.decode()


def test_a_run_that_could_pay_nobody_says_so_and_an_actor_is_asked_where_to_pay(scheme, operator, client):
    purse, actor = scheme.funder(cash=100_000), scheme.actor(bank=False)
    scheme.redeem(purse, actor)
    cutoff = timezone.now()
    run = scheme.prepare(cutoff)
    page = client.get(reverse("operator_settlement", args=[operator.organisation.pk, run.pk])).content.decode()
    assert "Personne ne pouvait être payé" in page
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    address = reverse("actor_owed", args=[actor.pk])
    assert "Donner vos coordonnées bancaires" in client.get(address).content.decode()
    # The same cutoff, once it is known where: what the first look left is not told any more.
    with acting(OPERATOR):
        scheme.give_bank(actor)
    again = scheme.prepare(cutoff)
    assert (again.cutoff, again.state) == (run.cutoff, Settlement.State.PREPARED)
    page = client.get(address).content.decode()
    assert "Donner vos coordonnées bancaires" not in page
    assert "En attente de coordonnées bancaires" not in page


def test_an_account_approved_since_the_run_holds_nothing_any_more(scheme, client):
    purse, actor = scheme.funder(cash=100_000), scheme.actor(bank=False)
    scheme.redeem(purse, actor)
    scheme.prepare()
    member = make_member(actor, Hat.ACTOR, Role.FINANCE)
    assert (position(member).waiting_cents, position(member).needs_bank_account) == (1000, True)
    with acting(OPERATOR):
        scheme.give_bank(actor)
    found = position(member)
    assert (found.owed_cents, found.waiting_cents, found.needs_bank_account) == (1000, 0, False)
    member.log_in(client)
    assert "Nous ne savons pas" not in client.get(reverse("actor_owed", args=[actor.pk])).content.decode()


def test_money_come_since_the_run_is_awaited_no_more_unless_it_may_be_anothers(scheme):
    purse, actor, other = scheme.funder(), scheme.actor(), scheme.actor()
    scheme.redeem(purse, actor, times=3)
    scheme.redeem(purse, other)
    scheme.prepare()
    member = make_member(actor, Hat.ACTOR, Role.FINANCE)
    expected = {0: 3000, 500: 3000, 1500: 2000, 2000: 0}  # what came, and what still waits: the other's ten euros first
    for cents, waits in expected.items():
        if cents:
            scheme.collect(purse, cents)
        assert position(member).waiting_cents == waits, cents
    with acting(OPERATOR):
        row = Waiting.objects.get(actor=actor).pk
    with acting(make_member(other, Hat.ACTOR, Role.FINANCE).principal), connection.cursor() as cursor:
        cursor.execute("SELECT actors_covered(%s)", [row])
        assert cursor.fetchone() == (None,)  # another actor's row says nothing of the purse
    # A payout prepared has taken that money.
    scheme.redeem(purse, actor)
    scheme.prepare()
    assert (position(member).in_run_cents, position(member).waiting_cents) == (3000, 1000)


def position(member):
    """What the member's organisation is owed, as itself reads it."""
    with acting(member.principal):
        return owed_to(actor_id=member.organisation.pk, principal=member.principal)


def test_a_rejected_transfer_is_told_to_the_actor_and_owed_again(scheme, client, mailoutbox):
    purse, actor = scheme.funder(cash=100_000), scheme.actor()
    manager = make_member(actor, Hat.ACTOR, Role.MANAGER)
    scheme.redeem(purse, actor)
    run = scheme.send(scheme.prepare())
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
    with acting(scheme.second):
        reject_payout(payout=payout, reason="Compte clos")
    deliver_due()
    (mail,) = mailoutbox
    assert mail.to == [manager.user.email]
    for words in ("9,52", "Compte clos", "0189", reverse("actor_bank_account", args=[actor.pk])):
        assert words in mail.body
    make_member(actor, Hat.ACTOR, Role.FINANCE).log_in(client)
    page = client.get(reverse("actor_payout", args=[actor.pk, payout.pk])).content.decode()
    assert "Compte clos" in page
    assert "sans nouveaux frais" in page
    assert "9,52" in client.get(reverse("actor_owed", args=[actor.pk])).content.decode()
    run = scheme.prepare()
    with acting(OPERATOR):
        again = Payout.objects.get(settlement=run)
    page = client.get(reverse("actor_payout", args=[actor.pk, again.pk])).content.decode()
    assert f"Virement {payout.end_to_end_id} revenu : Compte clos" in page


def test_who_approves_sees_the_accounts_never_paid_before(scheme, operator, client):
    purse, actor = scheme.funder(cash=1_000_000), scheme.actor()
    address = lambda run: reverse("operator_settlement_approve", args=[operator.organisation.pk, run.pk])  # noqa: E731
    scheme.redeem(purse, actor)
    run = scheme.prepare()
    assert "Comptes à vérifier" in client.get(address(run)).content.decode()
    scheme.send(run)
    from actors.settlement.outcome import settle_all

    with acting(scheme.second):
        settle_all(settlement=run)
    assert client.get(address(run)).status_code == 302  # no longer to be approved
    scheme.redeem(purse, actor)
    run = scheme.prepare()
    assert "Comptes à vérifier" not in client.get(address(run)).content.decode()


def test_whoever_prepared_finds_no_button_to_approve(scheme, client):
    purse = scheme.funder(cash=100_000)
    scheme.redeem(purse, scheme.actor())
    member = make_operator(Role.FINANCE)
    member.log_in(client)
    scheme.first = member.principal
    run = scheme.prepare()
    page = client.get(reverse("operator_settlement_approve", args=[member.organisation.pk, run.pk])).content.decode()
    assert "une autre personne de l’opérateur doit l’approuver" in page
    assert "Approuver ce règlement</button>" not in page


@pytest.mark.parametrize(
    "name", ["operator_settlement_file", "operator_settlement_sent", "operator_settlement_settled"]
)
def test_a_step_too_early_is_refused_with_the_next_step(name, scheme, operator, client):
    purse = scheme.funder(cash=100_000)
    scheme.redeem(purse, scheme.actor())
    run = scheme.prepare()
    response = client.post(reverse(name, args=[operator.organisation.pk, run.pk]))
    assert response.status_code == 409
    assert "Rechargez la page" in response.content.decode()


def test_an_agent_of_the_operator_and_a_counter_of_the_actor_see_no_money(scheme, client):
    make_operator(Role.AGENT).log_in(client)
    operator = make_operator(Role.AGENT)
    operator.log_in(client)
    assert client.get(reverse("operator_settlements", args=[operator.organisation.pk])).status_code == 403
    actor = scheme.actor()
    make_member(actor, Hat.ACTOR, Role.AGENT).log_in(client)
    assert client.get(reverse("actor_payouts", args=[actor.pk])).status_code == 403


def test_a_statement_has_one_line_per_pass_with_where_and_for_what(scheme, client):
    """Real passes, one of them taken back and used again: the CSV and the PDF add up to the transfer."""
    till, batch = make_till(), make_batch(booklets=1)
    actor = till.site.actor
    with acting(OPERATOR):
        scheme.give_bank(actor)
    first = till.redeem(code_of(batch)).json()
    till.post(f"redemptions/{first['id']}/void/")
    for position in (1, 2, 3):
        till.redeem(code_of(batch, position=position))
    run = scheme.send(scheme.prepare())
    member = make_member(actor, Hat.ACTOR, Role.FINANCE)
    member.log_in(client)
    with acting(OPERATOR):
        payout = Payout.objects.select_related("actor", "bank_account").get(settlement=run)
    assert (payout.gross_cents, payout.lines_count) == (3000, 5)
    content = client.get(reverse("actor_payout_csv", args=[actor.pk, payout.pk])).content.decode("utf-8-sig")
    _head, *rows = csv.reader(StringIO(content), delimiter=";")
    assert [row[2] for row in rows] == ["Pass encaissé", "Encaissement annulé", *["Pass encaissé"] * 3]
    assert {row[1] for row in rows} == {code_of(batch, position=n)[:7] for n in (1, 2, 3)}
    assert {(row[3], row[4]) for row in rows} == {("Aide aux démarches administratives", "Lieu d’essai")}
    assert sum(int(row[6].replace(",", "")) for row in rows) == payout.gross_cents
    with acting(member.principal):
        pdf = statements.as_pdf(payout=payout, principal=member.principal)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    assert [text.count(row[1]) for row in rows] == [3, 3, 3, 1, 1]
    assert text.count("Pass encaissé") == 4 + 1  # four lines, and the heading that says until when
    for words in ("5 lignes", "30 €", "1,20 €", "0,24 €", "28,56 €", payout.end_to_end_id, "finissant par 0189"):
        assert words in text
    page = client.get(reverse("actor_payout", args=[actor.pk, payout.pk])).content.decode()
    for line in ("encaissement", "paiement"):  # each amount leads to what it was for
        assert f"/suivre/{line}/" in page


def test_every_amount_that_leads_somewhere_leads_to_a_page(scheme, operator, client):
    till, batch = make_till(), make_batch(booklets=1)
    actor, home = till.site.actor, operator.organisation.pk
    with acting(OPERATOR):
        scheme.give_bank(actor)
    for position in (1, 2):
        till.redeem(code_of(batch, position=position))
    run = scheme.send(scheme.prepare())
    with acting(OPERATOR):
        payout = Payout.objects.get(settlement=run)
    with acting(scheme.second):
        reject_payout(payout=payout, reason="Compte clos")
    again = scheme.prepare()
    with acting(OPERATOR):
        second = Payout.objects.get(settlement=again)
    pages = {
        "operator_settlement": run, "operator_settlement_approve": again, "operator_payout": payout,
        "actor_payout": payout, "actor_owed": None, "actor_payouts": None, "operator_fees": None,
    }  # fmt: skip
    manager = make_member(actor, Hat.ACTOR, Role.MANAGER)
    found = set()
    for name, row in [*pages.items(), ("operator_payout", second), ("actor_payout", second)]:
        mine = name.startswith("operator")
        (operator if mine else manager).log_in(client)
        page = client.get(reverse(name, args=[home if mine else actor.pk, *([row.pk] if row else [])])).content.decode()
        links = set(re.findall(r'href="([^"]*/suivre/[^"]+)"', page))
        found |= {link.split("/suivre/")[1].split("/")[0] for link in links}
        assert {link: client.get(link, follow=True).status_code for link in links} == dict.fromkeys(links, 200), name
    assert found == {"commanditaire", "acteur", "paiement", "encaissement", "mouvement", "reglement"}


def test_one_transfer_is_found_among_thousands_by_what_the_bank_shows(scheme, operator, client):
    run = pay(scheme, actors=3)
    address = reverse("operator_settlement", args=[operator.organisation.pk, run.pk])
    with acting(OPERATOR):
        wanted, *others = Payout.objects.filter(settlement=run).select_related("actor").order_by("end_to_end_id")
    for typed in (wanted.end_to_end_id, wanted.end_to_end_id[-6:], wanted.actor.name.upper()):
        page = client.get(address, {"q": typed}).content.decode()
        assert reverse("operator_payout", args=[operator.organisation.pk, wanted.pk]) in page
        assert not any(reverse("operator_payout", args=[operator.organisation.pk, one.pk]) in page for one in others)
    assert "Aucun virement à ce nom" in client.get(address, {"q": "personne"}).content.decode()
