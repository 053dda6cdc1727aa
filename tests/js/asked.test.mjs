// What was asked and has no answer yet: kept for the next page, in the browsers that keep something.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepAsked } from "../../passes/static/counter/asked.js";
import { storageOf } from "./memory.mjs";

const one = (id, lines) => ({ fields: [["code", "C"], ["attempt", id], ["service", "7"]], from: "/here/", lines });

test("each attempt is kept until it is answered, beside what others keep", async () => {
  const storage = storageOf();
  storage.setItem("sound", "off");
  const asked = keepAsked(() => storage);
  for (const id of ["a", "b"]) asked.keep(one(id, null));
  assert.deepEqual(asked.left(), [one("a", null), one("b", null)]);
  asked.forget(one("a", null).fields);
  assert.deepEqual(asked.left(), [one("b", null)]);
  assert.equal(storage.getItem("sound"), "off");
});

test("it leaves for the queue once the queue holds it", async () => {
  const asked = keepAsked((storage => () => storage)(storageOf()));
  const added = [];
  const queue = { add: async (lines) => { added.push(...lines); } };
  const full = { add: async () => { throw new Error("full"); } };
  asked.keep(one("a", [{ id: "a" }]));
  const [left] = asked.left();
  await assert.rejects(asked.move(left, full));
  assert.equal(await asked.move(left, null), false);
  assert.equal(asked.left().length, 1);
  assert.equal(await asked.move(left, queue), true);
  assert.deepEqual([added, asked.left()], [[{ id: "a" }], []]);
  assert.equal(await asked.move(one("b", null), queue), false);
});

test("a browser that keeps nothing goes on", () => {
  const asked = keepAsked(() => { throw new Error("SecurityError"); });
  asked.keep(one("a", null));
  asked.forget(one("a", null).fields);
  assert.deepEqual(asked.left(), []);
});
