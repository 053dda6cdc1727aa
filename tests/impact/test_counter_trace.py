"""« Suivre cet euro » at a counter and for who hands booklets out: their own, for every role, and nothing beyond."""

import html
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actors.models import SiteStaff
from aptic.accounts.models import Role
from aptic.tenancy.principal import Hat, acting
from passes import distribution
from passes.models import Booklet, Redemption
from tests.factories import OPERATOR, make_distributor, make_member
from tests.passes.test_distribution import send
from tests.passes.world import code_of, make_batch, make_till

FOLLOWED = re.compile(r'href="([^"]+)" title="Suivre cet euro"')
ROLES = [Role.MANAGER, Role.AGENT, Role.SCANNER]


def text(answer):
    return html.unescape(answer.content.decode()).replace("\xa0", " ")


def main(answer):
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def follow(site, redemption, *, organisation=None):
    return reverse("counter_trace", args=[organisation or site.actor_id, site.pk, redemption])


def logged_in(till, role):
    """Somebody of the actor; counter staff are placed at the till's site."""
    member = make_member(till.site.actor, Hat.ACTOR, role)
    if role == Role.SCANNER:
        with acting(OPERATOR):
            SiteStaff.objects.create(membership=member.membership, site=till.site, actor_id=till.site.actor_id)
    return member.log_in(Client())


@pytest.fixture
def used(db):
    """A till, and the id of what it redeemed."""
    till, made = make_till(), uuid.uuid4()
    assert till.redeem(code_of(make_batch()), id=str(made)).status_code == 201
    return till, made


@pytest.mark.parametrize("role", ROLES)
def test_amounts_of_the_day_and_of_the_receipt_lead_to_the_pass_that_was_used(used, role):
    till, made = used
    client = logged_in(till, role)
    place = [till.site.actor_id, till.site.pk]
    day = reverse("counter_day", args=place)
    assert FOLLOWED.findall(main(client.get(reverse("counter", args=place)))) == [day]
    assert FOLLOWED.findall(main(client.get(day))) == ["#passages", follow(till.site, made)]
    assert FOLLOWED.findall(main(client.get(reverse("counter_done", args=[*place, made])))) == [follow(till.site, made)]
    answer = client.get(follow(till.site, made))
    assert answer.status_code == 200
    for said in (
        "Le chemin",
        "Lieu d’essai, Bordeaux",
        "Dû par Département d’essai",
        "Sera payé à un prochain règlement",
    ):
        assert said in text(answer)
    links = re.findall(r'href="([^"]+)"', main(answer))
    assert links
    assert all(link.startswith(f"/guichet/{till.site.actor_id}/{till.site.pk}/") for link in links)


@pytest.mark.parametrize("role", ROLES)
def test_what_was_redeemed_elsewhere_does_not_exist_here(used, role):
    till, made = used
    near, far = make_till(actor=till.site.actor), make_till()
    there, beyond = uuid.uuid4(), uuid.uuid4()
    batch = make_batch()
    near.redeem(code_of(batch, 0, 1), id=str(there))
    far.redeem(code_of(batch, 0, 2), id=str(beyond))
    client = logged_in(till, role)
    for redemption in (there, beyond, uuid.uuid4()):
        assert client.get(follow(till.site, redemption)).status_code == 404
    assert client.get(follow(far.site, beyond)).status_code == 404
    assert client.get(follow(far.site, beyond, organisation=till.site.actor_id)).status_code == 404
    # Whoever may stand at the other site follows there; counter staff only where they were placed.
    assert client.get(follow(near.site, there)).status_code == (404 if role == Role.SCANNER else 200)
    assert client.get(follow(near.site, made)).status_code == 404


def test_finance_does_not_stand_at_the_counter_and_nobody_follows_without_log_in(used):
    till, made = used
    assert logged_in(till, Role.FINANCE).get(follow(till.site, made)).status_code == 403
    assert Client().get(follow(till.site, made)).status_code == 302


def test_a_refused_pass_moved_no_money(used):
    till, _ = used
    with acting(OPERATOR):
        taken = Redemption.objects.accepted().get()
    refused = uuid.uuid4()
    batch_code = code_of(taken.batch, 0, 1)
    assert till.redeem(batch_code, id=str(refused)).status_code == 409
    client = logged_in(till, Role.AGENT)
    assert client.get(follow(till.site, refused)).status_code == 404
    day = client.get(reverse("counter_day", args=[till.site.actor_id, till.site.pk]))
    assert str(refused) not in main(day)


def test_a_voided_one_says_so_and_tells_nothing_of_what_the_pass_did_next(used):
    till, made = used
    other = make_till(actor=till.site.actor)
    with acting(OPERATOR):
        batch = Redemption.objects.get(pk=made).batch
    till.post(f"redemptions/{made}/void/")
    assert other.redeem(code_of(batch)).status_code == 201
    page = text(logged_in(till, Role.SCANNER).get(follow(till.site, made)))
    assert "Encaissement annulé" in page
    assert "la valeur est revenue dans le pass" in page
    assert "Contre-paiement" not in page


def test_it_goes_to_the_bank_line_at_a_fixed_cost(world, django_assert_num_queries):
    desk = world.club[0]
    client = world.people[desk.site.actor_id].log_in(Client())
    with acting(OPERATOR):
        first = Redemption.objects.live().filter(site=desk.site).earliest("accounted_at")
        last = Redemption.objects.live().filter(site=desk.site).latest("accounted_at")
        came_back = Redemption.objects.live().filter(site=desk.site, batch=world.batch).earliest("accounted_at")
    for redemption, queries in ((first, 26), (last, 23), (came_back, 26)):  # 23: in no transfer yet
        with django_assert_num_queries(queries):
            answer = client.get(follow(desk.site, redemption.pk))
        assert answer.status_code == 200
    page = text(client.get(follow(desk.site, first.pk)))
    assert f"EXE-{world.run_1.number}" in page
    assert "Arrêté au" in page
    assert "Compte clos" not in page  # another actor's transfer
    assert "Bénéficiaire inconnu" in text(client.get(follow(desk.site, came_back.pk)))


# --- who hands booklets out ------------------------------------------------------------------------------------------


def booklet_page(member, booklet, kind="booklet"):
    return reverse("distributor_trace", args=[member.organisation.pk, kind, str(booklet)])


def test_a_distributor_follows_its_booklet_and_never_where_it_was_used(db, django_assert_num_queries):
    member, batch, till = make_distributor(), make_batch(needs_hand_out=True), make_till()
    send(batch, member)
    client = member.log_in(Client())
    shown = client.post(reverse("distributor_hand_out", args=[member.organisation.pk]), {"code": code_of(batch, 0, 0)})
    assert FOLLOWED.findall(main(shown)) == [booklet_page(member, batch.first_booklet)]
    assert "Pas encore remis" in text(client.get(booklet_page(member, batch.first_booklet)))
    with acting(member.principal):
        made = distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet), at=timezone.now())
    for position in (1, 2):
        assert till.redeem(code_of(batch, 0, position)).status_code == 201
    receipt = client.get(reverse("distributor_handed_out", args=[member.organisation.pk, made.pk]))
    assert FOLLOWED.findall(main(receipt)) == [booklet_page(member, batch.first_booklet)]
    with django_assert_num_queries(16):
        answer = client.get(booklet_page(member, batch.first_booklet))
    page = text(answer)
    for said in ("Carnet n° 1", "Remis à une personne", "2 pass utilisés", "20 €", "8 pass, 80 €"):
        assert said in page, said
    for hidden in (till.site.name, till.site.actor.name, "Bordeaux"):
        assert hidden not in page


def test_a_distributor_follows_no_other_booklet_and_nothing_else(db):
    member, other, batch = make_distributor(), make_distributor(), make_batch(needs_hand_out=True)
    send(batch, member, count=1)
    client = other.log_in(Client())
    assert client.get(booklet_page(other, batch.first_booklet)).status_code == 404
    assert client.get(booklet_page(member, batch.first_booklet)).status_code == 404
    mine = member.log_in(Client())
    assert mine.get(booklet_page(member, batch.first_booklet)).status_code == 200
    assert mine.get(booklet_page(member, batch.first_booklet + 1)).status_code == 404  # still with the funder
    for kind, ref in (
        ("batch", batch.uuid),
        ("pass", batch.first_booklet << 4 | 1),
        ("booklet", "x"),
        ("booklet", "9" * 40),
    ):
        assert mine.get(booklet_page(member, ref, kind)).status_code == 404
