"""States of the counter that no other walk stops at, looked at one by one; docs/roles/guichet.md shows them."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from actors.models import Site
from aptic.accounts.devices import create_device, pairing_url, revoke_device
from aptic.accounts.models import Device, Role
from aptic.tenancy.principal import Hat, acting
from passes import training
from passes.models import Batch, Redemption, VoidRequest
from passes.training import Case
from tests.browser.offline.tablet import Server, Tablet, forged, printed
from tests.browser.reading.desk import START, scan
from tests.factories import OPERATOR, make_member
from tests.passes.test_sessions import opened
from tests.passes.world import SLUG, TestTill, code_of, make_till

FULL = "() => { IDBDatabase.prototype.transaction = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
FORGET = """() => new Promise((done) => { const asked = indexedDB.open("aptic-counter", 1); asked.onsuccess = () => {
  const work = asked.result.transaction("memo", "readwrite");
  work.objectStore("memo").clear(); work.oncomplete = () => { asked.result.close(); done(); }; }; })"""


AGE = """(hours) => new Promise((done) => { const asked = indexedDB.open("aptic-counter", 1); asked.onsuccess = () => {
  const work = asked.result.transaction("memo", "readwrite"), memo = work.objectStore("memo");
  const key = `knowledge ${document.getElementById("counter").dataset.site}`;
  memo.get(key).onsuccess = ({ target: { result } }) => {
    result.knowledge.instant = new Date(Date.now() - hours * 3600000).toISOString();
    memo.put(result, key);
  };
  work.oncomplete = () => { asked.result.close(); done(); }; }; })"""
GUESS = """async (times) => { const scan = document.getElementById("scan");
  scan.elements.code.value = "7Q2K9XM4T8WAVN3C";
  for (let at = 0; at < times; at += 1) await fetch(scan.action, { method: "POST", body: new FormData(scan) }); }"""
NO_ED25519 = """() => { const { importKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
    if (algorithm.name === "Ed25519") return Promise.reject(new DOMException("", "NotSupportedError"));
    return importKey.call(this, format, key, algorithm, ...rest);
  }; }"""


def at(tablet: Tablet, till: TestTill, path: str = "") -> Tablet:
    tablet.page.goto(f"/guichet/{till.site.actor_id}/{till.site.pk}/{path}")
    return tablet


def test_a_device_that_was_stopped(tablet: Tablet, till: TestTill) -> None:
    with acting(OPERATOR):
        for device in Device.objects.filter(site_id=till.site.pk):
            revoke_device(device=device)
    at(tablet, till).reads("Cet appareil n’encaisse plus", "Rien de ce qui a été encaissé n’est perdu").look()


def test_asking_that_a_pass_be_given_back(tablet: Tablet, till: TestTill, batch: Batch) -> None:
    key = till.redeem(code_of(batch)).json()["id"]  # by another device of the same site
    at(tablet, till, f"{key}/").page.get_by_text("Demander l’annulation").click()
    tablet.reads("l’opérateur seul répond").look()
    tablet.types(reason="Deux fois la même personne.").presses("Envoyer la demande")
    tablet.reads("Demande envoyée. L’opérateur doit l’approuver.", "L’opérateur doit répondre à votre demande.")
    with acting(OPERATOR):
        assert VoidRequest.objects.get().reason == "Deux fois la même personne."


def test_without_a_camera_that_may_be_used(tablet: Tablet) -> None:
    tablet.page.evaluate(
        """() => { const { mediaDevices } = navigator;
                   mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); }; }"""
    )
    tablet.presses(START).reads("Votre navigateur refuse la caméra")


def test_the_sessions_and_one_that_is_closed(tablet: Tablet, till: TestTill, batch: Batch) -> None:
    session = opened(till)
    till.redeem(code_of(batch), session=str(session.pk))
    at(tablet, till, "seances/").reads("Dernières séances", "ouverte", "1 pass").look()
    at(tablet, till, f"seances/{session.pk}/").presses("Fermer la séance").reads("Séance fermée")


def test_somebody_of_two_places(
    open_tablet: Callable[..., Tablet],
    server: Server,
    till: TestTill,
) -> None:
    other = make_till(actor=till.site.actor)
    with acting(OPERATOR):
        Site.objects.filter(pk=other.site.pk).update(name="Annexe du marché")
    desk, agent = open_tablet(), make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    value = agent.log_in(Client()).cookies[settings.SESSION_COOKIE_NAME].value
    desk.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": server.address}])
    desk.page.goto("/guichet/")
    desk.reads("Où êtes-vous", till.site.name, "Annexe du marché").look()


def test_a_link_that_paired_a_device_already(tablet: Tablet, till: TestTill) -> None:
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        _, token = create_device(organisation_id=till.site.actor_id, site_id=till.site.pk, name="Tablette")
    link = "/" + pairing_url(token).split("/", 3)[3]
    tablet.page.goto(link)
    tablet.presses("Associer cet appareil").says("En ligne").page.goto(link)
    tablet.reads("Ce lien d’association n’est plus valable").look()


def test_a_pass_that_may_not_be_added(tablet: Tablet, till: TestTill, batch: Batch) -> None:
    for booklet in (0, 1):
        till.redeem(code_of(batch, booklet))
    for text, words, heading in (
        (printed(batch, position=2), "Ce pass est valable", "Ce pass est valable"),
        (printed(batch), "Ce qui était affiché reste là, rien n’est encaissé", "Ce pass a déjà été utilisé"),
        (printed(batch, booklet=2), "Un pass d’un autre carnet a remplacé", "Ce pass est valable"),
        (printed(batch, booklet=1), "Ce qui était affiché n’a pas été encaissé non plus", "Ce pass a déjà été utilisé"),
    ):
        scan(tablet.page, text)
        tablet.reads(words).look()
        expect(tablet.page.locator("h1")).to_contain_text(heading)  # one state, and it alone
    expect(tablet.page.locator("h1")).to_be_focused()
    expect(tablet.page.get_by_role("button", name="Encaisser")).to_have_count(0)


def test_a_device_that_can_keep_nothing_more(tablet: Tablet, batch: Batch) -> None:
    tablet.goes_off_line().page.evaluate(FULL)
    tablet.scans(printed(batch)).reads(
        "Cet appareil n’arrive plus à garder ce qu’il note", "Faites-y de la place"
    ).look()
    expect(tablet.page.get_by_text("D’après ce que ce guichet savait")).to_have_count(0)  # which explains nothing here


def test_a_device_that_was_never_told_anything(tablet: Tablet, batch: Batch) -> None:
    tablet.goes_off_line().page.evaluate(FORGET)
    tablet.page.reload()
    tablet.reads("Sans réseau, scannez").scans(printed(batch))
    tablet.reads("Ce guichet ne peut pas encore vérifier sans réseau").look()


def test_training_and_what_is_not_for_it(tablet: Tablet, till: TestTill, batch: Batch) -> None:
    passes = {one.case: one.code for one in training.booklet(till.site.pk)}
    at(tablet, till, "entrainement/carnet/").reads("Le carnet d’entraînement", "Pass valable").look()
    at(tablet, till).scans(passes[Case.VALID]).reads("C’est un pass d’entraînement").look()
    at(tablet, till, "entrainement/").scans(passes[Case.VALID]).reads("Ce pass est valable").look()
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("pour s’entraîner").look()
    at(tablet, till, "entrainement/").scans(printed(batch)).reads("C’est un vrai pass").look()


def test_what_was_read_is_no_pass_to_take(tablet: Tablet, till: TestTill, batch: Batch) -> None:
    at(tablet, till).scans(printed(batch, position=0)).reads("C’est la couverture du carnet").look()
    at(tablet, till).page.locator("#code").fill("ABCD 1234 EFGH 5678")
    tablet.presses("Regarder ce pass").reads("Ce code n’existe pas", "Corriger le code")


def test_the_list_while_it_waits(tablet: Tablet, batch: Batch) -> None:
    tablet.goes_off_line()
    for position in (1, 2):
        tablet.takes(printed(batch, position=position)).reads("C’est noté, sans réseau")
    tablet.page.get_by_role("button", name="Voir la liste").click()
    tablet.reads("Encaissés sans réseau", "2 pass en attente d’envoi", "En attente d’envoi").look()
    expect(tablet.page.get_by_role("button", name="Envoyer maintenant")).to_be_visible()


def test_several_passes_in_one_go_by_scanner_and_one_that_went_meanwhile(
    tablet: Tablet, till: TestTill, batch: Batch
) -> None:
    go = tablet.page.locator("[data-confirm] button")
    for first, again in ((1, False), (3, True)):
        for position, words in ((first, "Ce pass est valable"), (first + 1, "Ces 2 pass sont valables")):
            scan(tablet.page, printed(batch, position=position))
            tablet.reads(words)
        if again:
            till.redeem(code_of(batch, position=first))  # by another device of the same site
        tablet.look()
        go.click()
        tablet.reads("1 autre pass encaissé" if again else "C’est encaissé").look()
    tablet.reads("Ce pass a déjà été utilisé")
    with acting(OPERATOR):
        taken = Redemption.objects.accepted().order_by("pass_id").values_list("pass_id", flat=True)
        assert [serial & 15 for serial in taken] == [1, 2, 3, 4]


def test_too_many_false_codes_and_a_real_pass_all_the_same(tablet: Tablet, batch: Batch) -> None:
    tablet.page.evaluate(GUESS, 60)
    tablet.page.locator("#code").fill("7Q2K 9XM4 T8WA VN3C")
    tablet.presses("Regarder ce pass").reads("Trop de codes faux ont été essayés", "le compte repart à zéro").look()
    tablet.scans(printed(batch)).reads("Ce pass est valable")


def test_how_to_install_until_it_is_sent_away(tablet: Tablet) -> None:
    tablet.page.add_init_script("Object.defineProperty(navigator, 'standalone', { value: false })")  # as Safari says
    tablet.page.reload()
    tablet.reads("Installez le guichet sur cet appareil", "Dans Safari, touchez")
    tablet.page.evaluate("dispatchEvent(new Event('beforeinstallprompt'))")
    expect(tablet.page.get_by_role("button", name="Installer le guichet")).to_be_visible()
    tablet.look().presses("Ne plus le proposer").page.reload()
    tablet.says("En ligne")
    expect(tablet.page.locator("#install")).to_be_hidden()


def test_lines_that_no_network_takes_away_and_limits_in_hours(tablet: Tablet, batch: Batch) -> None:
    long_ago = (timezone.now() - timedelta(hours=73)).isoformat()
    site = tablet.page.evaluate("counter.dataset.site")
    line = {"site": site, "code": "X", "name": "1000000", "session": None, "service": SLUG, "value": 1000,
            "occurred_at": long_ago, "state": "sent"}  # fmt: skip
    others = [{"site": str(uuid.uuid4())}, {"problem": {"status": 400, "title": "Illisible"}}, {}]
    lines = [{**line, **other, "id": str(uuid.uuid4()), "serial": 900_000 + n} for n, other in enumerate(others)]
    tablet.fills_its_queue(lines)
    tablet.goes_off_line().says("Plus de réseau : le guichet continue. 3 pass en attente d’envoi.")
    tablet.scans(printed(batch)).reads("Des encaissements attendent depuis trop longtemps").look()
    tablet.presses("Voir la liste").reads("D’un autre lieu", "Pas encore compris", "En attente d’envoi").look()
    tablet.page.evaluate(AGE, 73)
    tablet.page.reload()
    tablet.reads("Sans réseau, scannez").scans(printed(batch))
    tablet.reads("Ce guichet est sans réseau depuis trop longtemps").look()


def test_our_own_check_of_a_signature_where_the_browser_has_none(tablet: Tablet, batch: Batch) -> None:
    tablet.page.evaluate(  # which the worker of such a browser keeps
        "async () => (await caches.open((await caches.keys())[0])).add(counter.dataset.fallback)"
    )
    tablet.page.add_init_script(f"({NO_ED25519})()")
    tablet.goes_off_line().page.reload()
    asked: list[str] = []
    tablet.page.on("request", lambda request: asked.append(request.url))
    tablet.reads("Sans réseau, scannez").scans(forged(printed(batch))).reads("Ce code n’existe pas")
    tablet.takes(printed(batch)).reads("C’est noté, sans réseau")
    assert [url for url in asked if "ed25519" in url]
