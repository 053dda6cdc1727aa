"""Every page opens, says what it must, costs a fixed number of queries, and does not exist for strangers."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from aptic.accounts.models import Role
from aptic.ledger.models import BankBalance
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from funders import services
from funders.models import Campaign, FundingLine, Order, PaymentOrder, Receipt
from tests.factories import (
    OPERATOR,
    make_campaign,
    make_distributor,
    make_funder,
    make_member,
    make_operator,
    make_paid_line,
    make_siret,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(client):
    """A funder with a paid campaign and an order; who looks is the funder's manager."""
    funder = make_funder("Département de l’essai")
    campaign = make_campaign(funder, services=[1], territories=["departement:33"])
    line = make_paid_line(campaign, cents=60_000)
    with acting(funder.principal):
        order = services.place_order(campaign=campaign, line=line, booklets=10)
    funder.log_in(client)
    return funder, campaign, line, order


def url(name, member, *args):
    return reverse(name, args=[member.organisation.pk, *args])


def text(response):
    return response.content.decode().replace("\xa0", " ")


def test_funder_pages_open(client, scene):
    funder, campaign, _line, order = scene
    pages = [
        ("funder_campaigns", (), "600 €"),
        ("funder_campaign_create", (), "Aide aux démarches administratives"),
        ("funder_campaign", (campaign.pk,), "Gironde"),
        ("funder_line_create", (campaign.pk,), "Financeur"),
        ("funder_orders", (), order.number),
        ("funder_order_create", (campaign.pk,), "Nombre de carnets"),
        ("funder_order", (order.pk,), "Il manque 400 €"),
        ("funder_order_cancel", (order.pk,), "Annuler cette commande ?"),
    ]
    for name, args, said in pages:
        response = client.get(url(name, funder, *args))
        assert response.status_code == 200, name
        assert said in text(response), name


def test_another_funder_finds_nothing(client, scene):
    funder, campaign, _line, order = scene
    stranger = make_funder()
    stranger.log_in(client)
    for name, pk in (("funder_campaign", campaign.pk), ("funder_order", order.pk), ("funder_order_cancel", order.pk),
                     ("funder_order_create", campaign.pk), ("funder_line_create", campaign.pk)):  # fmt: skip
        assert client.get(url(name, stranger, pk)).status_code == 404, name
        assert client.get(url(name, funder, pk)).status_code == 404, name
    assert campaign.name not in text(client.get(url("funder_campaigns", stranger)))


def test_a_campaign_is_created_from_the_page(client, scene):
    funder = scene[0]
    day = timezone.localdate()
    data = {
        "name": "Premiers clics", "starts_on": day.isoformat(), "ends_on": day.isoformat(), "face_value_cents": "12,50",
        "passes_per_booklet": "5", "services": ["1"], "territories": ["commune:33039"], "claim_days": "31",
    }  # fmt: skip
    response = client.post(url("funder_campaign_create", funder), data)
    assert response.status_code == 302
    with acting(funder.principal):
        made = Campaign.objects.get(name="Premiers clics")
        assert made.lines.get().source == funder.organisation.name
    assert (made.face_value_cents, made.passes_per_booklet, made.territories) == (1250, 5, ["commune:33039"])
    assert made.services == [1, 101, 102, 103]


def test_territories_are_found_without_javascript(client, scene):
    funder = scene[0]
    data = {"name": "Essai", "territory_search": "bègles", "search_territory": "1", "territories": ["departement:33"]}
    response = client.post(url("funder_campaign_create", funder), data)
    page = text(response)
    assert 'value="commune:33039"' in page
    assert 'value="departement:33" checked' in page
    assert 'value="Essai"' in page
    assert "à corriger" not in page


def test_territories_are_found_with_htmx(client, scene):
    response = client.get(url("funder_territory_search", scene[0]), {"territory_search": "gironde"})
    assert "departement:33" in text(response)


def test_mistakes_are_said_beside_their_question(client, scene):
    funder = scene[0]
    data = {"name": "X", "starts_on": "2027-02-01", "ends_on": "2027-01-01", "face_value_cents": "0",
            "passes_per_booklet": "7", "claim_days": "31"}  # fmt: skip
    page = text(client.post(url("funder_campaign_create", funder), data))
    assert "2 points sont à corriger" in page
    data |= {"face_value_cents": "10", "passes_per_booklet": "5"}
    assert "Le dernier jour vient après le premier." in text(client.post(url("funder_campaign_create", funder), data))


def test_an_order_shows_its_price_before_it_is_placed(client, scene):
    funder, campaign, line, _order = scene
    address = url("funder_order_create", funder, campaign.pk)
    page = text(client.get(address, {"line": line.pk, "booklets": "5"}))
    assert "500 €" in page
    trail = url("funder_trace", funder, "line", str(line.pk))
    assert f'il restera <a class="money" href="{trail}" title="Suivre cet euro">100 €</a>' in page
    assert "Les fonds manquent encore" in text(client.get(address, {"line": line.pk, "booklets": "7"}))
    assert "à corriger" in text(client.get(address, {"line": line.pk, "booklets": "0"}))
    client.post(address, {"line": line.pk, "booklets": "5"})
    with acting(funder.principal):
        assert Order.objects.filter(campaign=campaign).count() == 2


def test_an_order_sent_twice_is_one_order(client, scene):
    """Without a script nothing stops the second click: the quote gave the order its id."""
    funder, campaign, line, _order = scene
    address = url("funder_order_create", funder, campaign.pk)
    page = text(client.get(address, {"line": line.pk, "booklets": "5"}))
    (made,) = re.findall(r'name="order_id" value="([0-9a-f-]{36})"', page)
    sent = {"order_id": made, "line": line.pk, "booklets": "5"}
    first, second = client.post(address, sent), client.post(address, sent)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url == url("funder_order", funder, made)
    with acting(funder.principal):
        assert Order.objects.filter(campaign=campaign).count() == 2
    assert "Ce formulaire a déjà servi" in text(client.post(address, {**sent, "booklets": "6"}))
    client.post(url("funder_order_cancel", funder, made))
    assert "Ce formulaire a déjà servi" in text(client.post(address, sent))
    assert made not in text(client.get(address, {"line": line.pk, "booklets": "5"}))


def test_an_order_is_cancelled_from_the_page(client, scene):
    funder, _campaign, _line, order = scene
    client.post(url("funder_order_cancel", funder, order.pk))
    with acting(funder.principal):
        assert Order.objects.get(pk=order.pk).state == Order.State.CANCELLED


def test_what_commits_money_asks_a_second_factor_of_agents_too(client, scene):
    """Of managers every page does; a line or an operation posts nothing."""
    funder, campaign, line, order = scene
    agent = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    client.force_login(agent.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    ordering, cancelling = url("funder_order_create", funder, campaign.pk), url("funder_order_cancel", funder, order.pk)
    wanted = {"line": str(line.pk), "booklets": 10, "order_id": str(uuid.uuid4())}
    for answer in (
        client.get(ordering, {"line": str(line.pk), "booklets": 10}),
        client.post(ordering, wanted),
        client.get(cancelling),
        client.post(cancelling),
    ):
        assert answer.url.startswith("/espace/double-verification/")
    with acting(funder.principal):
        assert list(Order.objects.values_list("pk", "state")) == [(order.pk, Order.State.PLACED)]
    for name, pk in (("funder_campaign", campaign.pk), ("funder_order", order.pk), ("funder_line_create", campaign.pk)):
        assert client.get(url(name, funder, pk)).status_code == 200
    agent.log_in(client)
    assert client.post(ordering, wanted).status_code == 302
    with acting(funder.principal):
        assert Order.objects.count() == 2


def test_campaigns_cost_the_same_queries_however_many(client, scene, django_assert_max_num_queries):
    funder = scene[0]
    for _ in range(5):
        make_campaign(funder)
    with django_assert_max_num_queries(16):
        client.get(url("funder_campaigns", funder))


def test_operator_pages_open(client, scene):
    funder, _campaign, _line, order = scene
    operator = make_operator()
    make_distributor("CCAS de l’essai")
    operator.log_in(client)
    pages = [
        ("operator_funders", (), "Département de l’essai"),
        ("operator_funder_create", (), "SIRET"),
        ("operator_funder", (funder.organisation.pk,), "600 €"),
        ("operator_receipt_create", (funder.organisation.pk,), "Que paie ce virement"),
        ("operator_payment_order_create", (funder.organisation.pk,), "Numéro du mandat"),
        ("operator_distributors", (), "CCAS de l’essai"),
        ("operator_distributor_create", (), "SIRET"),
        ("operator_orders", (), order.number),
        ("operator_bank_balances", (), "Aucun relevé"),
        ("operator_bank_balance_create", (), "Solde"),
    ]
    for name, args, said in pages:
        response = client.get(url(name, operator, *args))
        assert response.status_code == 200, name
        assert said in text(response), name


def test_funders_are_searched_and_cost_the_same_queries(client, django_assert_max_num_queries):
    operator = make_operator()
    for n in range(12):
        make_funder(f"Région d’essai {n:02d}")
    make_funder("Écomusée")
    operator.log_in(client)
    with django_assert_max_num_queries(14):
        page = text(client.get(url("operator_funders", operator)))
    assert page.count("Région d’essai") == 12
    assert "Région" not in text(client.get(url("operator_funders", operator), {"q": "ecomus"}))


def test_a_funder_is_created_and_a_wrong_siret_refused(client):
    operator = make_operator()
    operator.log_in(client)
    data = {"name": "Métropole d’essai", "siret": "12345678901234", "commune": "Bègles", "email": "a@essai.example",
            "manager_email": "b@essai.example"}  # fmt: skip
    assert "clé de contrôle" in text(client.post(url("operator_funder_create", operator), data))
    response = client.post(url("operator_funder_create", operator), data | {"siret": make_siret()})
    assert response.status_code == 302
    assert "Métropole d’essai" in text(client.get(response.url))


@pytest.mark.parametrize(
    ("name", "hat"),
    [
        ("operator_funder_create", "funder"),
        ("operator_distributor_create", "distributor"),
        ("operator_hub_create", "hub"),
    ],
)
def test_a_known_siret_shows_whose_it_is_and_who_runs_it_before_it_adds_a_role(client, name, hat):
    operator, actor, other = make_operator(), known_actor("Atelier connu"), known_actor("Autre atelier")
    make_member(actor, Hat.ACTOR, Role.MANAGER, name="Anne Connue")
    make_member(actor, Hat.ACTOR, Role.MANAGER, name="<b hx-post=/ hx-trigger=load>")  # whoever runs it chooses it
    make_member(actor, Hat.ACTOR, Role.AGENT, name="Paul Accueil")
    operator.log_in(client)
    siret = actor.siret
    data = {"name": "Métropole d’essai", "siret": f"{siret[:9]} {siret[9:]}", "commune": "Bègles",
            "email": "a@essai.example", "manager_email": "b@essai.example"}  # fmt: skip
    for ticked in ({}, {f"joins_{other.pk}": "on"}):  # ticked for another, it says nothing of this one
        page = text(client.post(url(name, operator), data | ticked))
        assert "Ce SIRET est celui de Atelier connu, déjà connue ici" in page
        assert "Anne Connue" in page
        assert "<b hx-post" not in page
        assert "Paul Accueil" not in page
    assert not wears(actor, hat)
    box = f"joins_{actor.pk}"
    assert f'name="{box}"' in page
    done = client.post(url(name, operator), data | {box: "on"}, follow=True)
    assert "qui la dirige y a accès dès maintenant" in text(done)
    assert wears(actor, hat)


def known_actor(name):
    with acting(OPERATOR):
        return Organisation.objects.create(name=name, siret=make_siret(), is_actor=True)


def wears(organisation, hat):
    return getattr(Organisation.objects.get(pk=organisation.pk), f"is_{hat}")


def test_a_promise_and_its_transfer_are_recorded_from_the_pages(client, scene):
    funder, _campaign, line, _order = scene
    operator = make_operator()
    operator.log_in(client)
    promise = {"line": line.pk, "number": "M-1", "amount_cents": "1 234,50"}
    assert (
        client.post(url("operator_payment_order_create", operator, funder.organisation.pk), promise).status_code == 302
    )
    with acting(OPERATOR):
        order = PaymentOrder.objects.get()
    assert order.amount_cents == 123_450
    address = url("operator_receipt_create", operator, funder.organisation.pk)
    assert "1234,50" in text(client.get(address, {"mandat": order.pk}))
    receipt = {"target": f"mandat:{order.pk}", "amount_cents": "1 234", "bank_reference": "VIR-9",
               "received_on": timezone.localdate().isoformat()}  # fmt: skip
    assert "le virement de 1 234 €" in text(client.post(address, receipt))
    assert client.post(address, receipt | {"amount_cents": "1 234,50"}).status_code == 302
    with acting(OPERATOR):
        assert Receipt.objects.get(payment_order=order).amount_cents == 123_450


def test_a_promise_is_cancelled_from_the_page_only_while_its_money_is_free(client, scene):
    line = scene[2]
    operator = make_operator()
    operator.log_in(client)
    with acting(operator.principal):
        line = FundingLine.objects.select_related("account__purse", "campaign").get(pk=line.pk)
        order = services.record_payment_order(line=line, number="M-2", amount_cents=500)
    address = url("operator_payment_order_cancel", operator, order.pk)
    assert "Annuler ce mandat" in text(client.get(address))
    assert client.post(address).status_code == 302
    with acting(OPERATOR):
        assert PaymentOrder.objects.get(pk=order.pk).state == PaymentOrder.State.CANCELLED


def test_a_bank_statement_takes_two_people(client, scene):
    funder = scene[0]
    one, other = make_operator(), make_operator()
    one.log_in(client)
    data = {"purse": funder.organisation.purse.pk, "day": timezone.localdate().isoformat(), "balance_cents": "600",
            "reference": "R-1"}  # fmt: skip
    assert client.post(url("operator_bank_balance_create", one), data).status_code == 302
    with acting(OPERATOR):
        statement = BankBalance.objects.get()
    address = url("operator_bank_balance", one, statement.pk)
    page = text(client.get(address))
    assert "une autre personne doit le confirmer" in page
    assert "aucune" in page
    assert client.post(address, {"confirm": "1"}).status_code == 409
    with acting(OPERATOR):
        assert BankBalance.objects.get().confirmed_at is None
    other.log_in(client)
    assert client.post(address, {"confirm": "1"}).status_code == 302
    with acting(OPERATOR):
        assert BankBalance.objects.get().confirmed_by == other.user.pk


def test_a_funders_page_costs_the_same_queries_however_many_lines(client, scene, django_assert_max_num_queries):
    funder, campaign, _line, _order = scene
    operator = make_operator()
    for _ in range(4):
        other = make_campaign(funder)
        line = make_paid_line(other, operator=operator, cents=50_000)
        with acting(operator.principal):
            services.record_payment_order(line=line, number=f"M-{other.pk}"[:40], amount_cents=100)
            services.place_order(campaign=other, line=line, booklets=1)
    operator.log_in(client)
    with django_assert_max_num_queries(20):
        page = text(client.get(url("operator_funder", operator, funder.organisation.pk)))
    assert page.count("en attente") == 4
    with django_assert_max_num_queries(14):
        client.get(url("operator_orders", operator))
    funder.log_in(client)
    with django_assert_max_num_queries(22):
        client.get(url("funder_campaign", funder, campaign.pk))


def test_an_agent_of_the_operator_records_no_money(client, scene):
    funder = scene[0]
    agent = make_operator(Role.AGENT)
    agent.log_in(client)
    assert client.get(url("operator_receipt_create", agent, funder.organisation.pk)).status_code == 403
    assert "Enregistrer un virement" not in text(client.get(url("operator_funder", agent, funder.organisation.pk)))


def test_finance_reads_the_partners_and_is_not_offered_to_register_one(client):
    finance = make_operator("finance")
    finance.log_in(client)
    for name in ("funder", "distributor"):
        page = client.get(reverse(f"operator_{name}s", args=[finance.organisation.pk])).content.decode()
        create = reverse(f"operator_{name}_create", args=[finance.organisation.pk])
        assert create not in page
        assert client.get(create).status_code == 403


def test_a_funder_does_not_open_the_operators_pages(client, scene):
    funder = scene[0]
    assert client.get(url("operator_funders", funder)).status_code == 404
    assert client.get(url("operator_funder", make_operator(), funder.organisation.pk)).status_code == 404
