// Old tablets: what they lack has one fallback, in one module.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { newId, submit, within } from "../../passes/static/counter/older.js";

const FOLDER = new URL("../../passes/static/counter/", import.meta.url);
// Newer than Chrome 84 or Safari 15: none may be used without a fallback.
const NEWER = /AbortSignal\.(timeout|any)|randomUUID|requestSubmit\(|structuredClone|\.replaceAll\(|\.at\(|Object\.hasOwn|\.findLast|\.toSorted|\.toReversed|Promise\.(any|withResolvers)|(\?\?|\|\||&&)=|\(\?<[=!]|static \{/;

function without(object, name, work) {
  const kept = Object.getOwnPropertyDescriptor(object, name);
  delete object[name];
  try {
    return work();
  } finally {
    Object.defineProperty(object, name, kept);
  }
}

test("a request is given up in time, also without AbortSignal.timeout", async () => {
  for (const asked of [() => within(5), () => without(AbortSignal, "timeout", () => within(5))]) {
    const signal = asked();
    assert.equal(signal.aborted, false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(signal.aborted, true);
  }
});

test("an id is a random UUID, also without crypto.randomUUID", () => {
  const old = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  const ids = [newId(), newId(old), newId(old)];
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, 3);
});

test("a form is sent as by its button, also without requestSubmit", () => {
  const sent = [];
  const form = (valid, heard) => ({
    checkValidity: () => valid, dispatchEvent: ({ type }) => { sent.push(type); return !heard; }, submit: () => sent.push("whole"),
  });
  submit({ requestSubmit: () => sent.push("asked") });
  submit(form(false, false));
  submit(form(true, true)); // htmx took it
  submit(form(true, false));
  assert.deepEqual(sent, ["asked", "submit", "submit", "whole"]);
});

for (const name of readdirSync(FOLDER).filter((each) => each.endsWith(".js") && each !== "older.js")) {
  test(`${name} runs on an old tablet`, () => {
    const line = readFileSync(new URL(name, FOLDER), "utf-8").split("\n").find((each) => NEWER.test(each));
    assert.equal(line, undefined);
  });
}
