// The server's clock as this device keeps it, whatever becomes of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepKnowledge } from "../../passes/static/counter/knowing.js";
import { openQueue } from "../../passes/static/counter/queue.js";
import { openMemory } from "./memory.mjs";

const NOW = Date.parse("2026-11-25T09:00:00Z");
const HOUR = 3_600_000;
const at = (instant) => new Date(instant).toISOString();

// A device whose own clock says `own` while the server says NOW.
async function device(t, own = NOW) {
  t.mock.timers.enable({ apis: ["Date"], now: own });
  t.mock.method(globalThis, "fetch", async () => new Response("{}", { headers: { "Aptic-Instant": at(NOW), ETag: "1" } }));
  let base = null;
  const open = () => openQueue(async (...asked) => (base ??= await openMemory(...asked)));
  const queue = await open();
  const known = keepKnowledge({ queue, address: "/", site: "s" });
  const set = (instant) => t.mock.timers.setTime(instant);
  assert.equal(await known.refresh(), "known");
  return { open, queue, known, set };
}

test("an own clock that is wrong is corrected by what the server said", async (t) => {
  const { known, set } = await device(t, NOW - 5 * HOUR);
  set(NOW - 4 * HOUR);
  assert.equal(known.now(), NOW + HOUR);
});

test("a clock that is set back goes back neither behind the server's word nor behind what was taken", async (t) => {
  const { queue, known, set } = await device(t);
  await queue.add([{ id: "a", site: "s", occurred_at: at(NOW + 2 * HOUR) }]);
  set(NOW - 48 * HOUR);
  assert.equal(known.now(), NOW + 2 * HOUR);
  await queue.record([{ id: "a", status: 201 }]);
  await queue.all();
  assert.equal(known.now(), NOW);
  set(NOW + HOUR);
  assert.equal(known.now(), NOW + HOUR);
});

test("what was taken is known after the tab was opened again under a clock set back", async (t) => {
  const { open, queue, set } = await device(t);
  await queue.add([{ id: "a", site: "s", occurred_at: at(NOW + 2 * HOUR) }]);
  set(NOW - 48 * HOUR);
  const again = keepKnowledge({ queue: await open(), address: "/", site: "s" });
  await again.load();
  assert.equal(again.now(), NOW + 2 * HOUR);
});

test("a clock that jumps ahead erases nothing that was taken", async (t) => {
  const { queue, known, set } = await device(t);
  await queue.noteSpent("a", 7, NOW - HOUR);
  set(NOW + 365 * 24 * HOUR);
  await queue.forget(known.told());
  assert.deepEqual(await queue.taken(), [{ id: "a", serial: 7, at: NOW - HOUR }]);
});

test("before the server ever spoke there is the device's own clock, and nothing is forgotten", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: NOW });
  const queue = await openQueue(openMemory);
  const known = keepKnowledge({ queue, address: "/", site: "s" });
  await known.load();
  assert.deepEqual([known.now(), known.told()], [NOW, -Infinity]);
});
