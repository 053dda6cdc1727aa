// The queue on a base that the browser closes under it: opened again, and nothing promised that is not kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepKnowledge } from "../../passes/static/counter/knowing.js";
import { openQueue } from "../../passes/static/counter/queue.js";

const failing = (name) => { throw new DOMException("no", name); };

test("a base that was lost is opened again, and the work is done", async () => {
  for (const name of ["InvalidStateError", "UnknownError"]) {
    const bases = [{ getAll: () => failing(name) }, { getAll: async () => [{ id: "a", occurred_at: "1" }] }];
    const queue = await openQueue(async () => bases.shift());
    assert.deepEqual((await queue.all()).map((item) => item.id), ["a"]);
    assert.equal(bases.length, 0);
  }
});

test("a device that can keep nothing more says so", async () => {
  let opened = 0;
  const queue = await openQueue(async () => { opened += 1; return { put: () => failing("QuotaExceededError") }; });
  await assert.rejects(queue.remember("service", 1), { name: "QuotaExceededError" });
  assert.equal(opened, 1);
});

test("what the server told is known to the page also where it cannot be kept", async () => {
  const before = globalThis.fetch;
  globalThis.fetch = async () => new Response('{"keys":{}}', { headers: { "Aptic-Instant": "2026-11-25T09:00:00Z", ETag: "x" } });
  try {
    const known = keepKnowledge({ queue: { remember: async () => failing("QuotaExceededError") }, address: "/k", site: "s" });
    assert.equal(await known.refresh(), "known");
    assert.deepEqual(known.knowledge.keys, {});
  } finally {
    globalThis.fetch = before;
  }
});
