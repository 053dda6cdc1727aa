// A code typed by hand, made easy to check against the paper: groups of four as printed, look-alikes corrected where one
// sees it, and a sentence on what is missing once the fingers rest. The field stays a plain field: paste, autofill, IME
// and scanners that write into it keep working, and so does the form without this.

import { advice, grouped, normalise, printed, read } from "./codes.js";
import { readGarbled } from "./garbled.js";

const REST = 400; // ms without a key: time to read, and an address being written is complete
const LIKE_A_CODE = /^[0-9A-Z \-\u00a0\u202f.\t]*$/i;
const NO_CODE = "Ce n’est pas le code d’un pass.";

// Keeps `field` in shape and `hint` (an element that is read aloud, role="status") up to date; calls
// `onWhole({ code, signed, text })` once for each whole code. Returns { clear, stop }: `clear` makes ready for the next.
export function watchCodeField({ field, hint, onWhole = () => {} }) {
  let before = field.value;
  let given = "";
  let timer = 0;
  const corrections = new Set();

  function changed(event) {
    if (event.isComposing) return;
    clearTimeout(timer);
    note(field.value, corrections);
    const { text, caret } = tidy(field.value, field.selectionStart, { before, inputType: event.inputType });
    write(text, caret);
    const reading = LIKE_A_CODE.test(text) ? read(text) : null;
    if (reading) return give(reading);
    given = "";
    timer = setTimeout(rest, REST);
  }

  function rest() {
    const reading = LIKE_A_CODE.test(field.value) ? null : readGarbled([field.value]);
    if (!reading) return say(adviceOn(field.value));
    write(grouped(reading.code), field.value.length);
    give(reading);
  }

  function give(reading) {
    say(advice(reading.code));
    if (reading.code === given) return;
    given = reading.code;
    onWhole(reading);
  }

  function write(text, caret) {
    if (text !== field.value) {
      field.value = text;
      if (field.ownerDocument.activeElement === field) field.setSelectionRange(caret, caret);
    }
    before = text;
  }

  function say(sentence) {
    hint.textContent = [sentence, ...corrections].join(" ").trim();
  }

  function clear() {
    clearTimeout(timer);
    field.value = before = given = "";
    corrections.clear();
    say("");
  }

  function stop() {
    clearTimeout(timer);
    field.removeEventListener("input", changed);
    field.removeEventListener("compositionend", changed);
  }

  field.addEventListener("input", changed);
  field.addEventListener("compositionend", changed);
  given = read(before)?.code ?? ""; // what the page came with was already looked at
  if (before) changed({});
  return { clear, stop };
}

// The text in groups of four and where the caret stands in it. What cannot be a code (an address, a garbled scan) stays
// as it is. `before` and `inputType` tell that somebody erased a hyphen, by which they mean the character next to it.
export function tidy(text, caret, { before = "", inputType = "" } = {}) {
  if (!LIKE_A_CODE.test(text)) return asWritten(text, caret);
  let code = significant(text);
  let place = significant(text.slice(0, caret)).length;
  if (inputType.startsWith("deleteContent") && text !== before && code === significant(before)) {
    if (inputType === "deleteContentBackward") place = Math.max(place - 1, 0);
    code = code.slice(0, place) + code.slice(place + 1);
  }
  return { text: grouped(code), caret: place + Math.floor(Math.max(place - 1, 0) / 4) };
}

// The one hyphen that we put into an address while it looked like a code.
function asWritten(text, caret) {
  const address = text.replace(/^HTTP-S/, "HTTPS");
  return { text: address, caret: Math.max(caret - (text.length - address.length), 0) };
}

function significant(text) {
  return [...text].map(printed).join("").toUpperCase();
}

function adviceOn(text) {
  return text.includes("/") ? NO_CODE : advice(normalise(text));
}

function note(text, corrections) {
  if (!text) corrections.clear();
  if (!LIKE_A_CODE.test(text)) return;
  for (const letter of text.toUpperCase().match(/[ILO]/g) ?? []) {
    corrections.add(`La lettre ${letter} est lue comme le chiffre ${printed(letter)}.`);
  }
}
