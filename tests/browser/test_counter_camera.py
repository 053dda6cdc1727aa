"""The counter under Chromium's fake camera, which shows the printed booklet: a morning, and how fast it answers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from aptic.tenancy.principal import acting
from passes import codes
from passes.models import Incident, Redemption, Session
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.offline.conftest import server  # noqa: F401
from tests.browser.offline.tablet import Server, Tablet
from tests.browser.reading.desk import START, STOP, percentile, until
from tests.busy import best, waiting
from tests.factories import OPERATOR
from tests.passes.world import TestTill, code_of, make_batch, make_till
from tests.reading import booklets, film

SHOWN_AGAIN = {"held": 30, "between": 60}  # frames, thirty a second: the pass comes back after two seconds
READINGS = 40  # of one round
ROUNDS = 3
ANSWERED = 300  # ms
HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
Watch = Callable[..., Tablet]

# The film numbers its frames in blocks at the left; the counter shows the pass's own code. Both are timed.
WATCH = """
window.seen = []; window.answers = [];
const marks = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
window.watch = () => {
  const video = document.querySelector("video");
  const next = () => {
    const at = performance.now();
    marks.drawImage(video, 20, 0, 80, 720, 0, 0, 1, 4);
    const bits = [0, 1, 2, 3].map((row) => marks.getImageData(0, row, 1, 1).data[0] > 127);
    const mark = bits.reduce((sum, bit, place) => sum + (bit ? 1 << place : 0), 0);
    if (mark !== window.seen.at(-1)?.[0]) window.seen.push([mark, at]);
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  new MutationObserver(() => {
    const name = document.querySelector("#till [data-confirm] [name=code]")?.value;
    if (name && name !== window.answers.at(-1)?.[0]) {
      requestAnimationFrame(() => window.answers.push([name, performance.now()]));
    }
  }).observe(document.querySelector("#till"), { childList: true, subtree: true });
};
"""


@pytest.fixture
def watch(server: Server, chromium: Browser) -> Iterator[Watch]:  # noqa: F811
    """`watch(film)`: a device whose camera shows that film."""
    browsers: list[Browser] = []

    def open_one(path: Path) -> Tablet:
        arguments = [*ARGUMENTS, "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={path}"]
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=arguments)
        browsers.append(browser)
        context = browser.new_context(
            base_url=server.address, viewport={"width": 390, "height": 900}, locale="fr-FR",
            timezone_id="Europe/Paris", permissions=["camera"], reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH)
        return Tablet(context.new_page())

    yield open_one
    for browser in browsers:
        browser.close()


@pytest.fixture
def till(fresh_database: Any) -> TestTill:
    return make_till()


def outcomes() -> list[str]:
    with acting(OPERATOR):
        return list(Redemption.objects.order_by("accounted_at", "id").values_list("outcome", flat=True))


def test_a_morning_at_the_counter(watch: Watch, till: TestTill, tmp_path: Path) -> None:
    batch = make_batch(booklets=1)
    first = [scene for scene in booklets.scenes(batch, tmp_path) if scene.text.split("/")[-2] == code_of(batch)]
    film.shoot(first, tmp_path / "pass.mjpeg", **SHOWN_AGAIN)

    tablet = watch(tmp_path / "pass.mjpeg").pairs(till)
    tablet.presses(START).reads("Ce pass est valable", "10 €")
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est encaissé")
    tablet.page.evaluate("window.watch()")
    until(
        tablet.page, "window.seen.filter(([mark]) => mark === 0).length >= 3"
    )  # it went and came back: the receipt stays
    tablet.reads("C’est encaissé").follows("Pass suivant").reads("Ce pass a déjà été utilisé")

    tablet.page.get_by_role("link", name="Journée").click()
    tablet.page.locator("#passages tbody th a").click()
    tablet.presses("C’était une erreur").reads("Encaissement annulé")
    tablet.page.get_by_role("link", name="Encaisser").click()
    tablet.reads("Ce pass est valable")

    tablet.is_ready().goes_off_line().reads("Ce pass est valable", "Vérifié sans réseau")
    tablet.page.locator("[data-confirm] button").click()
    tablet.reads("C’est noté, sans réseau")
    tablet.page.close(run_before_unload=False)

    make_till().redeem(code_of(batch))  # meanwhile, at another counter
    again = Tablet(tablet.context.new_page())
    again.page.goto("/guichet/")
    expect(again.line).to_contain_text("1 pass en attente d’envoi")
    again.reads("Ce pass a déjà été utilisé").presses(STOP)  # the citizen left: nobody shows it any more
    again.comes_back()
    again.presses("Voir la liste").reads("Ce pass a déjà été utilisé", "montrez cette ligne")
    assert outcomes() == ["accepted", "already_redeemed", "accepted", "already_redeemed"]
    with acting(OPERATOR):
        assert [one.value_cents for one in Incident.objects.all()] == [1000]


def test_with_the_camera_open_and_before_it_has_read(watch: Watch, till: TestTill, tmp_path: Path) -> None:
    film.shoot(booklets.scenes(make_batch(booklets=1), tmp_path)[1:2], tmp_path / "pass.mjpeg")
    tablet = watch(tmp_path / "pass.mjpeg").pairs(till)
    tablet.page.evaluate("Worker.prototype.postMessage = () => {}")  # it is shown the pass, and never the frame
    tablet.page.get_by_role("button", name=START).click()
    until(tablet.page, "document.querySelector('video').videoWidth")
    tablet.reads("Encaisser un pass").look()


def test_a_workshop_by_camera(watch: Watch, till: TestTill, tmp_path: Path) -> None:
    batch = make_batch(booklets=2)
    first = {code_of(batch, booklet) for booklet in (0, 1)}
    scenes = [one for one in booklets.scenes(batch, tmp_path, booklets=2) if one.text.split("/")[-2] in first]
    film.shoot(scenes, tmp_path / "two.mjpeg", **SHOWN_AGAIN)
    tablet = watch(tmp_path / "two.mjpeg").pairs(till)
    tablet.follows("Séances").presses("Ouvrir la séance").reads("Séance ouverte", "Aucun pass encore")
    tablet.page.get_by_role("button", name=START).click()
    people = tablet.page.get_by_role("heading", name="2 personnes, 2 pass, 20")
    take = tablet.page.locator("[data-confirm] button")
    used = tablet.page.get_by_role("link", name="Essayer un autre pass")  # the film shows the same two again
    while not people.is_visible():
        take.or_(used).or_(people).first.wait_for()
        if take.or_(used).is_visible():
            take.or_(used).click()
            tablet.reads("personne")
    tablet.presses(STOP)
    if not people.is_visible():
        used.click()
    tablet.presses("Retirer le pass").reads("Pass retiré", "1 personne, 1 pass, 10 €")
    tablet.presses("Fermer la séance").reads("Séance fermée")
    with acting(OPERATOR):
        session = Session.objects.get()
        assert session.closed_at
        slips = Redemption.objects.accepted().filter(session=session.pk)
        assert (slips.count(), slips.live().count()) == (2, 1)


def test_from_a_readable_frame_to_the_answer(watch: Watch, till: TestTill, tmp_path: Path, capsys: Any) -> None:
    """At the 95th percentile, 300 ms on a machine of its own.

    Suites run beside each other, and a tail tells of the neighbours first. So how long a program waits for a core is
    measured while the camera is off, before and after each round, and taken out of its tail: a quiet machine is given
    nothing, and a counter that became slower is so in every round. The best of a few counts, as load comes and goes; as
    soon as one round was quiet, only quiet ones count, and as they were measured.
    """
    batch = make_batch(booklets=12)
    scenes = booklets.scenes(batch, tmp_path, booklets=12)
    ones = [scene for scene in scenes if (codes.parse(scene.text) or codes.Code(0, 0)).serial & 15 == 1]
    film.shoot(ones, tmp_path / "passes.mjpeg", held=24, between=6)
    tablet = watch(tmp_path / "passes.mjpeg").pairs(till)
    number = {scene.text.split("/")[-2]: place for place, scene in enumerate(ones, start=1)}
    before, medians, rounds = waiting(), [], list[tuple[float, float]]()
    tablet.presses(START)
    tablet.page.evaluate("window.watch()")
    for _ in range(ROUNDS):
        delays = one_round(tablet, number)
        tablet.page.evaluate(HIDDEN, True)
        after = waiting()
        tablet.page.evaluate(HIDDEN, False)
        median, tail, factor = percentile(delays, 0.5), percentile(delays, 0.95), (before + after) / 2
        with capsys.disabled():
            print(f"\n    {len(delays)} passes, from the first readable frame to the answer on screen, ms:")  # noqa: T201
            print(f"    p50 {median:.0f}  p95 {tail:.0f}, waiting for a core {factor:.2f} times")  # noqa: T201
        assert len(delays) >= READINGS - 2
        medians.append(median)
        rounds.append((tail, factor))
        if best(rounds) <= ANSWERED:
            break
        before = after
    assert min(medians) <= ANSWERED  # half of them, whatever runs beside
    assert best(rounds) <= ANSWERED, f"(p95 as measured, times a program waited for a core): {rounds}"


def one_round(tablet: Tablet, number: dict[str, int]) -> list[float]:
    """The delays of the next readings, in milliseconds; `number`: which mark stands beside each pass in the film."""
    before = tablet.page.evaluate("window.answers.length")
    until(tablet.page, f"window.answers.length >= {before + READINGS}", seconds=120)
    seen, answers = tablet.page.evaluate("[window.seen, window.answers]")
    delays, former = [], dict[str, float]()
    for place, (code, at) in enumerate(answers):
        # A mark that was missed is not the one that stood there when the film showed this pass before.
        since = [when for mark, when in seen if mark == number[code] and former.get(code, 0) < when <= at]
        delays += [at - since[-1]] if since and place >= before else []
        former[code] = at
    return delays
