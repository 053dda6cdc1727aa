"""First pages: what they say of a small world, what they say of nothing, and what they cost."""

import pytest
from django.test import Client
from django.urls import reverse

from actors.models import Actor
from aptic.accounts.models import Role
from aptic.audit.models import Head
from aptic.audit.tasks import publish_head, seal
from aptic.french import euros
from aptic.ledger.tasks import prove_nightly
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting, as_system
from impact import figures, publishing
from impact.models import Publication
from impact.tasks import publish_counters
from tests.factories import OPERATOR, make_funder, make_member, make_operator, make_siret
from tests.horizon import horizon_passes
from tests.impact.world import build

pytestmark = pytest.mark.pg15


def home(member):
    hat = member.principal.hat.value
    return reverse(f"{hat}_home", args=[member.organisation.pk])


def body(member):
    answer = member.log_in(Client()).get(home(member))
    assert answer.status_code == 200
    return answer.content.decode()


# --- with something in them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "most"), [("operator", 24), ("funder", 18), ("actor", 28)])
def test_a_first_page_costs_a_fixed_number_of_queries(world, who, most, django_assert_max_num_queries):
    member = {"operator": world.first, "funder": world.south, "actor": world.people[world.club[0].site.actor_id]}[who]
    client = member.log_in(Client())
    with django_assert_max_num_queries(most):
        assert client.get(home(member)).status_code == 200


def test_the_operator_reads_each_actor_against_the_ratio_and_follows_its_money(world):
    page = body(world.first)
    for desk in (world.club[0], world.library[0]):
        assert reverse("operator_trace", args=[world.first.organisation.pk, "actor", str(desk.site.actor_id)]) in page
    assert "2 en dessous, 0 dans l’objectif, 0 au-dessus" in page.replace("\xa0", " ")
    assert reverse("operator_proof", args=[world.first.organisation.pk]) in page
    assert world.run_4.number in page


def test_a_funder_reads_its_own_euros_and_follows_them(world):
    page = body(world.south)
    with acting(world.south.principal):
        money = figures.money(world.south.organisation.pk)
    for cents in (money.collected, money.receivable, money.circulation, money.settled):
        assert euros(cents) in page
    assert (
        reverse("funder_trace", args=[world.south.organisation.pk, "funder", str(world.south.organisation.pk)]) in page
    )
    assert world.running.name in page
    assert world.old.name not in page


def test_an_actor_reads_its_ratio_its_debtors_and_its_payments(world):
    member = world.people[world.library[0].site.actor_id]
    page = body(member)
    with acting(member.principal):
        ratio = figures.ratio(member.organisation.pk)
    assert euros(ratio.earned_cents) in page
    assert euros(figures.RATIO_LOW_CENTS - ratio.earned_cents) in page
    assert "Fondation du Sud" in page
    assert "Département du Nord d’essai" in page
    assert "en moyenne entre l’encaissement et le paiement" in page
    assert "Club" not in page
    assert reverse("actor_trace", args=[member.organisation.pk, "actor", str(member.organisation.pk)]) in page


def test_days_to_payment_run_from_the_redemption_to_the_transfer_that_was_kept(world):
    with acting(OPERATOR):
        club = figures.ratio(world.club[0].site.actor_id, at=world.now).days_to_payment
        library = figures.ratio(world.library[0].site.actor_id, at=world.now).days_to_payment
    # The club's three, redeemed 170 days ago at 15 h, were executed 158 days ago at 10 h; a voided one does not count.
    assert club == pytest.approx(12 - 5 / 24, abs=0.01)
    # The library's, redeemed 168 and 140 days ago, were rejected, came back, and were executed 108 days ago.
    assert library == pytest.approx((3 * 60 + 32) / 4 - 5 / 24, abs=0.01)


# --- with nothing ---------------------------------------------------------------------------------------------------


def test_empty_spaces_say_what_will_come(db):
    operator, funder = make_operator(), make_funder()
    assert "Aucun acteur qualifié" in body(operator)
    assert "pas encore vérifié" in body(operator)
    page = body(funder)
    assert "Aucune opération" in page
    assert reverse("funder_campaign_create", args=[funder.organisation.pk]) in page
    with acting(OPERATOR):
        organisation = Organisation.objects.create(name="Acteur neuf", is_actor=True, siret=make_siret())
        Actor.objects.create(organisation=organisation, qualified_at="2027-01-01T00:00:00Z")
    page = body(make_member(organisation, Hat.ACTOR, Role.MANAGER))
    assert "Aucun pass encaissé" in page
    assert "Pas encore de paiement" in page


# --- for everybody --------------------------------------------------------------------------------------------------


def test_before_the_first_publication_the_page_says_so(db, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        page = client.get("/transparence/").content.decode()
    assert "Pas encore de chiffres" in page


def test_everybody_reads_what_the_system_published(fresh_database, client, django_assert_max_num_queries):
    world = build()
    prove_nightly()
    horizon_passes()
    seal()
    publish_head()
    assert Head.objects.exists()
    publish_counters()
    with django_assert_max_num_queries(8):
        answer = client.get("/transparence/")
    page = answer.content.decode()
    with acting(OPERATOR):
        usage, money = figures.usage(), figures.money()
    for cents in (usage.issued_cents, usage.used_cents, usage.paid_cents, money.collected, money.safeguarded):
        assert euros(cents) in page
    assert "aucun écart" in page
    assert "En circulation" in page
    published = bytes(Head.objects.get().hash).hex()
    assert f"{published[:8]} {published[8:16]} " in page
    # Two actors are fewer than five: neither their number nor their delay is said.
    assert "acteurs ont encaissé" not in page
    assert "entre l’usage d’un pass et son paiement" not in page
    for name in (world.club[0].site.name, world.running.name, "Fondation du Sud", "Club"):
        assert name not in page


def test_nothing_published_is_small(world):
    with as_system():
        counted = publishing.count(at=world.now)
    for name in ("by_service", "by_departement", "by_month"):
        assert all(row[1] >= 5 for row in counted[name]), name
    assert counted["actors"] is None
    # Nor are the few who came since the month began, by taking what is shown from the total.
    for name in ("by_service", "by_departement", "by_month"):
        told = sum(row[1] for row in counted[name])
        assert counted["usage"]["used"] - told not in range(1, 5), name
    before = sum(1 for _ in counted["by_month"])
    assert before


def test_breakdowns_stop_at_the_last_month_that_is_over(world):
    with as_system():
        counted = publishing.count(at=world.now)
    assert counted["until"].endswith("-01")
    assert all(row[0] < counted["until"][:7] or not row[0][:4].isdigit() for row in counted["by_month"])


def test_a_publication_of_a_former_version_is_still_read(fresh_database, client):
    with as_system():
        Publication.objects.create(
            figures={"usage": {"issued": 60, "issued_cents": 60000}, "money": None, "proof": None}
        )
    page = client.get("/transparence/").content.decode()
    assert euros(60000) in page
