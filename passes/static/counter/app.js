// The counter's script: what a page gains when JavaScript runs. Each state still comes from the server as a plain form;
// this module brings it without reloading, says it aloud, and hands on what a camera or a scanner has read.

import { normalise } from "./codes.js";
import { keepApp, offerInstall } from "./install.js";
import { startOffline } from "./offline.js";
import { submit } from "./older.js";
import { startReading } from "./reading.js";
import { announce } from "./signals.js";

const NAME = 7; // characters of a code that say which pass it is, and nothing that could be used
const TO_READ = 5000; // ms that a pass which may be presented again, still under the camera, leaves the answer on the screen
const MAY_COME_BACK = new Set(["voided", "refused"]);
const counter = document.getElementById("counter");
const till = document.getElementById("till");
const scan = document.getElementById("scan");
const problem = document.getElementById("problem");
const reading = startReading({
  camera: document.getElementById("camera"),
  onCode: ({ code, text, by }) => {
    if (by === "typing") return; // who types presses Enter: were the pass shown at the last character, that would take it
    if (by === "camera" && isAnswered(code)) return; // it still lies there: what was just said of it stays
    present(text);
  },
  onProblem: ({ sentence, by }) => { if (by !== "camera") say(sentence); }, // the camera says its own
});

// Show the pass behind a code that was read, whatever the till shows now; what is on the table stays there.
export function present(text) {
  say("");
  scan.elements.code.value = text;
  scan.querySelectorAll("[data-kept]").forEach((copy) => copy.remove());
  till.querySelectorAll("[data-kept]").forEach((kept) => scan.append(kept.cloneNode()));
  submit(scan);
}

// Is this the pass, or one of those, that the answer on the screen is about? Seven characters name it. Once undone or
// refused it may be presented again, but not before that was read: each look at a refused pass is an attempt on record.
function isAnswered(code) {
  const answer = till.querySelector("[data-outcome]");
  if (!answer || (MAY_COME_BACK.has(answer.dataset.outcome) && performance.now() - arrivedAt > TO_READ)) return false;
  return [...till.querySelectorAll("[translate=no]")].some((name) => normalise(name.textContent).endsWith(code.slice(0, NAME)));
}

// One clear state at a time: what changed is where the keyboard and the screen reader are.
let arrivedAt = 0; // ms since the page opened
function arrive() {
  arrivedAt = performance.now();
  // What the page that came whole had to say is over; a state brings its own words.
  document.querySelectorAll(".messages").forEach((said) => { if (!till.contains(said)) said.remove(); });
  attend();
  const goal = till.querySelector("[role=alert]") ? till.querySelector("h1") : till.querySelector("[autofocus]");
  (goal || till.querySelector("h1"))?.focus();
  const outcome = till.querySelector("[data-outcome]")?.dataset.outcome;
  if (outcome) announce(outcome);
  else if (till.querySelector("[data-confirm]")) announce("shown");
  if ("quick" in counter.dataset) takeAtOnce();
}

// The field that waits for a code now, formatted as it is typed.
function attend() {
  reading.attend(till.querySelector("input.code-input"), till.querySelector("[data-missing]"));
}

// What kept a camera or a scanner from giving a pass; an empty sentence takes it away.
function say(sentence) {
  problem.textContent = sentence;
  problem.hidden = !sentence;
  if (sentence) announce("refused");
}

// Quick mode, which the site chose: one valid pass for the service used last is taken without another touch.
function takeAtOnce() {
  const form = till.querySelector("[data-confirm]:not([data-read-first])");
  const proposed = form?.querySelector("option[selected]");
  if (proposed && form.querySelectorAll("[name=code]").length === 1) submit(form);
}

let settled = null;
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== till || event.detail.xhr === settled) return; // told once for each element that came
  settled = event.detail.xhr;
  arrive();
});

attend();
startOffline({ counter, till, scan, arrive, again: () => present(scan.elements.code.value) });
offerInstall(document.getElementById("install"));
keepApp(counter).catch(() => {}); // a browser that keeps nothing still redeems on line
