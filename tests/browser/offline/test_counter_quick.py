"""Quick mode, which a site chooses: a scan alone takes the pass, for the service used last. Elsewhere it never does."""

import pytest
from playwright.sync_api import expect

from actors.models import Site
from aptic.tenancy.principal import acting
from passes import codes
from passes.models import Batch, Redemption
from tests.browser.offline.tablet import Tablet, printed
from tests.browser.reading.desk import scan
from tests.factories import OPERATOR
from tests.passes.world import TestTill

LATE = 700  # ms: what takes by itself has been sent by then


@pytest.fixture
def quick(tablet: Tablet, till: TestTill) -> Tablet:
    """The tablet of a site that chose it, on a page that says so."""
    with acting(OPERATOR):
        Site.objects.filter(pk=till.site.pk).update(quick_mode=True)
    tablet.page.reload()
    expect(tablet.page.locator("#counter[data-quick]")).to_have_count(1)
    return tablet.says("En ligne")


def takes_by_hand(tablet: Tablet, batch: Batch) -> str:
    """The day's first pass, for a service that somebody chooses; its name."""
    scan(tablet.page, printed(batch))
    tablet.reads("Ce pass est valable")
    tablet.page.wait_for_timeout(LATE)
    assert taken() == [], "no service was used yet: none can be proposed"
    service = tablet.page.locator("#service option").nth(3).inner_text()
    tablet.page.locator("#service").select_option(label=service)
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est encaissé")
    return service


def taken() -> list[tuple[int, str]]:
    """The places in the booklet, and the service, of what was taken."""
    with acting(OPERATOR):
        rows = Redemption.objects.accepted().order_by("pass_id").values_list("pass_id", "service__name")
        return [(serial & 15, service) for serial, service in rows]


def named(batch: Batch, position: int) -> str:
    """The first seven characters of a pass."""
    return codes.short(batch.first_booklet << 4 | position, batch.code_key)


def test_a_scan_alone_takes_the_pass_for_the_service_used_last(quick, batch):
    service = takes_by_hand(quick, batch)
    for position in (2, 3):
        scan(quick.page, printed(batch, position=position))
        quick.reads("C’est encaissé", f"Pass {named(batch, position)}")
    assert taken() == [(1, service), (2, service), (3, service)]
    scan(quick.page, printed(batch, position=3))
    quick.reads("Ce pass a déjà été utilisé").look()
    assert len(taken()) == 3


def test_a_scan_alone_takes_the_pass_without_a_network_too(quick, batch):
    service = takes_by_hand(quick, batch)
    quick.goes_off_line().says("Plus de réseau : le guichet continue.")
    for position in (2, 3):
        scan(quick.page, printed(batch, position=position))
        name = named(batch, position)
        quick.reads("C’est noté, sans réseau", f"{name[:4]} {name[4:]}")
    quick.look().says("Plus de réseau : le guichet continue. 2 pass en attente d’envoi.")
    scan(quick.page, printed(batch, position=2))
    quick.reads("Ce pass a déjà été utilisé")
    quick.comes_back().says("Tout est envoyé : 2 encaissés.")
    assert taken() == [(1, service), (2, service), (3, service)]


def test_several_passes_in_one_go_wait_for_a_touch(quick, batch):
    for position, words in ((1, "Ce pass est valable"), (2, "Ces 2 pass sont valables")):
        scan(quick.page, printed(batch, position=position))
        quick.reads(words)
    quick.page.wait_for_timeout(LATE)
    assert taken() == []


def test_a_site_that_did_not_choose_it_takes_nothing_by_scanning_alone(tablet, batch):
    service = takes_by_hand(tablet, batch)
    scan(tablet.page, printed(batch, position=2))
    tablet.reads("Ce pass est valable", "Rien n’est encore encaissé")
    assert tablet.page.locator("#service option:checked").inner_text() == service
    tablet.page.wait_for_timeout(LATE)
    tablet.reads("Rien n’est encore encaissé").goes_off_line().says("Plus de réseau : le guichet continue.")
    scan(tablet.page, printed(batch, position=3))
    tablet.reads("Ce pass est valable", "Vérifié sans réseau").page.wait_for_timeout(LATE)
    assert (taken(), tablet.items()) == ([(1, service)], [])
