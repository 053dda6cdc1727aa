// A scanner's burst among a person's keys, on a page made of almost nothing; the clock is the test's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listenToScanner } from "../../passes/static/counter/keyboard.js";
import { GARBLED, sameButForLayout } from "./cases.mjs";

const CODE = "7Q2K9XM4T8WAVN3C";
const SIGNED = "04ZQ".padEnd(119, "0");
const ADDRESS = `HTTPS://PASS.EXEMPLE.FR/P/${CODE}/${SIGNED}`;

class Page extends EventTarget {
  now = 0;
  activeElement = null;
  press(key, { gap = 10, code = "", shift = false, ...more } = {}) {
    this.now += gap;
    const event = new Event("keydown", { cancelable: true });
    const facts = { key, code, shiftKey: shift, timeStamp: this.now, ctrlKey: false, altKey: false, metaKey: false, ...more };
    for (const [name, value] of Object.entries(facts)) Object.defineProperty(event, name, { value });
    this.dispatchEvent(event);
    const field = this.activeElement;
    if (!event.defaultPrevented && field && "value" in field && key?.length === 1) field.value += key;
    return event;
  }
  types(text, options) {
    for (const key of text) this.press(key, options);
  }
}

class Field extends EventTarget {
  value = "";
  selectionStart = 0;
  type = "text";
  constructor(tagName = "INPUT") { super(); this.tagName = tagName; }
  setSelectionRange() {}
}

function start(options = {}) {
  const page = new Page();
  const heard = { codes: [], problems: [] };
  const stop = listenToScanner({
    page,
    onCode: ({ code, signed }) => heard.codes.push([code, signed]),
    onProblem: ({ kind }) => heard.problems.push(kind),
    ...options,
  });
  return { page, heard, stop };
}

test("a burst that ends with Enter or Tab is a code, and the key presses nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const end of ["Enter", "Tab"]) {
    const { page, heard } = start();
    page.activeElement = { tagName: "BUTTON" };
    page.types(ADDRESS);
    assert.ok(page.press(end).defaultPrevented);
    assert.deepEqual(heard.codes, [[CODE, SIGNED]]);
  }
});

test("a scanner that sends no Enter is read after a silence, and an Enter that comes late presses nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, heard } = start();
  page.types(ADDRESS);
  assert.deepEqual(heard.codes, []);
  t.mock.timers.tick(120);
  assert.deepEqual(heard.codes, [[CODE, SIGNED]]);
  assert.ok(page.press("Enter", { gap: 300 }).defaultPrevented);
  assert.ok(!page.press("Enter", { gap: 300 }).defaultPrevented);
});

test("a scan that a slow machine cut in two is read whole from the field that waits for a code", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const field = new Field();
  const { page, heard } = start({ isCodeField: (element) => element === field });
  page.activeElement = field;
  page.types(CODE.slice(0, 5));
  page.press(CODE[5], { gap: 200 });
  page.types(CODE.slice(6));
  assert.ok(page.press("Enter").defaultPrevented);
  assert.deepEqual([heard.codes, heard.problems], [[[CODE, ""]], []]);
});

test("a silence in the middle of an address, on a machine that is slow, ends nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, heard } = start();
  page.types(ADDRESS.slice(0, -5));
  t.mock.timers.tick(1000);
  assert.deepEqual(heard.codes, []);
  page.types(ADDRESS.slice(-5));
  page.press("Enter");
  assert.deepEqual(heard.codes, [[CODE, SIGNED]]);
});

test("keys without a name are nobody's", () => {
  const { page, heard } = start();
  for (const key of [undefined, "F5", "Shift"]) page.press(key);
  assert.deepEqual(heard, { codes: [], problems: [] });
});

test("a person typing is left alone, Enter and all", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, heard } = start();
  page.activeElement = new Field();
  page.types(CODE, { gap: 90 });
  t.mock.timers.tick(1000);
  assert.ok(!page.press("Enter", { gap: 90 }).defaultPrevented);
  assert.equal(page.activeElement.value, CODE);
  assert.deepEqual(heard, { codes: [], problems: [] });
});

test("a scan into another field gives it back what it held", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const tag of ["INPUT", "TEXTAREA", "SELECT"]) {
    const { page, heard } = start();
    page.activeElement = new Field(tag);
    page.types("Bonj", { gap: 100 });
    page.press("a", { gap: 500 });
    page.activeElement.value = "Bonjour";
    page.press("H", { gap: 500 });
    page.types(ADDRESS.slice(1));
    page.press("Enter");
    assert.equal(page.activeElement.value, "Bonjour");
    assert.equal(heard.codes.length, 1);
  }
});

test("another barcode is said to be none, but what lands in a form's field stays there", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const codeField = new Field();
  for (const [target, problems, prevented] of [
    [{ tagName: "BUTTON" }, ["foreign"], true], [null, ["foreign"], true], [codeField, ["foreign"], true],
    [new Field(), [], false], [new Field("TEXTAREA"), [], false],
  ]) {
    const { page, heard } = start({ isCodeField: (element) => element === codeField });
    page.activeElement = target;
    page.types("3017620422003");
    assert.equal(page.press("Enter").defaultPrevented, prevented);
    assert.deepEqual(heard, { codes: [], problems });
  }
  assert.equal(codeField.value, "");
});

test("a few fast keys, shortcuts and a key held down are nobody's scan", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, heard } = start();
  page.types("1234567");
  assert.ok(!page.press("Enter").defaultPrevented);
  page.types(CODE, { ctrlKey: true });
  page.types(CODE, { repeat: true });
  page.types(CODE, { isComposing: true });
  assert.ok(!page.press("Enter").defaultPrevented);
  assert.deepEqual(heard, { codes: [], problems: [] });
});

test("a space in another barcode presses no button", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page } = start();
  page.activeElement = { tagName: "BUTTON" };
  assert.ok(!page.press(" ", { gap: 500 }).defaultPrevented);
  page.press("A", { gap: 500 });
  assert.ok(page.press(" ").defaultPrevented);
});

test("once stopped, nothing is heard", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, heard, stop } = start();
  stop();
  page.types(ADDRESS);
  page.press("Enter");
  assert.deepEqual(heard.codes, []);
});

// A machine of any layout, even one whose keys write nothing we know: the keys pressed tell.
for (const { name, keys, code, signed } of GARBLED.filter((one) => one.name.includes("shift None"))) {
  test(`by its keys, ${name}`, (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { page, heard } = start();
    for (const key of keys) page.press("Dead", { code: key.replace("+", ""), shift: key.startsWith("+") });
    page.press("Enter");
    assert.equal(heard.codes.length, 1);
    assert.equal(heard.codes[0][1], signed);
    assert.ok((signed ? [code] : sameButForLayout(code)).includes(heard.codes[0][0]));
  });
}
