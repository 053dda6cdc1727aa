"""The counter without a network: it notices, goes on, keeps what it took, and sends it once when it is back."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Route, expect

from actors.models import Site
from aptic.accounts.devices import claim_pairing, create_device, pairing_url, renew_pairing
from aptic.accounts.models import Device, Role
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, acting
from passes.blocking import block_booklet
from passes.held import approve_judgement, prepare_judgement
from passes.models import Batch, Booklet, Held, Incident, Redemption
from tests.browser.offline.tablet import Tablet, forged, printed
from tests.factories import OPERATOR, make_funder, make_member, make_operator
from tests.passes.conflicts import held
from tests.passes.world import code_of, make_batch, make_till

GONE = "Plus de réseau : le guichet continue."


def stored() -> list[Redemption]:
    with acting(OPERATOR):
        return list(Redemption.objects.order_by("accounted_at", "id"))


def test_a_pass_is_taken_without_a_network_and_sent_when_it_is_back(tablet, batch):
    tablet.look()
    tablet.goes_off_line().says(GONE).scans(printed(batch)).reads("Ce pass est valable", "10 €", "Vérifié sans réseau")
    tablet.look().page.locator("[data-confirm] button").click()
    tablet.reads("C’est noté, sans réseau").says(f"{GONE} 1 pass en attente d’envoi.").look()
    assert stored() == []
    tablet.comes_back().reads("C’est encaissé").look().says("En ligne")
    (one,) = stored()
    assert (one.outcome, one.offline, str(one.pk)) == ("accepted", True, tablet.items()[0]["id"])
    assert "code" not in tablet.items()[0], "a code is erased once its line is recorded"


def test_a_tablet_of_2020_redeems_with_and_without_a_network(open_tablet, till, batch):
    old = open_tablet()
    old.page.add_init_script(
        """delete AbortSignal.timeout; delete Crypto.prototype.randomUUID;
           delete HTMLFormElement.prototype.requestSubmit; delete String.prototype.replaceAll;"""
    )
    old.pairs(till).page.evaluate(
        'import(document.querySelector("[type=module]").src).then((app) => { till.app = app; })'
    )
    old.page.evaluate("(text) => till.app.present(text)", printed(batch))
    old.reads("Ce pass est valable").page.locator("[data-confirm] button").click()
    old.reads("C’est encaissé").goes_off_line().page.evaluate(
        "(text) => till.app.present(text)", printed(batch, position=2)
    )
    old.reads("Ce pass est valable").page.locator("[data-confirm] button").click()
    old.reads("C’est noté").comes_back().reads("C’est encaissé")
    assert [one.outcome for one in stored()] == ["accepted", "accepted"]


def test_the_queue_outlives_the_tab_and_opens_without_a_network(tablet, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    tablet.page.close()
    again = Tablet(tablet.context.new_page())
    again.page.goto("/guichet/")
    again.says(f"{GONE} 1 pass en attente d’envoi.").look().takes(printed(batch, position=2)).reads("C’est noté")
    again.scans(printed(batch)).reads("Ce pass a déjà été utilisé")
    again.comes_back().says("Tout est envoyé : 2 encaissés.").look()
    assert [one.outcome for one in stored()] == ["accepted", "accepted"]
    again.page.get_by_role("button", name="Voir la liste").click()
    again.reads("Encaissés sans réseau", "Tout est envoyé.").look().says("En ligne")
    expect(again.page.get_by_role("link", name="Le reçu", exact=True)).to_have_count(2)
    again.presses("Effacer les réponses lues").reads("Rien n’est à envoyer.", "Refusé ici").look()  # until the evening
    expect(again.page.locator(".queue li")).to_have_count(1)
    again.follows("Revenir au guichet").reads("Encaisser un pass")


def test_a_late_answer_takes_nothing_away(tablet, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    tablet.comes_back().reads("C’est encaissé").presses("Voir la liste").reads("Tout est envoyé.")
    tablet.page.evaluate("""() => {
        const till = document.getElementById("till");
        return htmx.ajax("GET", location.pathname, { source: till, target: till });
    }""")
    tablet.reads("Tout est envoyé.")
    assert tablet.page.locator("#till [data-drawn=list]").count() == 1
    tablet.presses("Effacer les réponses lues").reads("Aucun encaissement n’attend").look()


def test_a_conflict_is_shown_with_what_to_do(tablet, till, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté").follows("Pass suivant").reads("Sans réseau")
    till.redeem(code_of(batch))  # meanwhile, at another counter
    tablet.comes_back().says("Tout est envoyé : 1 refusé.")
    tablet.presses("Voir la liste").reads("Ce pass a déjà été utilisé", "montrez cette ligne")
    tablet.look()
    assert [one.outcome for one in stored()] == ["accepted", "already_redeemed"]


def test_what_is_wrong_is_refused_without_a_network(tablet, till, batch):
    blocked = make_batch(booklets=1)
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=blocked.first_booklet))
    later, over = make_batch(booklets=1, active=False), make_batch(booklets=1)
    now = timezone.now()
    with acting(OPERATOR):  # the day that is printed is still to come
        Batch.objects.filter(pk=over.pk).update(valid_from=now - timedelta(9), valid_until=now - timedelta(1))
    operator = make_operator().organisation
    with acting(OPERATOR):
        Organisation.objects.filter(pk=operator.pk).update(phone="0500000000")
    tablet.page.reload()
    tablet.is_ready().says("En ligne")
    tablet.knows(blocked.first_booklet << 4 | 1)
    tablet.goes_off_line()
    for text, words in (
        (forged(printed(batch)), "Ce code n’existe pas"),
        (printed(batch, position=0), "C’est la couverture du carnet"),
        (printed(blocked), "Ce pass a été bloqué"),
        (printed(later), "n’est pas encore activé"),
        (printed(over), "La date de ce pass est passée"),
        (code_of(batch), "un code tapé ne peut pas être vérifié"),
    ):
        tablet.scans(text).reads(words).look()
    tablet.reads("Scannez le carré noir")
    tablet.scans(printed(blocked)).reads("Besoin d’aide ? Opérateur d’essai, 05 00 00 00 00")
    expect(tablet.page.locator("#till a[href^='tel:+33']")).to_have_count(1)
    assert tablet.items() == []


def test_a_pass_blocked_while_the_page_stays_open_is_refused_within_the_hour(tablet, batch):
    tablet.page.clock.install()
    tablet.page.reload()
    tablet.is_ready().says("En ligne")
    with acting(OPERATOR):
        block_booklet(booklet=Booklet.objects.get(pk=batch.first_booklet))
    with tablet.page.expect_response("**/hors-ligne.json"):
        tablet.page.clock.fast_forward("30:00")
    tablet.knows(batch.first_booklet << 4 | 1).goes_off_line().says(GONE)
    tablet.scans(printed(batch)).reads("Ce pass a été bloqué")
    tablet.scans(printed(batch, booklet=1)).reads("Ce pass est valable", "Vérifié sans réseau")


def test_a_whole_code_that_is_wrong_can_be_corrected(tablet, batch):
    code = code_of(batch)
    tablet.page.locator("#code").press_sequentially(code[:-1] + ("0" if code[-1] != "0" else "1"))
    tablet.page.keyboard.press("Enter")
    tablet.reads("Ce code n’existe pas").look()
    tablet.page.locator("#code").fill("")
    tablet.page.locator("#code").press_sequentially("ABCD")
    tablet.reads("Il manque")


def test_the_service_used_last_on_line_is_proposed_without_a_network(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")
    chosen = tablet.page.locator("#service option").nth(3).inner_text()
    tablet.page.locator("#service").select_option(label=chosen)
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est encaissé").goes_off_line().scans(printed(batch, position=2)).reads("Vérifié sans réseau")
    assert tablet.page.locator("#service option:checked").inner_text() == chosen


def test_what_was_taken_without_a_network_and_undone_may_be_taken_again(tablet, till, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    tablet.comes_back().reads("C’est encaissé").look().follows("Le reçu, l’effet")
    tablet.presses("Annuler").reads("annulé")
    tablet.goes_off_line().page.goto("/guichet/")
    tablet.scans(printed(batch)).reads("Ce pass est valable", "Vérifié sans réseau")


@pytest.mark.parametrize("status", [429, 502, 401])
def test_a_gate_on_the_way_makes_nobody_forget(tablet, batch, status):
    tablet.page.route("**/hors-ligne.json", lambda route: route.fulfill(status=status, body="Un portail"))
    tablet.page.reload()
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté, sans réseau")


def test_what_the_site_has_chosen_since_holds_without_a_network(tablet, till):
    for chosen in (True, False):
        with acting(OPERATOR):
            Site.objects.filter(pk=till.site.pk).update(quick_mode=chosen)
        tablet.page.goto("/guichet/")
        tablet.page.wait_for_function(
            """async (chosen) => { const { keep } = document.getElementById("counter").dataset;
                 const page = await caches.match(keep, { ignoreVary: true });
                 return page && (await page.text()).includes("data-quick") === chosen; }""",
            arg=chosen,
        )
    tablet.goes_off_line().page.reload()
    tablet.reads("Sans réseau, scannez")
    assert tablet.page.locator("#counter[data-quick]").count() == 0


def test_the_ceiling_of_the_device_is_kept(tablet, batch, open_tablet):
    tablet.goes_off_line()
    waiting = [
        {"id": f"00000000-0000-4000-8000-{n:012}", "site": tablet.page.evaluate("counter.dataset.site"), "code": "X",
         "name": "1000000", "serial": 900_000 + n, "service": "aide-aux-demarches-administratives", "value": 100,
         "occurred_at": tablet.page.evaluate("new Date().toISOString()"), "session": None, "state": "queued"}
        for n in range(20)
    ]  # fmt: skip
    tablet.fills_its_queue(waiting)
    tablet.scans(printed(batch)).reads("autant de pass qu’il le peut", "Cherchez du réseau").look()
    tablet.fills_its_queue([{**waiting[0], "value": 20_000, "state": "queued"}])
    tablet.page.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open("aptic-counter", 1); asked.onsuccess = () => {
             const work = asked.result.transaction("items", "readwrite");
             work.objectStore("items").getAllKeys().onsuccess = (event) => event.target.result.slice(1).forEach(
               (key) => work.objectStore("items").delete(key));
             work.oncomplete = () => { asked.result.close(); done(); }; }; })"""
    )
    tablet.scans(printed(batch)).reads("autant d’euros qu’il le peut").look()


def test_an_unanswered_confirmation_takes_the_pass_once(tablet, batch):
    tablet.scans(printed(batch)).reads("Ce pass est valable")

    def done_and_lost(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    tablet.page.route("**/encaisser/", done_and_lost)
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est encaissé").says("En ligne").look()  # noted, then answered by the same attempt
    (one,) = stored()
    assert [str(one.pk)] == [item["id"] for item in tablet.items()]
    assert tablet.items()[0]["verdict"]["status"] == 200


def test_an_unanswered_confirmation_of_a_typed_code_is_asked_again(tablet, batch):
    tablet.page.locator("#code").fill(code_of(batch))
    tablet.presses("Regarder ce pass").reads("Ce pass est valable")

    def done_and_lost(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    tablet.page.route("**/encaisser/", done_and_lost)
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("On ne sait pas si c’est encaissé").look()
    tablet.page.unroute("**/encaisser/")
    tablet.says("En ligne").presses("Redemander").reads("C’est encaissé")
    assert len(stored()) == 1


def test_a_server_that_fails_is_a_network_that_fails(tablet, batch):
    tablet.page.route("**/guichet/**", lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}))
    tablet.takes(printed(batch)).reads("C’est noté")
    tablet.page.unroute("**/guichet/**")
    tablet.reads("C’est encaissé")
    assert len(stored()) == 1


def test_what_was_taken_on_line_is_not_taken_again_without_a_network(tablet, batch):
    tablet.takes(printed(batch)).reads("C’est encaissé")
    tablet.goes_off_line().says(GONE).scans(printed(batch)).reads("Ce pass a déjà été utilisé").look()


def test_of_two_tabs_one_uploads_and_both_tell(tablet, batch):
    other = Tablet(tablet.context.new_page())
    other.page.goto(tablet.page.url)
    tablet.goes_off_line()
    tablet.takes(printed(batch)).reads("C’est noté")
    other.says(f"{GONE} 1 pass en attente d’envoi.")
    other.takes(printed(batch, position=2)).reads("C’est noté")
    tablet.says(f"{GONE} 2 pass en attente d’envoi.").comes_back()
    tablet.reads("C’est encaissé")
    other.reads("C’est encaissé")
    assert [one.outcome for one in stored()] == ["accepted", "accepted"]


def test_of_two_devices_that_took_one_pass_without_a_network_one_is_paid(tablet, open_tablet, batch):
    other = open_tablet().pairs(make_till())
    for one in (tablet, other):
        one.goes_off_line().takes(printed(batch)).reads("C’est noté")
    for one in (tablet, other):
        one.comes_back()
    told = [one.page.locator("#till h1") for one in (tablet, other)]
    for words in told:
        expect(words).not_to_have_text("C’est noté, sans réseau")
    assert {words.inner_text() for words in told} == {"C’est encaissé", "Ce pass a déjà été utilisé."}
    assert sorted(one.outcome for one in stored()) == ["accepted", "already_redeemed"]
    with acting(OPERATOR):
        assert Incident.objects.count() == 1


def stop_the_device(database, *, hours_ago: int) -> None:
    with database.admin() as admin:
        admin.execute(
            "UPDATE accounts_device SET revoked_at = now() - make_interval(hours => %s), "
            "pairing_digest = NULL, pairing_expires_at = NULL",
            [hours_ago],
        )


def test_a_device_that_was_stopped_hands_in_what_it_took_before(tablet, batch, fresh_database):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    stop_the_device(fresh_database, hours_ago=0)
    tablet.comes_back()
    expect(tablet.line).to_contain_text("n’est plus associé à ce lieu")
    tablet.reads("Mis de côté", "L’opérateur décide").look()
    (item,) = tablet.items()
    assert (item["verdict"]["status"], held(item["id"]).state) == (202, Held.State.WAITING)
    assert "code" not in item, "the server has recorded it"
    assert stored() == []


def test_a_stopped_device_that_lost_its_page_hands_in_what_it_took_before(tablet, batch, fresh_database):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    tablet.page.goto("about:blank")
    stop_the_device(fresh_database, hours_ago=0)
    tablet.comes_back().page.goto("/guichet/")
    tablet.reads("Cet appareil n’encaisse plus", "1 à instruire par l’opérateur").look()
    (item,) = tablet.items()
    assert (item["verdict"]["status"], held(item["id"]).state) == (202, Held.State.WAITING)
    assert stored() == []


@pytest.mark.parametrize("may_redeem", [True, False])
def test_a_stopped_device_hands_in_what_it_took_although_somebody_is_logged_in_there(
    tablet, till, batch, server, fresh_database, may_redeem
):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    tablet.page.goto("about:blank")
    stop_the_device(fresh_database, hours_ago=0)
    member = make_member(till.site.actor, Hat.ACTOR, Role.AGENT) if may_redeem else make_funder()
    value = member.log_in(Client()).cookies[settings.SESSION_COOKIE_NAME].value
    tablet.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": server.address}])
    tablet.comes_back().page.goto("/guichet/")
    tablet.reads("Noté sans réseau et transmis : 1 à instruire par l’opérateur").look()
    (item,) = tablet.items()
    assert (item["verdict"]["status"], held(item["id"]).state) == (202, Held.State.WAITING)
    if may_redeem:  # who goes on taking passes, in their own name
        tablet.says("Tout est envoyé : 1 mis de côté.").scans(printed(batch, position=2)).reads("Ce pass est valable")


def test_what_was_set_aside_is_told_once_two_people_have_judged_it(tablet, till, batch, fresh_database):
    tablet.goes_off_line()
    for position in (1, 2):
        tablet.takes(printed(batch, position=position)).reads("C’est noté")
    stop_the_device(fresh_database, hours_ago=0)
    tablet.comes_back().reads("Mis de côté").presses("Voir la liste").reads("Tout est envoyé.", "Mis de côté")
    kept, gone = [item["id"] for item in tablet.items()]
    tablet.pairs(till)
    for key, release in ((kept, True), (gone, False)):
        with acting(make_operator("finance").principal):
            prepare_judgement(lines=[key], release=release, reason="" if release else "Sans rendez-vous.")
        with acting(make_operator("finance").principal):
            approve_judgement(lines=[key], release=release)
    tablet.page.reload()
    tablet.says("Tout est envoyé : 1 encaissé, 1 refusé.").presses("Voir la liste")
    tablet.reads("Encaissé", "n’est pas autorisé à encaisser des pass", "montrez cette ligne").look()
    assert "Mis de côté" not in tablet.page.locator("#till").inner_text()
    assert [item["verdict"]["status"] for item in tablet.items()] == [200, 422]


def test_a_device_stopped_too_long_ago_keeps_what_it_took_and_says_so(tablet, batch, fresh_database):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    stop_the_device(fresh_database, hours_ago=73)
    tablet.comes_back()
    expect(tablet.line).to_contain_text("n’est plus associé à ce lieu")
    expect(tablet.line).to_contain_text("1 pass attend ici")
    tablet.look()
    assert tablet.items()[0]["code"]
    assert stored() == []


def test_a_tablet_whose_pairing_went_to_another_keeps_what_it_took_until_it_is_paired_again(tablet, till, batch):
    tablet.goes_off_line().takes(printed(batch)).reads("C’est noté")
    with acting(make_member(till.site.actor, Hat.ACTOR, Role.MANAGER).principal):
        claim_pairing(renew_pairing(device=Device.objects.exclude(pk=till.device.pk).get(site_id=till.site.pk)))
        _, token = create_device(organisation_id=till.site.actor_id, site_id=till.site.pk, name="L’ancienne")
    tablet.comes_back()
    expect(tablet.line).to_contain_text("n’est plus associé à ce lieu")
    expect(tablet.line).to_contain_text("1 pass attend ici")
    assert stored() == []
    tablet.page.goto("/" + pairing_url(token).split("/", 3)[3])
    tablet.presses("Associer cet appareil").says("Tout est envoyé : 1 encaissé.")
    assert [one.outcome for one in stored()] == ["accepted"]


def test_nothing_that_is_kept_bears_a_code(tablet, batch):
    tablet.takes(printed(batch)).reads("C’est encaissé").follows("Journée")
    texts = tablet.page.evaluate(
        """async () => { const found = []; for (const name of await caches.keys()) {
             const cache = await caches.open(name);
             for (const request of await cache.keys()) found.push([new URL(request.url).pathname,
               request.url.includes("/static/") ? "" : await (await cache.match(request)).text()]); } return found; }"""
    )
    pages = [path for path, _ in texts if not path.startswith("/static/")]
    assert len(pages) == 1
    assert pages[0].endswith("/hors-ligne/")
    assert not any(code_of(batch)[:7] in text for _, text in texts)


def test_a_person_without_a_paired_device_is_promised_nothing(open_tablet, server, till, batch):
    agent = make_member(till.site.actor, Hat.ACTOR, Role.AGENT)
    desk = open_tablet()
    session = agent.log_in(Client()).cookies[settings.SESSION_COOKIE_NAME].value
    desk.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.address}])
    desk.page.goto("/guichet/")
    desk.says("En ligne").goes_off_line().says("Plus de réseau : vous pourrez encaisser à son retour.")
    desk.scans(printed(batch)).reads("Il faut le réseau pour cela").look()
    desk.comes_back().says("En ligne").scans(printed(batch)).reads("Ce pass est valable")
    desk.goes_off_line().says("Plus de réseau : vous pourrez encaisser à son retour.")
    desk.page.locator("[data-confirm] button").click()
    desk.reads("Rien n’est encaissé").look()
    desk.comes_back().says("En ligne").presses("Redemander").reads("C’est encaissé")
    assert len(stored()) == 1
