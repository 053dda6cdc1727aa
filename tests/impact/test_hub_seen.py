"""« Ce que la tête de réseau voit »: it is true; a consent is a sentence that is ticked, and one click ends it."""

import pytest
from django.urls import reverse

from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from impact.models import HubActor
from qualification.models import Consent, HubCampaign
from tests.factories import make_funder, make_member
from tests.impact.test_coverage import make_site
from tests.impact.test_hub_pages import counted, plain
from tests.qualification.hubs import (
    GIRONDE,
    LIBOURNAIS,
    METROPOLE,
    bought,
    consent,
    earned,
    make_hub,
    manager_of,
    remit_of,
    take_back,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(client):
    site = make_site()
    earned(site.actor, 18_000_00)
    member = manager_of(site.actor)
    member.log_in(client)
    return member


@pytest.fixture
def funder(client):
    member = make_funder()
    bought(member, name="Numérique pour tous", booklets=4)
    member.log_in(client)
    return member


def listing(member):
    return reverse(f"{member.principal.hat}_hubs", args=[member.organisation.pk])


def address(member, hub):
    return reverse(f"{member.principal.hat}_remit", args=[member.organisation.pk, remit_of(hub).pk])


@pytest.mark.parametrize("who", ["actor", "funder"])
def test_nobody_reads_before_a_territory_is_given(client, request, who):
    member = request.getfixturevalue(who)
    assert "Aucune tête de réseau ne vous lit" in plain(client.get(listing(member)))
    elsewhere = make_hub(LIBOURNAIS)
    assert "Aucune tête de réseau ne vous lit" in plain(client.get(listing(member)))
    assert client.get(address(member, elsewhere)).status_code == 404
    assert client.post(address(member, elsewhere), {"confirm": "on"}).status_code == 404


@pytest.mark.parametrize("who", ["actor", "funder"])
def test_a_consent_is_a_ticked_sentence_and_one_click_takes_it_back(client, request, who):
    member, hub = request.getfixturevalue(who), make_hub(METROPOLE)
    page = plain(client.get(address(member, hub)))
    assert f"Au nom de {member.organisation.name}, je permets à {hub.organisation.name}" in page
    refused = plain(client.post(address(member, hub), {}))
    assert "il n’est jamais supposé" in refused
    with acting(member.principal):
        assert not Consent.objects.exists()
    given = client.post(address(member, hub), {"confirm": "on"}, follow=True)
    assert "Accord donné" in plain(given)
    assert "partagés" in plain(client.get(listing(member)))
    back = client.post(address(member, hub), {"retirer": "1"}, follow=True)
    assert "Accord retiré" in plain(back)
    history = plain(client.get(listing(member)))
    assert "non partagés" in history
    assert "retiré le" in history
    with acting(hub.principal):
        assert not HubActor.objects.filter(consented=True).exists()
        assert not HubCampaign.objects.filter(consented=True).exists()


def test_an_actor_reads_exactly_what_its_hub_reads(client, actor):
    hub = make_hub(METROPOLE)
    page = plain(client.get(address(actor, hub)))
    with acting(hub.principal):
        row = HubActor.objects.get()
    assert row.get_band_display() in page
    assert row.get_state_display() in page
    assert "18 000 €" in page  # its own amount, beside « seulement avec votre accord »
    assert "coordonnées bancaires" in page


def test_a_funder_reads_exactly_what_its_hub_reads(client, funder):
    bought(funder, name="Ailleurs", territories=(LIBOURNAIS,))
    hub = make_hub(METROPOLE)
    page = plain(client.get(address(funder, hub)))
    with acting(hub.principal):
        names = set(HubCampaign.objects.values_list("name", "passes"))
    assert names == {("Numérique pour tous", 40)}
    assert "Numérique pour tous" in page
    assert "Ailleurs" not in page
    assert ">40<" in page
    assert "400 €" in page


@pytest.mark.parametrize("who", ["actor", "funder"])
def test_only_a_manager_finds_the_button(client, request, who):
    member, hub = request.getfixturevalue(who), make_hub(METROPOLE)
    agent = make_member(member.organisation, Hat(who), Role.AGENT)
    agent.log_in(client)
    page = plain(client.get(address(agent, hub)))
    assert "Seule une personne responsable" in page
    assert "je permets" not in page
    assert client.post(address(agent, hub), {"confirm": "on"}).status_code == 403
    consent(member, hub)
    assert client.post(address(agent, hub), {"retirer": "1"}).status_code == 403


def test_a_territory_taken_back_leaves_the_history(client, actor):
    hub = make_hub(METROPOLE)
    consent(actor, hub)
    take_back(hub)
    page = plain(client.get(listing(actor)))
    assert "Aucune tête de réseau ne vous lit" in page
    assert "sans effet depuis le" in page


@pytest.mark.parametrize("who", ["actor", "funder"])
def test_the_pages_cost_the_same_however_many_read(client, request, who):
    member, hub = request.getfixturevalue(who), make_hub(METROPOLE)
    consent(member, hub)
    before = counted(client, listing(member)), counted(client, address(member, hub))
    for _ in range(4):
        consent(member, make_hub(METROPOLE))
    if who == "funder":
        for _ in range(4):
            bought(member, territories=(GIRONDE,))
    else:
        make_site(actor=member.organisation)
    after = counted(client, listing(member)), counted(client, address(member, hub))
    assert after == before
    assert max(after) <= 19
