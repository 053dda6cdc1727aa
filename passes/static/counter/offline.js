// The counter without a network. It notices by itself, says so in words, and goes on: what was scanned is judged here
// (presenting.js), noted (queue.js), and sent when the server is back (upload.js). An attempt that got no answer keeps
// its id, so that whatever the server did of it, the pass is taken once.

import { openDB } from "../vendor/idb.js";
import { callsOf } from "./calls.js";
import { keepKnowledge } from "./knowing.js";
import { watchNetwork } from "./network.js";
import { presenting } from "./presenting.js";
import { linesOf } from "./queue-list.js";
import { isWaiting, openQueue, totals } from "./queue.js";
import { screen } from "./screens.js";
import { networkKind, networkLine } from "./status.js";
import { hearOfHeld, upload } from "./upload.js";

const PROBE = "/livez";
const AGAIN = 30 * 60_000; // while the page is open, what the server knows is asked for every half hour
const VOIDED = /\/([0-9a-f-]{36})\/annuler\/$/;
const UNANSWERED = ["htmx:sendError", "htmx:timeout", "htmx:responseError"];

// `arrive()` brings focus and sound to a state that was drawn.
export function startOffline({ counter, till, scan, arrive }) {
  const { counter: here, device, site, knowledge: address, fallback, keep, session, service } = counter.dataset;
  const line = document.getElementById("network");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("aptic-counter") : null;
  const { ask, post } = callsOf({ site });
  const ready = open();
  const desk = () => ready;
  const network = watchNetwork({ probe, listen: networkChanged });
  const receiptOf = ({ id }) => keep.replace(/hors-ligne\/$/, `${id}/`); // beside the page that is kept
  const passes = presenting({
    till, desk, draw, receiptOf, site, fallback, session: session ?? null, service: service ? Number(service) : undefined,
  });
  let uploading = false;
  let banned = false; // the server no longer knows this device
  let attempted = null; // the form under way, if it takes passes
  let settled = null;

  async function open() {
    try {
      const queue = await openQueue(openDB);
      const known = keepKnowledge({ queue, address, site });
      await known.load();
      await queue.forget(known.now());
      return { queue, known };
    } catch {
      return { queue: null, known: null }; // a private window: on line only, and it says so when asked for more
    }
  }

  // --- the server, and whether it is there --------------------------------------------------------------------------

  async function probe() {
    try {
      return (await fetch(PROBE, { cache: "no-store", signal: AbortSignal.timeout(5_000) })).ok;
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
    const { known } = await ready;
    if (!device || !known || !network.online) return;
    const answer = await known.refresh();
    if (answer === "away") network.failed();
    else banned = answer === "stopped";
    await render();
    if (network.online && !banned) await hear();
  }

  async function hear() {
    const { queue } = await ready;
    if (await hearOfHeld({ queue, ask, site })) await changed();
  }

  async function send() {
    const { queue } = await ready;
    if (!device || !queue || uploading || !network.online) return;
    if (!(await queue.all()).some((item) => isWaiting(item) && item.site === site)) return;
    uploading = true;
    await render();
    const { outcome, retryAfter } = await upload({ queue, send: post, site, locks: navigator.locks, progress: changed })
      .finally(() => { uploading = false; });
    if (outcome === "sent") network.answered();
    if (outcome === "away") network.failed(retryAfter);
    if (outcome === "stopped") banned = true;
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

  async function render() {
    const { queue } = await ready;
    const items = queue ? await queue.all() : [];
    const state = { online: network.online, uploading, stopped: banned, device: Boolean(device), counts: totals(items) };
    const [words, list] = line.children;
    const text = networkLine(state);
    if (words.textContent !== text) words.textContent = text;
    line.dataset.kind = networkKind(state);
    list.hidden = !device || !items.length;
    line.hidden = false;
    await showInDay(items);
  }

  // The day's page keeps a place for what waits on this device.
  async function showInDay(items) {
    const place = till.querySelector("[data-queue]");
    if (!place || !items.length) return;
    const { known } = await ready;
    place.replaceChildren(screen("day", linesOf(items, { site, receiptOf, services: known?.knowledge?.services ?? [] })));
  }

  // The queue changed here: so does all that shows it, in every tab.
  async function changed() {
    await reflect();
    channel?.postMessage("changed");
  }

  async function reflect() {
    await passes.answerReceipt();
    if (till.querySelector("[data-drawn=list]")) await showList();
    else await render();
  }

  async function showList() {
    const { queue, known } = await ready;
    const items = queue ? await queue.all() : [];
    draw("list", linesOf(items, { site, receiptOf, services: known?.knowledge?.services ?? [] }));
    await queue?.markSeen(items.filter((item) => !isWaiting(item)).map((item) => item.id));
    await render();
  }

  async function clear() {
    const { queue, known } = await ready;
    await queue.forget(known.now(), true);
    await showList();
  }

  // --- what htmx says -------------------------------------------------------------------------------------------------

  // Stand in for a request that was not sent, or that nobody answered.
  async function standIn(element, path, unanswered) {
    const form = element.closest("form");
    if (form && "confirm" in form.dataset) {
      await passes.take(form, unanswered);
      await changed();
      return send();
    }
    if (form?.elements.code?.value && device) return passes.present(form.elements.code.value);
    if (!form && path === here && device) return draw("ask");
    if (!till.querySelector("[data-notice]")) till.prepend(screen("later"));
    return undefined;
  }

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (!counter.contains(elt)) return;
    const form = elt.closest("form");
    till.querySelector("[data-notice]")?.remove();
    if (form) passes.remember(form);
    attempted = form && "confirm" in form.dataset ? new FormData(form) : null;
    if (network.online) return;
    event.preventDefault();
    standIn(elt, requestConfig.path, false);
  });

  for (const name of UNANSWERED) {
    document.body.addEventListener(name, (event) => {
      const { xhr, elt, requestConfig } = event.detail;
      if (!counter.contains(elt) || (name === "htmx:responseError" && xhr.status < 500)) return;
      network.failed(xhr.status ? Number(xhr.getResponseHeader("Retry-After")) || 0 : 0);
      standIn(elt, requestConfig.path, true);
    });
  }

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
    const outcome = till.querySelector("[data-outcome]")?.dataset.outcome;
    if (device) passes.noteOnline(outcome, attempted, requestConfig.path.match(VOIDED)?.[1]);
  });

  counter.addEventListener("click", (event) => {
    if (event.target.closest("[data-list]")) showList();
    if (event.target.closest("[data-clear]")) clear();
    if (event.target.closest("[data-send]")) network.ask().then(send);
  });
  window.addEventListener("online", () => network.ask());
  window.addEventListener("offline", () => network.failed());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
  channel?.addEventListener("message", reflect);
  setInterval(learn, AGAIN);

  // --- the first moment -----------------------------------------------------------------------------------------------

  const fromShell = till.querySelector("[data-shell]");
  if (fromShell || !navigator.onLine) network.failed();
  if (fromShell) ready.then(() => draw("ask")).then(network.ask);
  ready.then(render).then(learn).then(send);
}
