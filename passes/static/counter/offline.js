// The counter without a network. It notices by itself, says so in words, and goes on: what was scanned is judged here
// (presenting.js), noted (queue.js), and sent when the server is back (upload.js). An attempt that got no answer keeps
// its id, so that whatever the server did of it, the pass is taken once.

import { openDB } from "../vendor/idb.js";
import { keepAsked } from "./asked.js";
import { noteBeside } from "./beside.js";
import { callsOf } from "./calls.js";
import { keepKnowledge } from "./knowing.js";
import { watchNetwork } from "./network.js";
import { within } from "./older.js";
import { presenting } from "./presenting.js";
import { linesOf } from "./queue-list.js";
import { isWaiting, openQueue, totals } from "./queue.js";
import { screen } from "./screens.js";
import { networkKind, networkLine } from "./status.js";
import { keepTrying } from "./trying.js";
import { takeTurns } from "./turns.js";
import { hearOfHeld, upload } from "./upload.js";

const PROBE = "/livez";
const HOME = "/guichet/";
const AGAIN = 30 * 60_000; // while the page is open, what the server knows is asked for every half hour
const VOIDED = /\/([0-9a-f-]{36})\/annuler\/$/;
const POLL = "[hx-trigger^=every]"; // it asks by itself, and says nothing when nobody answers

// `arrive()` brings focus and sound to a state that was drawn; `again()` presents what stands in `scan`.
export function startOffline({ counter, till, scan, arrive, again }) {
  const { counter: here, device, site, knowledge: address, fallback, keep, session, service } = counter.dataset;
  const line = document.getElementById("network");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("aptic-counter") : null;
  const { ask, note, post } = callsOf({ site });
  let ready = open();
  let opened = {}; // the same, once it is there
  const asked = keepAsked(() => (device ? localStorage : sessionStorage));
  const network = watchNetwork({ probe, listen: networkChanged });
  const receiptOf = ({ id }) => keep.replace(/hors-ligne\/$/, `${id}/`); // beside the page that is kept
  const passes = presenting({
    till, desk, draw, asked, receiptOf, device, site, fallback, session: session ?? null, service: service ? Number(service) : undefined,
  });
  let uploading = false;
  const doubtful = new Set(); // lines that the server broke on
  const ran = keepTrying({ send });
  let banned = false; // the server no longer knows this device
  const attempted = new WeakMap(); // request → what it sent, if it takes passes
  let settled = null;
  let stoodIn = Promise.resolve(); // one after the other, so that a second tap finds what the first one did
  const begin = takeTurns({
    body: document.body, scan, again,
    isOurs: (elt) => counter.contains(elt) && !elt.matches(POLL),
    stoodIn: () => stoodIn,
    isRefused: () => Boolean(till.querySelector("[data-outcome=refused]")),
  });

  async function open() {
    try {
      const queue = await openQueue(openDB);
      const known = keepKnowledge({ queue, address, site });
      await known.load();
      await queue.forget(known.told()).catch(() => {}); // a clock that jumped ahead erases nothing; it may be done another day
      return { queue, known };
    } catch {
      return { queue: null, known: null }; // a private window: on line only, and it says so when asked for more
    }
  }

  // What could not be opened is tried again.
  async function desk() {
    if (!(await ready).queue) ready = open();
    opened = await ready;
    return opened;
  }

  // --- the server, and whether it is there --------------------------------------------------------------------------

  async function probe() {
    try {
      return (await fetch(PROBE, { cache: "no-store", signal: within(5_000) })).ok;
    } catch {
      return false;
    }
  }

  async function networkChanged(state) {
    await render();
    if (state !== "online") return;
    if (till.querySelector("[data-drawn=ask]")) window.htmx.ajax("GET", here, { source: till, target: till });
    await learn();
    await send();
  }

  async function learn() {
    const { known } = await desk();
    if (!device || !known || !network.online) return;
    const answer = await known.refresh();
    if (answer === "away") network.failed();
    else banned = answer === "stopped";
    await render();
    if (network.online && !banned) await hear().catch(() => {}); // another time
  }

  async function hear() {
    const { queue } = await desk();
    if (await hearOfHeld({ queue, ask, site })) await changed();
  }

  // A queue that cannot be read or written keeps what it has, as a server that breaks leaves it: the next time tries again.
  async function send() {
    await sendAll().catch(() => {
      ran(true);
      return render();
    });
  }

  async function sendAll() {
    const { queue } = await desk();
    if (!device || !queue || uploading || !network.online) return;
    if (!(await queue.all()).some((item) => isWaiting(item) && item.site === site)) return;
    uploading = true;
    await render();
    const { outcome, retryAfter } = await upload({ queue, send: post, site, locks: navigator.locks, progress: changed, doubtful })
      .finally(() => { uploading = false; });
    if (outcome === "sent") network.answered();
    if (outcome === "away") network.failed(retryAfter);
    if (outcome === "stopped") banned = true;
    ran(outcome === "left");
    await changed();
  }

  // --- what stands on the page --------------------------------------------------------------------------------------

  function draw(name, slots, fill = () => {}) {
    const drawn = screen(name, slots);
    fill(drawn);
    drawn.querySelector("h1").dataset.drawn = name;
    till.replaceChildren(drawn);
    window.htmx.process(till);
    arrive();
  }

  // What stands in the queue; nothing where it cannot be read, which stops neither the page nor the sending.
  async function everything() {
    const { queue } = await desk();
    return queue ? queue.all().catch(() => []) : [];
  }

  // Today's refusals without a network, which no server has.
  async function refusedHere() {
    const { queue, known } = await desk();
    return queue ? queue.refusals(site, known.now()).catch(() => []) : [];
  }

  async function render() {
    const [items, refused] = [await everything(), await refusedHere()];
    const state = { online: network.online, uploading, stopped: banned, device: Boolean(device), counts: totals(items) };
    const [words, list] = line.children;
    const text = networkLine(state);
    if (words.textContent !== text) words.textContent = text;
    line.dataset.kind = networkKind(state);
    list.hidden = !device || !(items.length || refused.length);
    line.hidden = false;
    await showInDay(items, refused);
  }

  // The day's page keeps a place for what waits on this device.
  async function showInDay(items, refused) {
    const place = till.querySelector("[data-queue]");
    if (!place || !device || !(items.length || refused.length)) return;
    const { known } = await desk();
    place.replaceChildren(screen("day", listed(items, refused, known)));
  }

  // The queue changed here: so does all that shows it, in every tab.
  async function changed() {
    await reflect();
    channel?.postMessage("changed");
  }

  async function reflect() {
    await passes.answerReceipt().catch(() => {}); // the line about the network still says what it knows
    if (till.querySelector("[data-drawn=list]")) await showList();
    else await render();
  }

  async function showList() {
    const { queue, known } = await desk();
    const items = await everything();
    draw("list", listed(items, await refusedHere(), known));
    await queue?.markSeen(items.filter((item) => !isWaiting(item)).map((item) => item.id)).catch(() => {});
    await render();
  }

  function listed(items, refused, known) {
    return linesOf(items, { refused, site, receiptOf, services: known?.knowledge?.services ?? [], now: known?.now() ?? Date.now() });
  }

  // What was noted here and has not left is taken off the queue; the receipt and the lists then say so.
  async function undo(ids) {
    const { queue, known } = await desk();
    if (await queue?.undo(ids, known.now())) await changed();
    else tell("left");
  }

  async function clear() {
    const { queue, known } = await desk();
    await queue?.forget(known.told(), true).catch(() => {}); // they stay in the list
    await showList();
  }

  // --- what htmx says -------------------------------------------------------------------------------------------------

  // Stand in for a request that was not sent, or that nobody answered.
  function standIn(request, unanswered) {
    stoodIn = stoodIn.then(() => answer(request, unanswered)).catch(tellLater);
  }

  async function answer({ form, data, text, kept, path }, unanswered) {
    if (data) {
      await passes.take(form, data, unanswered);
      await changed();
      send(); // nobody waits for it
    } else if (text && device) {
      await passes.present(text, kept);
      await changed(); // a refusal is in the list
    } else if (!form && path === here && device) draw("ask");
    else tellLater();
  }

  // What was on the table when this form was sent: [{ code, attempt }].
  function keptIn(form) {
    const valuesOf = (name) => [...form?.querySelectorAll(`[data-kept][name=${name}]`) ?? []].map((field) => field.value);
    const attempts = valuesOf("attempt");
    return valuesOf("kept").map((code, at) => ({ code, attempt: attempts[at] }));
  }

  function tellLater() {
    tell("later");
  }

  function tell(notice) {
    if (!till.querySelector("[data-notice]")) till.prepend(screen(notice));
  }

  // The request itself tells when nobody answers: its element may have left the page by then.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    if (!counter.contains(elt)) return;
    if (elt.matches(POLL)) {
      if (!network.online) event.preventDefault();
      return watch(xhr, null);
    }
    till.querySelector("[data-notice]")?.remove();
    const form = elt.closest("form");
    if (form) passes.remember(form);
    const data = form && "confirm" in form.dataset ? new FormData(form) : null;
    const request = { form, data, text: form?.elements.code?.value, kept: keptIn(form), path: requestConfig.path };
    if (network.online) {
      if (data) {
        attempted.set(xhr, data);
        passes.leaves(opened.known, data, here);
      }
      begin(xhr, Boolean(data));
      return watch(xhr, request);
    }
    event.preventDefault();
    return standIn(request, false);
  });

  function watch(xhr, request) {
    const lost = (retryAfter = 0) => {
      network.failed(retryAfter);
      if (request) standIn(request, true);
    };
    xhr.addEventListener("error", () => lost());
    xhr.addEventListener("timeout", () => lost());
    xhr.addEventListener("load", () => {
      if (xhr.status >= 500) lost(Number(xhr.getResponseHeader("Retry-After")) || 0);
      else if (request?.data) asked.forget([...request.data]);
    });
  }

  const beside = noteBeside({ send: sendBeside, failed: (form) => { if (form.isConnected) tellLater(); } });

  async function sendBeside(address, body) {
    till.querySelector("[data-notice]")?.remove();
    if (!network.online) return { status: 503 };
    const answer = await note(address, body).catch(() => ({ status: 503 }));
    if (answer.status >= 500) network.failed();
    return answer;
  }

  for (const kind of ["change", "submit"]) {
    counter.addEventListener(kind, (event) => {
      const form = event.target.closest("[data-beside]");
      if (!form) return;
      event.preventDefault();
      beside.note(form);
    });
  }
  window.addEventListener("pagehide", beside.leave);

  // A form that opens another page would end on the browser's own error.
  counter.addEventListener("submit", (event) => {
    if (network.online || event.target.matches("[hx-post], [method=get], [data-beside]")) return;
    event.preventDefault();
    tellLater();
  });

  // The server was asked again because the network is back; whoever opened something else meanwhile keeps it.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.elt === till && !till.querySelector("[data-drawn=ask]")) event.preventDefault();
  });

  document.body.addEventListener("htmx:afterSettle", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (target !== till || xhr === settled) return; // told once for each element that came
    settled = xhr;
    network.answered();
    if (till.querySelector("[data-queue]")) render();
    const token = till.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) scan.elements.csrfmiddlewaretoken.value = token; // a page that was kept may bear one of yesterday's
    const { outcome, taken } = till.querySelector("[data-outcome]")?.dataset ?? {};
    if (outcome === "accepted") send(); // the server takes passes again
    if (device) passes.noteOnline(outcome, attempted.get(xhr), requestConfig.path.match(VOIDED)?.[1], taken).catch(() => {});
  });

  counter.addEventListener("click", (event) => {
    if (event.target.closest("[data-list]")) showList();
    if (event.target.closest("[data-clear]")) clear();
    const undone = event.target.closest("[data-undo]")?.dataset.undo;
    if (undone) undo(undone.split(" ")).catch(() => tell("left"));
    if (event.target.closest("[data-send]")) network.ask().then(send);
  });
  window.addEventListener("online", () => network.ask());
  window.addEventListener("offline", () => network.failed());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  channel?.addEventListener("message", reflect);
  setInterval(learn, AGAIN);

  // The page that was kept opens as the counter; where another one was asked for, it says so and leads to both.
  function openKept() {
    if (isCounter) return draw("ask");
    return draw("elsewhere", {}, (drawn) => {
      drawn.querySelector("[data-asked]").href = location.pathname + location.search;
    });
  }

  // --- the first moment -----------------------------------------------------------------------------------------------

  const isCounter = [HOME, here].includes(location.pathname) || location.pathname.endsWith("/hors-ligne/");
  const fromShell = till.querySelector("[data-shell]");
  if (fromShell || !navigator.onLine) network.failed();
  if (fromShell) {
    stoodIn = desk().then(openKept).catch(() => {}); // what is scanned meanwhile is looked at once the page is open
    stoodIn.then(network.ask);
  }
  stoodIn = stoodIn.then(() => passes.takeUp(isCounter ? here : null)).catch(() => {});
  stoodIn.then(desk).then(render).then(learn).then(send);
}
