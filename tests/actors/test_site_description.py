"""What a place says of itself: the lists of the national standard, the form in parts, the rules in the database."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from actors import site_description as said
from actors import sites
from actors.models import Site
from actors.opening_hours import InvalidHours
from actors.site_forms import PlaceForm
from aptic.tenancy.principal import acting
from tests.actors.network import commune, make_actor
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db
FULL = {
    "name": "Second lieu", "address": "2 rue", "address_extra": "Bâtiment B", "commune": "Bègles",
    "point": "44.81, -0.55", "host_kind": "library", "host_name": "Médiathèque", "phone": "0500000000",
    "website": "https://lieu.example", "opening_hours": "mardi 9h-12h", "hours": "Fermé en août.",
    "access_modes": ["walk_in", "call"], "booking_url": "rdv.example/lieu", "services": ["1"],
    "support_modes": ["one_to_one"], "mediators": "3", "fees": ["conditions"], "regulated_tariff": "on",
    "publics": ["seniors"], "special_care": ["illiteracy"], "itinerance": ["fixed"], "summary": "Au calme.",
}  # fmt: skip


def plain(text):
    return text.replace("\xa0", " ")


def test_a_site_says_everything_that_the_standard_asks(client):
    network = make_actor()
    network.manager.log_in(client)
    organisation = network.organisation
    page = client.get(reverse("actor_site_open", args=[organisation.pk])).content.decode()
    for words in (*said.AccessMode.labels, *said.SpecialCare.labels, *said.Fee.labels):
        assert words.replace("'", "&#x27;") in page
    response = client.post(reverse("actor_site_open", args=[organisation.pk]), FULL)
    assert response.status_code == 302
    page = plain(client.get(response.url).content.decode())
    assert "Mardi, 9 h – 12 h · Fermé en août." in page
    assert "Bibliothèque ou médiathèque : Médiathèque" in page
    assert "réglementés" in page
    with acting(OPERATOR):
        site = Site.objects.get(name="Second lieu")
    assert (site.opening_hours, site.latitude, site.longitude) == ("Tu 09:00-12:00", 44.81, -0.55)
    assert (site.access_modes, site.mediators, site.host_kind) == (["walk_in", "call"], 3, "library")
    assert site.booking_url == "https://rdv.example/lieu"
    edit = reverse("actor_site_edit", args=[organisation.pk, site.pk])
    page = plain(client.get(edit).content.decode())
    assert "Mardi, 9 h – 12 h" in page
    assert "44.81, -0.55" in page
    assert client.post(edit, FULL | {"commune": "Bègles", "point": ""}).status_code == 302
    with acting(OPERATOR):
        site.refresh_from_db()
    assert site.latitude == site.commune.latitude  # without a point, the commune's


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"point": "Bègles"}, "deux nombres"),
        ({"point": "200, 10"}, "deux nombres"),
        ({"point": "91, 0"}, "pas sur la Terre"),
        ({"opening_hours": "quand je suis là"}, "Nous ne comprenons pas ces horaires"),
        ({"access_modes": ["flying"]}, "Comment y venir"),
        ({"mediators": "501"}, "Personnes qui accompagnent"),
        ({"website": "javascript:alert(1)"}, "Site internet"),
        ({"summary": "x" * 281}, "Présentation"),
    ],
)
def test_a_mistake_is_said_beside_its_question(wrong, said):
    form = PlaceForm(FULL | wrong)
    assert not form.is_valid()
    assert said in str(form)


def test_services_check_what_a_form_would():
    network = make_actor()
    with acting(network.manager.principal):
        with pytest.raises(InvalidHours):
            sites.edit_site(site=network.site, opening_hours="jamais")
        with pytest.raises(TypeError):
            sites.edit_site(site=network.site, colour="bleu")
        with pytest.raises(TypeError):
            sites.open_site(actor=network.organisation, name="x", address="1", commune=commune(), phone="1", colour="x")
        before = network.site.described_at
        sites.edit_site(site=network.site, opening_hours="lundi 9h-12h")
        network.site.refresh_from_db()
    assert network.site.opening_hours == "Mo 09:00-12:00"
    assert network.site.described_at > before


def test_a_point_has_two_coordinates_on_earth():
    network = make_actor()
    with acting(OPERATOR):
        for values in ({"latitude": None}, {"latitude": 91}, {"longitude": -181}):
            with pytest.raises(IntegrityError, match="site_on_earth"), transaction.atomic():
                Site.objects.filter(pk=network.site.pk).update(**values)
