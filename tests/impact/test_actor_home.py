"""`/acteur/…/`: an actor at a glance, in the order in which it asks, for what each role may do about it."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from actors.bank_accounts import propose_bank_account
from actors.income import declare_income
from actors.income_rules import Kind, today
from actors.models import Actor, Payout, Site
from actors.site_changes import report_change
from actors.sites import close_site, edit_site, open_site
from actors.standing import SILENT, standing_of
from aptic.accounts.devices import create_device, revoke_device
from aptic.accounts.models import Device, Role
from aptic.french import euros, percent
from aptic.tenancy.principal import Hat, Principal, acting
from impact import figures
from impact.income import income_of
from tests.actors.network import IBAN, commune, make_actor
from tests.factories import OPERATOR, make_member

pytestmark = pytest.mark.pg15


def home(organisation):
    return reverse("actor_home", args=[organisation.pk])


def html(member):
    answer = member.log_in(Client()).get(home(member.organisation))
    assert answer.status_code == 200
    return answer.content.decode()


def plain(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def actor(db):
    return make_actor()


def device(actor, *, used=None, paired=True, name="Tablette"):
    """A device as pairing and using it would leave it."""
    with acting(actor.manager.principal):
        made, _ = create_device(organisation_id=actor.organisation.pk, site_id=actor.site.pk, name=name)
    at = used or timezone.now()
    with acting(OPERATOR):
        if paired:
            Device.objects.filter(pk=made.pk).update(
                digest=made.pk.bytes, paired_at=at, last_used_at=used, pairing_digest=None, pairing_expires_at=None
            )
    return made


# --- in this order ---------------------------------------------------------------------------------------------------


def test_it_answers_in_the_order_in_which_one_asks(actor):
    page = html(actor.manager)
    order = [
        "Votre prochain paiement", "Vos douze derniers mois", "Vos lieux</h2>", "Aucun signalement",
        "Appareils et équipe", "Votre dépendance aux pass", "Qui vous accueille",
    ]  # fmt: skip
    found = [page.index(words) for words in order]
    assert found == sorted(found)


# --- the next payment ------------------------------------------------------------------------------------------------


def test_a_transfer_under_way_is_followed_from_the_first_line(world):
    member = world.people[world.library[0].site.actor_id]
    with acting(member.principal):
        sent = Payout.objects.filter(state=Payout.State.SENT).order_by("-cutoff").first()
    page = html(member)
    first = page[page.index("Votre prochain paiement") : page.index("Vos douze derniers mois")]
    trace = reverse("actor_trace", args=[member.organisation.pk, "payout", str(sent.pk)])
    assert f'<a class="money" href="{trace}" title="Suivre cet euro">{euros(sent.net_cents)}' in first
    assert "en route vers votre banque" in first


def test_what_blocks_is_said_with_the_page_that_unblocks(actor):
    bank = reverse("actor_bank_account", args=[actor.organisation.pk])
    page = html(actor.manager)
    assert "Nous ne savons pas où vous payer." in page
    assert f'<a href="{bank}">Donner vos coordonnées bancaires</a>' in page
    with acting(actor.manager.principal):
        propose_bank_account(actor=actor.organisation, holder="Association", iban=IBAN)
    assert "attend l’approbation de l’opérateur" in html(actor.manager)


def test_whoever_may_not_act_is_told_who_may(actor):
    page = html(actor.member(Role.AGENT))
    first = page[page.index("Votre prochain paiement") : page.index("Vos douze derniers mois")]
    assert "Un responsable de votre organisation peut agir." in first
    assert "actor_bank_account" not in first
    assert reverse("actor_bank_account", args=[actor.organisation.pk]) not in page
    assert reverse("actor_devices", args=[actor.organisation.pk]) not in page
    assert reverse("actor_income", args=[actor.organisation.pk]) not in page
    assert "dépendance" not in page


# --- places ----------------------------------------------------------------------------------------------------------


def test_reports_of_change_are_counted_and_lead_to_their_answers(actor):
    assert "Aucun signalement n’attend." in plain(html(actor.manager))
    with acting(Principal()):
        report_change(site=actor.site, kind="hours")
        report_change(site=actor.site, kind="contact")
        report_change(site=actor.site, kind="refused")  # for the operator alone
    page = html(actor.manager)
    assert "2 signalements attendent votre réponse" in plain(page)
    assert reverse("actor_site_changes", args=[actor.organisation.pk]) in page


def test_what_a_site_does_not_say_is_named_until_it_says_it(actor):
    page = plain(html(actor.manager))
    assert "comment y venir, point sur la carte" in page
    assert "Aucune structure n’est indiquée" in page
    with acting(actor.manager.principal):
        edit_site(
            site=Site.objects.select_related("commune").get(pk=actor.site.pk), opening_hours="Mo 09:00-12:00",
            services=[1, 2], access_modes=["walk_in"], latitude=44.84, longitude=-0.58, support_modes=["one_to_one"],
            fees=["free"], summary="Au calme.", host_kind="library", host_name="Médiathèque du Port",
        )  # fmt: skip
    page = plain(html(actor.manager))
    assert "rien ne manque aux habitants" in page
    assert "Bibliothèque ou médiathèque : Médiathèque du Port" in page


def test_without_an_open_site_it_says_how_to_open_one(actor):
    with acting(actor.manager.principal):
        close_site(site=Site.objects.get(pk=actor.site.pk), reason="Travaux")
    page = html(actor.manager)
    assert "Aucun lieu ouvert" in page
    assert reverse("actor_site_open", args=[actor.organisation.pk]) in page
    assert "0 lieu ouvert , 1 fermé" in plain(page).replace("ouvert,", "ouvert ,")
    assert reverse("actor_site_open", args=[actor.organisation.pk]) not in html(actor.member(Role.FINANCE))


# --- devices and people ----------------------------------------------------------------------------------------------


def test_devices_that_ask_for_something_come_first(actor):
    now = timezone.now()
    assert "Aucun appareil associé" in html(actor.manager)
    device(actor, used=now, name="Accueil")
    device(actor, used=now - SILENT - timedelta(days=1), name="Atelier")
    device(actor, paired=False, name="Nouvelle")
    stopped = device(actor, used=now, name="Perdue")
    with acting(actor.manager.principal):
        revoke_device(device=stopped)
        standing = standing_of(actor.manager.principal)
    assert [(till.device.name, till.state) for till in standing.tills] == [
        ("Nouvelle", "waiting"), ("Atelier", "silent"), ("Accueil", "ok"),
    ]  # fmt: skip
    page = plain(html(actor.manager))
    assert "silencieux" in page
    assert "Arrêtés depuis un mois : Perdue" in page
    with acting(actor.manager.principal):
        later = standing_of(actor.manager.principal, at=now + timedelta(days=40))
    assert later.stopped == []
    assert {till.state for till in later.tills} == {"silent", "expired"}


def test_people_who_redeem_are_counted_and_those_without_a_site_are_told(actor):
    actor.member(Role.FINANCE)
    actor.member(Role.SCANNER)
    page = plain(html(actor.manager))
    assert "2 personnes encaissent, dont 1 au guichet seulement" in page
    assert "1 sans lieu" in page


# --- income ----------------------------------------------------------------------------------------------------------


def test_once_a_year_it_asks_to_declare_and_then_says_what_passes_weigh(actor):
    year = timezone.localdate().year - 1
    declare = reverse("actor_income_declare", args=[actor.organisation.pk])
    page = html(actor.manager)
    assert f"Déclarez vos revenus de {year}" in page
    assert declare in page
    with acting(actor.manager.principal):
        declare_income(year=year, amounts={Kind.ROOMS: 100_00})
    page = html(actor.manager)
    assert declare not in page
    assert "0 % de vos revenus venaient des pass" in plain(page)
    assert "pas de pass" in page


def test_it_warns_before_the_next_declaration(world):
    """Passes of twelve months stand beside what else was declared of the last year."""
    member = world.people[world.club[0].site.actor_id]
    year = timezone.localdate().year - 1
    with acting(member.principal):
        declare_income(year=year, amounts={Kind.ROOMS: 100_00})
        earned = figures.ratio(member.organisation.pk).earned_cents
        declared = income_of(member.principal).latest
    weight = today(declared, passes_cents=earned)
    assert earned > 0
    page = plain(html(member)).replace("\xa0", " ")
    assert f"depuis {year}, ils pèsent {percent(weight.share)} {weight.dependence.words}".replace("\xa0", " ") in page


def test_last_years_declaration_is_shown_while_the_next_is_asked_for(actor):
    year = timezone.localdate().year - 1
    with acting(actor.manager.principal):
        before = datetime(year, 6, 1, tzinfo=ZoneInfo("Europe/Paris"))
        declare_income(year=year - 1, amounts={Kind.ROOMS: 100_00}, at=before)
    page = plain(html(actor.manager))
    assert f"Déclarez vos revenus de {year}" in page
    assert f"{year - 1}" in page


# --- what it costs ---------------------------------------------------------------------------------------------------


def queries(member):
    client = member.log_in(Client())
    client.get(home(member.organisation))
    with CaptureQueriesContext(connection) as found:
        assert client.get(home(member.organisation)).status_code == 200
    return len(found)


def test_it_costs_the_same_whatever_there_is(actor):
    year = timezone.localdate().year - 1
    before = queries(actor.manager)
    assert before == 29  # one of them is the calendar, a row since the operator chooses its days
    with acting(actor.manager.principal):
        for number in range(4):
            open_site(
                actor=actor.organisation, name=f"Lieu {number}", address="1 rue", commune=commune(), phone="0500000000"
            )
        declare_income(year=year, amounts={Kind.ROOMS: 100_00})
        propose_bank_account(actor=actor.organisation, holder="Association", iban=IBAN)
    for number in range(7):
        device(actor, used=timezone.now(), name=f"Tablette {number}")
        make_member(actor.organisation, Hat.ACTOR, Role.SCANNER)
        with acting(Principal()):
            report_change(site=actor.site, kind="hours")
    assert queries(actor.manager) == before


def test_a_suspended_actor_reads_it_first(actor):
    with acting(OPERATOR):
        Actor.objects.filter(pk=actor.organisation.pk).update(
            state="suspended", suspended_at=timezone.now(), suspension_reason="Assurance échue."
        )
    page = html(actor.manager)
    assert page.index("est suspendue depuis") < page.index("Votre prochain paiement")
    assert "Assurance échue." in page
