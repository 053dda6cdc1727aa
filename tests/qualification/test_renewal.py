"""Renewing before the end: when it is time, a file filled in with what is known, and letters once per threshold."""

import re
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from actors import bank_accounts
from actors.models import Actor, BankAccount
from actors.sites import close_site, edit_site
from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.errors import NotAllowed
from aptic.tenancy.principal import acting, current
from qualification import candidacy, errors, link, progress, renewal, rules, services
from qualification.disqualification import disqualify_actor
from qualification.models import Application
from qualification.tasks import remind_renewals
from tests.actors.network import commune, make_actor
from tests.factories import OPERATOR, make_funder, make_operator
from tests.qualification.candidates import IBAN, holding, join_papers, place, send, sent
from tests.qualification.test_applications import mails
from tests.qualification.test_candidate_pages import url as candidate_url
from tests.qualification.test_pages import text, url

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]


OTHER_IBAN = "FR1420041010050500013M02606"


def ends_in(network, days):
    with acting(OPERATOR):
        Actor.objects.filter(pk=network.organisation.pk).update(qualified_until=timezone.now() + timedelta(days=days))


@pytest.fixture
def network():
    made = make_actor(application=sent())
    ends_in(made, 60)
    return made


def begin(network, **more):
    with acting(network.manager.principal):
        return renewal.begin_renewal(actor=network.organisation, **more)


@pytest.mark.parametrize(
    ("at", "years", "ends"),
    [((2026, 11, 29), 3, (2029, 11, 29)), ((2028, 2, 29), 3, (2031, 3, 1)), ((2028, 2, 29), 4, (2032, 2, 29))],
)
def test_a_qualification_lasts_whole_years(at, years, ends):
    assert rules.years_later(datetime(*at), years) == datetime(*ends)


def test_it_opens_six_months_before_the_end(network):
    ends_in(network, 181)
    with pytest.raises(errors.TooEarly):
        begin(network)
    ends_in(network, 179)
    assert begin(network).kind == "renewal"
    ends_in(network, -3)
    assert renewal.may_renew(Actor.objects.get(pk=network.organisation.pk))  # past its end, it is more than time


def test_a_renewal_is_filled_in_and_is_one_at_a_time(network):
    row = begin(network)
    assert begin(network).pk == row.pk
    with holding(row) as mine:
        assert (mine.state, mine.legal_status, mine.organisation_id) == (
            "draft", "association", network.organisation.pk,
        )  # fmt: skip
        assert [site.name for site in mine.sites.all()] == [network.site.name]
        faults = {part.key for part in progress.parts_of(mine, on=timezone.localdate()) if part.faults}
        assert faults == {"personnes", "pieces"}  # what changes: the mandate and the papers
    with acting(OPERATOR), pytest.raises(IntegrityError, match="one_live_renewal_per_actor"), transaction.atomic():
        twin = Application.objects.get(pk=row.pk)
        twin.pk = None
        twin.save(force_insert=True)


def test_an_accepted_renewal_adds_years_to_those_left(network):
    row = begin(network)
    with holding(row) as mine:
        candidacy.edit(application=mine, mandated=True)
        join_papers(mine)
    send(row)
    before = Actor.objects.get(pk=network.organisation.pk).qualified_until
    with acting(make_operator().principal):
        services.accept(application=row)
    with acting(OPERATOR):
        after = Actor.objects.get(pk=network.organisation.pk)
        assert after.qualified_until == rules.years_later(before, 3)
        assert network.organisation.sites.count() == 1  # its place was there already
        assert after.qualifications.filter(until=None).count() == 1
    assert mails()[-1] == ("renewal_accepted", network.manager.user.email)
    with acting(network.manager.principal), pytest.raises(errors.TooEarly):
        renewal.begin_renewal(actor=network.organisation)


@contextmanager
def renewing(network):
    """A renewal to change; sent and accepted once it is."""
    row = begin(network)
    with holding(row) as mine:
        candidacy.edit(application=mine, mandated=True)
        join_papers(mine)
        yield mine
    send(row)
    with acting(make_operator().principal):
        services.accept(application=row)


def test_whose_link_it_is_changes_no_account(network):
    with holding(begin(network)) as mine:
        for person in (None, network.member(Role.AGENT).principal, make_actor().manager.principal):
            with acting(person or current()), pytest.raises(NotAllowed):
                candidacy.give_account(application=mine, holder="Les Ateliers", iban=OTHER_IBAN)


def approve(network):
    with acting(make_operator("finance").principal):
        bank_accounts.approve_bank_account(account=bank_accounts.pending(network.organisation).get())


def test_the_account_of_a_renewal_is_proposed_and_cools_off(network):
    approve(network)
    with renewing(network) as mine, acting(network.manager.principal):
        candidacy.give_account(application=mine, holder="Les Ateliers", iban=OTHER_IBAN)
    with acting(OPERATOR):
        account = BankAccount.objects.get(approved_at=None, replaced_at=None)
        assert (account.iban_last4, account.holder) == (OTHER_IBAN[-4:], "Les Ateliers")
        assert account.not_before > timezone.now() + timedelta(hours=47)
        assert bank_accounts.in_force(network.organisation).get().iban_last4 == IBAN[-4:]  # paid until then
    assert ("bank_account_change", network.manager.user.email) in mails()


@pytest.mark.parametrize("approved", [True, False])
def test_the_same_account_is_no_change(network, approved):
    if approved:
        approve(network)
    with acting(OPERATOR):
        before = list(BankAccount.objects.values_list("pk", "replaced_at"))
    with renewing(network) as mine, acting(network.manager.principal):
        candidacy.give_account(application=mine, holder=mine.organisation_name, iban=IBAN)
    with acting(OPERATOR):
        assert list(BankAccount.objects.values_list("pk", "replaced_at")) == before
    assert "bank_account_change" not in [template for template, _ in mails()]


def test_a_renewal_keeps_the_vat_or_changes_it(network):
    with acting(OPERATOR):
        Actor.objects.filter(pk=network.organisation.pk).update(charges_vat=True)  # the file that was accepted said no
    with renewing(network):
        pass
    with acting(OPERATOR):
        assert Actor.objects.get(pk=network.organisation.pk).charges_vat
    ends_in(network, 60)
    with renewing(network) as mine:
        candidacy.edit(application=mine, charges_vat=False)
    with acting(OPERATOR):
        assert not Actor.objects.get(pk=network.organisation.pk).charges_vat


def test_a_site_that_is_edited_in_a_renewal_is_edited_and_not_opened_twice(network):
    with renewing(network) as mine:
        here = mine.sites.get()
        moved = place(name="Le Nouveau Nom", commune="33039", phone="0599999999")
        candidacy.save_site(application=mine, site=here, **moved)
        candidacy.save_site(application=mine, **place(name="Un Second"))
    with acting(OPERATOR):
        named = {site.name: site for site in network.organisation.sites.filter(open=True)}
        assert set(named) == {"Le Nouveau Nom", "Un Second"}
        renamed = named["Le Nouveau Nom"]
        assert (renamed.pk, renamed.phone, renamed.commune_id) == (network.site.pk, "0599999999", commune().pk)


def test_what_was_said_last_of_a_site_stays(network):
    with renewing(network) as mine:
        with acting(network.manager.principal):
            edit_site(site=network.site, phone="0588888888")
        candidacy.save_site(application=mine, site=mine.sites.get(), **described(mine.sites.get()))  # as it stands
    with acting(OPERATOR):
        network.site.refresh_from_db()
    assert network.site.phone == "0588888888"


def test_a_site_that_was_closed_meanwhile_is_not_opened_again(network):
    with renewing(network), acting(network.manager.principal):
        close_site(site=network.site, reason="Fin de bail.")
    with acting(OPERATOR):
        assert [site.open for site in network.organisation.sites.all()] == [False]


def described(site):
    return {name: getattr(site, name) for name in site.FIELDS}


def test_only_the_actors_people_renew_it(network):
    for member in (make_funder(), network.member(Role.FINANCE)):
        with acting(member.principal), pytest.raises(NotAllowed):
            renewal.begin_renewal(actor=network.organisation)


def test_letters_leave_once_per_threshold_and_stop_when_the_file_is_sent(network):
    def reminded(days):
        ends_in(network, days)
        remind_renewals()
        return [template for template, _ in mails()].count("renewal_due")

    def ended():
        return [template for template, _ in mails()].count("renewal_over")

    assert [reminded(days) for days in (120, 89, 80, 29, 28, 6, 0.2)] == [0, 1, 1, 2, 2, 3, 3]
    assert ended() == 0
    assert [(reminded(days), ended()) for days in (-0.2, -1, -400)] == [(3, 1)] * 3  # the end has passed: once
    with acting(OPERATOR):
        Actor.objects.filter(pk=network.organisation.pk).update(renewal_reminded=None)
    row = begin(network)
    with holding(row) as mine:
        candidacy.edit(application=mine, mandated=True)
        join_papers(mine)
    send(row)
    assert reminded(20) == 3
    assert mails()[0][0] == "application_begun"


def test_letters_say_what_the_end_changes(network):
    words = {"organisation": "Essai", "until": "3 mars 2027", "url": "https://"}
    for name in ("renewal_due", "renewal_over"):
        letter = render_to_string(f"mail/{name}.txt", words)
        assert "n’arrête aucun lieu par elle-même" in letter
        assert "continuer d’encaisser" not in letter
        assert "3 mars 2027" in render_to_string(f"mail/{name}.subject.txt", words)


def test_a_renewal_accepted_meanwhile_gets_no_letter(network, monkeypatch):
    def renewed(_):
        ends_in(network, 1000)
        return False

    monkeypatch.setattr(renewal, "_is_under_way", renewed)
    ends_in(network, -1)
    with acting(OPERATOR):
        assert renewal.remind() == 0


def test_the_operator_lists_those_whose_qualification_has_ended(client, network):
    ends_in(network, -2)
    gone, current = make_actor(), make_actor()
    ends_in(gone, -2)
    ends_in(current, 200)
    operator = make_operator()
    with acting(operator.principal):
        disqualify_actor(actor=gone.organisation, reason="Sorti.")
    operator.log_in(client)
    address = url("operator_actors", operator)
    client.get(address)  # the first page after a log-in writes to the session
    with CaptureQueriesContext(connection) as queries:
        page = text(client.get(address, {"etat": "echue"}))
    assert network.organisation.name in page
    assert "échue le" in page
    assert 'name="etat" value="echue"' in page  # a search stays among them
    assert not {gone.organisation.name, current.organisation.name} & set(re.findall(r"Association d’essai \d+", page))
    assert current.organisation.name in text(client.get(address))
    assert "échue" in text(client.get(url("operator_actor", operator, network.organisation.pk)))
    for _ in range(3):
        ends_in(make_actor(), -2)
    with CaptureQueriesContext(connection) as more:
        client.get(address, {"etat": "echue"})
    assert len(more) == len(queries)
    with acting(OPERATOR):
        Actor.objects.update(qualified_until=None)
    assert "Aucune qualification échue" in text(client.get(address, {"etat": "echue"}))


def test_an_actor_renews_from_its_first_page(client, network):
    network.manager.log_in(client)
    page = text(client.get(url("actor_home", network.manager)))
    assert "Renouveler ma qualification" in page
    response = client.post(url("actor_renew", network.manager))
    assert response.status_code == 302
    page = text(client.get(response.url))
    assert "Renouvellement" in page
    with acting(OPERATOR):
        row = Application.objects.get(kind="renewal")
    assert response.url == candidate_url("application_page", row)
    assert link.read(link.sign(row.pk)) == row.pk
    ends_in(network, -1)
    assert "Votre qualification est échue depuis le" in text(client.get(url("actor_home", network.manager)))
    ends_in(network, 400)
    assert "Renouveler ma qualification" not in text(client.get(url("actor_home", network.manager)))
    assert client.post(url("actor_renew", network.manager)).status_code == 409
    network.member(Role.FINANCE).log_in(client)
    assert client.post(url("actor_renew", network.manager)).status_code == 403


def open_link(client, row):
    return client.get(reverse("application_link", args=[link.sign(row.pk)]), follow=True)


def test_the_link_of_a_renewal_leads_to_log_in_and_back(client, network):
    row = begin(network)
    page = candidate_url("application_page", row)
    assert open_link(client, row).redirect_chain[-1][0] == f"{reverse('account_login')}?next={page}"
    assert client.post(candidate_url("application_withdraw", row)).url == f"{reverse('account_login')}?next={page}"
    network.manager.log_in(client)
    assert "Renouvellement" in text(client.get(page))


def test_only_who_may_renew_opens_a_renewal(client, network):
    row = begin(network)
    agent, finance = network.member(Role.AGENT), network.member(Role.FINANCE)
    page, bank = candidate_url("application_page", row), candidate_url("application_account", row)
    given = {"holder": "Les Ateliers", "iban": OTHER_IBAN}
    for member, opens, pays in (
        (network.manager, 200, 302), (agent, 200, 403), (finance, 403, 403), (make_actor().manager, 404, 404),
    ):  # fmt: skip
        browser = Client()
        open_link(browser, row)
        member.log_in(browser)
        assert browser.get(page).status_code == opens, member
        assert browser.post(bank, given).status_code == pays, member
        assert (f'href="{bank}"' in text(browser.get(page))) == (pays == 302)


def test_the_trail_names_who_renews_and_the_actor_reads_it(network):
    row, agent = begin(network), network.member(Role.AGENT)
    for member, name, said in (
        (network.manager, "application_account", {"holder": "Les Ateliers", "iban": OTHER_IBAN}),
        (agent, "application_withdraw", {}),
    ):
        browser = member.log_in(Client())
        open_link(browser, row)
        assert browser.post(candidate_url(name, row), said).status_code == 302
    with acting(network.manager.principal):
        seen = Event.objects.filter(object_id=str(row.pk)).values_list("verb", "person_id", "hat")
        assert {
            ("application_account_given", network.manager.user.pk, "actor"),
            ("application_withdrawn", agent.user.pk, "actor"),
        } <= set(seen)


def test_a_manager_renews_with_a_second_factor_only(client, network):
    row = begin(network)
    open_link(client, row)
    client.force_login(network.manager.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("application_page", "application_account"):
        assert client.get(candidate_url(name, row)).url.startswith("/espace/double-verification/")


def test_who_left_the_actor_reaches_its_renewal_no_more(client, network):
    agent = network.member(Role.AGENT)
    with acting(agent.principal):
        row = renewal.begin_renewal(actor=network.organisation)
    open_link(client, row)
    agent.log_in(client)
    assert client.get(candidate_url("application_page", row)).status_code == 200
    with acting(OPERATOR):
        agent.membership.active = False
        agent.membership.save(update_fields=["active"])
    assert client.get(candidate_url("application_page", row)).status_code == 404
    before = mails()
    client.post(reverse("application_find"), {"email": agent.user.email})
    assert mails() == before
