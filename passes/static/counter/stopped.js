// The page of a device that was stopped: hands in what waits in its queue, and says what became of it.

import { openDB } from "../vendor/idb.js";
import { callsOf } from "./calls.js";
import { handIn } from "./hand-in.js";
import { openQueue, totals } from "./queue.js";
import { handInLine } from "./status.js";

const AGAIN = 30; // seconds before a server that did not answer is asked again
const place = document.querySelector("[data-hand-in]");
let timer = 0;
let sending = false;

async function run() {
  if (sending) return;
  clearTimeout(timer);
  sending = true;
  try {
    const queue = await openQueue(openDB);
    const say = async (outcome) => {
      place.textContent = handInLine({ outcome, counts: totals(await queue.all()) });
      place.hidden = !place.textContent;
    };
    await say("sending");
    const { outcome, retryAfter } = await handIn({ queue, callsOf, locks: navigator.locks, progress: () => say("sending") });
    await say(outcome);
    if (outcome === "away") timer = setTimeout(run, (retryAfter || AGAIN) * 1000);
  } catch {
    // a private window: it keeps nothing that could be handed in
  } finally {
    sending = false;
  }
}

window.addEventListener("online", run);
run();
