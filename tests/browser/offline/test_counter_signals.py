"""A sound and a vibration for each answer, and neither on a device where somebody turned them off."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.offline.tablet import Tablet, printed
from tests.browser.reading.desk import scan

# What a tablet has and this browser does not let us hear: each tone and each vibration is noted.
HEARD = """() => {
  window.signals = { tones: [], buzzes: [] };
  const node = () => ({ gain: {}, frequency: {}, connect: (next) => next, stop() {},
                        start() { signals.tones.push(this.frequency.value); } });
  window.AudioContext = class { currentTime = 0; destination = {}; createOscillator = node; createGain = node; };
  navigator.vibrate = (pattern) => Boolean(signals.buzzes.push(pattern));
}"""


def heard(tablet: Tablet) -> dict[str, Any]:
    """What was signalled since the last time."""
    touched, signals = tablet.page.evaluate(
        """() => { const { tones, buzzes } = signals;
                   window.signals = { tones: [], buzzes: [] };
                   return [navigator.userActivation.hasBeenActive, { tones, buzzes }]; }"""
    )
    assert touched, "before a first touch a browser refuses both"
    return signals


def said(tablet: Tablet) -> dict[str, Any]:
    """The same, of a state that has come: it has the keyboard when it is signalled."""
    expect(tablet.page.locator("#till :focus")).to_have_count(1)
    return heard(tablet)


def test_each_answer_is_heard_and_felt_until_somebody_turns_that_off(tablet, batch):
    tablet.page.add_init_script(f"({HEARD})()")
    tablet.page.reload()
    tablet.says("En ligne")
    scan(tablet.page, printed(batch))
    tablet.reads("Ce pass est valable")
    assert said(tablet) == {"tones": [660], "buzzes": [[30]]}
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est encaissé")
    assert said(tablet) == {"tones": [660, 990], "buzzes": [[60]]}
    scan(tablet.page, printed(batch))
    tablet.reads("Ce pass a déjà été utilisé")
    assert said(tablet) == {"tones": [220], "buzzes": [[200, 80, 200]]}

    tablet.follows("Réglages").presses("Essayer le signal")
    assert heard(tablet) == {"tones": [660, 990], "buzzes": [[60]]}
    tablet.presses("Son et vibration").reads("coupés").presses("Essayer le signal")
    tablet.page.get_by_role("link", name="Encaisser", exact=True).click()
    tablet.says("En ligne")
    for text, words in ((printed(batch, position=2), "Ce pass est valable"), (printed(batch), "Ce qui était affiché")):
        scan(tablet.page, text)
        tablet.reads(words)
        assert said(tablet) == {"tones": [], "buzzes": []}

    tablet.page.get_by_role("link", name="Réglages").click()
    tablet.presses("Son et vibration").reads("activés")
    assert heard(tablet) == {"tones": [], "buzzes": []}
    tablet.presses("Essayer le signal")
    assert heard(tablet)["tones"] == [660, 990]
