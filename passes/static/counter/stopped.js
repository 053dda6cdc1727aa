// The pages of a device that was stopped (its refusal, or the counter of somebody who logged in there): hands in what waits
// in its queue, and says what became of it.

import { openDB } from "../vendor/idb.js";
import { keepAsked } from "./asked.js";
import { callsOf } from "./calls.js";
import { handIn } from "./hand-in.js";
import { openQueue, totals } from "./queue.js";
import { handInLine } from "./status.js";

const AGAIN = 30; // seconds before a server that did not answer is asked again
const place = document.querySelector("[data-hand-in]");
const asked = keepAsked(() => localStorage);
const channel = "BroadcastChannel" in window ? new BroadcastChannel("aptic-counter") : null;
const doubtful = new Set();
let timer = 0;
let sending = false;

async function run() {
  if (sending) return;
  clearTimeout(timer);
  sending = true;
  try {
    const queue = await openQueue(openDB);
    for (const one of asked.left()) await asked.move(one, queue);
    const say = async (outcome) => {
      place.textContent = handInLine({ outcome, counts: totals(await queue.all()) });
      place.hidden = !place.textContent;
      channel?.postMessage("changed"); // to the line about the network
    };
    await say("sending");
    const progress = () => say("sending");
    const { outcome, retryAfter } = await handIn({ queue, callsOf, locks: navigator.locks, progress, doubtful });
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
