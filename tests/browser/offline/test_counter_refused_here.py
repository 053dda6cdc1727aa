"""A pass refused without a network leaves a line in the day's list of its device, until the day ends."""

from playwright.sync_api import expect

from tests.browser.offline.tablet import printed
from tests.factories import make_campaign, make_funder
from tests.passes.world import code_of, make_batch, make_till

A_DAY_AGO = """() => new Promise((done) => {
  const asked = indexedDB.open("aptic-counter", 1);
  asked.onsuccess = () => {
    const memo = asked.result.transaction("memo", "readwrite").objectStore("memo");
    const key = `refused ${counter.dataset.site}`;
    memo.get(key).onsuccess = (event) => {
      const before = event.target.result.map((one) => ({ ...one, at: one.at - 864e5 }));
      memo.put(before, key).onsuccess = () => { asked.result.close(); done(); };
    };
  };
})"""


def test_what_was_refused_without_a_network_is_in_the_list_and_in_the_day(tablet, batch):
    later = make_batch(booklets=1, active=False)
    tablet.goes_off_line().scans(printed(later)).reads("n’est pas encore activé")
    tablet.scans(code_of(batch)).reads("un code tapé ne peut pas être vérifié")
    tablet.scans(printed(batch, position=0)).reads("C’est la couverture du carnet")
    tablet.presses("Voir la liste").reads(
        "Rien n’est à envoyer.", "Refusé ici", code_of(later)[:7], "n’est pas encore activé"
    )
    expect(tablet.page.locator(".queue li")).to_have_count(2)  # a cover is no pass
    tablet.look().comes_back().says("En ligne").page.goto("/guichet/")
    tablet.follows("Journée").reads(
        "Refusé ici", code_of(later)[:7], "Sans réseau, un code tapé ne peut pas être vérifié."
    )
    tablet.look()


def test_the_day_after_nothing_of_it_is_left(tablet, batch):
    tablet.goes_off_line().scans(code_of(batch)).reads("un code tapé ne peut pas être vérifié")
    button = tablet.page.get_by_role("button", name="Voir la liste")
    expect(button).to_be_visible()
    tablet.page.evaluate(A_DAY_AGO)
    tablet.page.goto("/guichet/")
    expect(tablet.page.locator("#network [role=status]")).to_contain_text("Plus de réseau")
    expect(button).to_be_hidden()


def test_a_refusal_says_whom_its_booklet_says_to_call_and_who_near_here_takes_it(open_tablet, server):
    funder = make_funder()
    far = make_campaign(funder, territories=["epci:200070092"], needs_hand_out=False, contact_phone="0500000024")
    batch, till = make_batch(campaign=far), make_till()
    make_till(commune="33243")
    tablet = open_tablet().pairs(till).goes_off_line().scans(printed(batch))
    tablet.reads("n’est pas accepté sur ce territoire", f"Besoin d’aide ? {funder.organisation.name}, 05 00 00 00 24")
    tablet.reads("Près d’ici, ce pass est accepté à", "Lieu d’essai", "Libourne").look()
    expect(tablet.page.locator("#till [data-near] a[href^='tel:']")).to_have_count(1)
