// A hardware scanner types like a person, only faster. This hears its burst wherever the focus is, reads the code in it
// whatever the layouts of scanner and machine, and gives back to the field at hand what it held before. Its Enter presses
// nothing: a code scanned while « Encaisser » has the focus must not redeem the pass before it.

import { NOT_A_PASS, SIGNED_LENGTH } from "./codes.js";
import { readGarbled } from "./garbled.js";

const GAP = 80; // ms between two keys: scanners take 1 to 40, fast people more than 100
const SHORTEST = 8; // keys: below, it is neither a pass nor another barcode
const SILENCE = 120; // ms: the burst is over, for scanners that send neither Enter nor Tab
const LATE = 500; // ms: an Enter that comes after the silence is still the scanner's

const FRENCH = { KeyQ: "A", KeyA: "Q", KeyW: "Z", KeyZ: "W", Semicolon: "M", Comma: "." };
const AMERICAN = { Semicolon: ":", Slash: "/", Period: ".", Minus: "-" };

// Calls `onCode({ code, signed, text })` for a pass, `onProblem({ kind, sentence })` for another barcode. `isCodeField`
// tells the field that waits for a code: whatever is scanned there is a scan. Returns what stops it.
export function listenToScanner({ onCode, onProblem = () => {}, isCodeField = () => false, page = document }) {
  let burst = null;
  let timer = 0;
  let quietUntil = 0;

  function hear(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return forget();
    if (event.key === "Enter" || event.key === "Tab") return finish(event);
    if (!isCharacter(event)) return;
    if (!burst?.continues(event)) burst = new Burst(page.activeElement);
    if (event.key === " " && burst.keys.length && !writes(burst.target)) event.preventDefault();
    burst.add(event);
    clearTimeout(timer);
    timer = setTimeout(settle, SILENCE);
  }

  function finish(event) {
    if (burst?.continues(event) && burst.keys.length >= SHORTEST) {
      if (answer(burst)) silence(event);
    } else if (event.timeStamp < quietUntil) silence(event);
    forget();
  }

  function settle() {
    if (!burst?.isComplete()) return; // the machine was slow, not the scanner: the next key tells
    quietUntil = burst.last + LATE;
    answer(burst);
    forget();
  }

  // True when the burst was a scan and not somebody's typing.
  function answer(heard) {
    const reading = heard.reading() ?? pieced(heard.target);
    if (!reading && writes(heard.target) && !isCodeField(heard.target)) return false;
    heard.restore();
    if (reading) onCode(reading);
    else onProblem(NOT_A_PASS);
    return true;
  }

  // A machine that stumbles cuts a scan in two; the field that waits for a code has both halves.
  function pieced(field) {
    return isCodeField(field) ? readGarbled([field.value]) : null;
  }

  function forget() {
    clearTimeout(timer);
    burst = null;
  }

  page.addEventListener("keydown", hear, { capture: true });
  return () => { forget(); page.removeEventListener("keydown", hear, { capture: true }); };
}

// Keys that follow each other too fast for a person, and what the field held before the first of them.
export class Burst {
  constructor(target = null) {
    this.keys = [];
    this.last = 0;
    this.target = target;
    this.before = target && "value" in target ? { value: target.value, start: target.selectionStart } : null;
  }

  continues(event) {
    return this.keys.length > 0 && event.timeStamp - this.last <= GAP;
  }

  add({ key, code, shiftKey, timeStamp }) {
    this.keys.push({ key, code, shift: shiftKey });
    this.last = timeStamp;
  }

  // What the machine wrote, then what keys were pressed, if the scanner is American or French: these two do not depend
  // on the machine's layout, nor on Caps Lock and dead keys.
  texts() {
    return [written, american, french].map((reader) => this.keys.map(reader).join(""));
  }

  reading() {
    return readGarbled(this.texts());
  }

  // An address stopped in its middle has the shape of a pass too; without its signature it proves nothing.
  isComplete() {
    const reading = this.reading();
    return Boolean(reading) && (!reading.text.includes("/") || reading.signed.length === SIGNED_LENGTH);
  }

  restore() {
    if (!this.before || this.target.value === this.before.value) return;
    this.target.value = this.before.value;
    if (typeof this.before.start === "number") this.target.setSelectionRange(this.before.start, this.before.start);
    this.target.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function written({ key }) {
  return key.length === 1 ? key : "";
}

function american({ code }) {
  return AMERICAN[code] ?? character(code);
}

function french({ code, shift }) {
  if (code === "Period") return shift ? "/" : ":";
  if (code === "Digit6" && !shift) return "-";
  return FRENCH[code] ?? character(code);
}

function character(code = "") {
  return code.match(/^(?:Key|Digit|Numpad)([0-9A-Z])$/)?.[1] ?? "";
}

// A browser that fills a form by itself sends keys without a name.
function isCharacter({ key = "", code }) {
  return key.length === 1 || key === "Dead" || (key === "Unidentified" && Boolean(code));
}

function writes(element) {
  if (!element) return false;
  const silent = ["checkbox", "radio", "button", "submit", "reset"];
  return element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && !silent.includes(element.type));
}

function silence(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
