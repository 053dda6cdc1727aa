// What the device remembers of what it took, also once its answers were read and cleared away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { presenting } from "../../passes/static/counter/presenting.js";
import { isStuck, openQueue, totals } from "../../passes/static/counter/queue.js";
import { openMemory } from "./memory.mjs";

const NOW = Date.parse("2026-11-25T09:00:00Z");
const DAY = 24 * 3_600_000;
const line = (id, serial, more = {}) => (
  { id, serial, site: "s", value: 1000, occurred_at: new Date(NOW - DAY).toISOString(), ...more }
);

async function queueWith(verdicts) {
  const queue = await openQueue(openMemory);
  const ids = Object.keys(verdicts);
  await queue.add(ids.map((id, at) => line(id, at + 1)));
  await queue.record(ids.map((id) => ({ id, status: verdicts[id] })));
  await queue.markSeen(ids);
  return queue;
}
const serials = async (queue) => (await queue.taken()).map(({ serial }) => serial).sort();
const ids = async (queue) => (await queue.all()).map(({ id }) => id);

test("answers that were read and cleared away leave what was taken, and what nobody has judged yet", async () => {
  const queue = await queueWith({ accepted: 201, held: 202, refused: 409 });
  await queue.forget(NOW, true);
  assert.deepEqual(await ids(queue), ["held"]);
  assert.deepEqual(await serials(queue), [1, 2]);
});

test("what was undone may be taken again, cleared away or not", async () => {
  const queue = await queueWith({ before: 201, after: 201 });
  await queue.noteVoided("before");
  await queue.forget(NOW, true);
  assert.deepEqual(await serials(queue), [2]);
  await queue.noteVoided("after");
  assert.deepEqual(await serials(queue), []);
});

test("last week's answers go with what they took; a line that waits for two people stays", async () => {
  const queue = await queueWith({ accepted: 201, held: 202, refused: 409 });
  await queue.forget(NOW + 8 * DAY);
  assert.deepEqual(await ids(queue), ["held"]);
  assert.deepEqual(await serials(queue), [2]);
});

test("a line of another site, or one that the server did not understand, is stuck until it is recorded", async () => {
  const queue = await openQueue(openMemory);
  await queue.add([line("a", 1), line("b", 2), line("c", 3, { site: "elsewhere" })]);
  await queue.note([{ id: "b", status: 400 }]);
  const stuck = async () => (await queue.all()).filter((item) => isStuck(item, "s")).map(({ id }) => id);
  assert.deepEqual(await stuck(), ["b", "c"]);
  await queue.record([{ id: "b", status: 201 }]);
  assert.deepEqual(await stuck(), ["c"]);
});

test("of a go that was refused in part, what was taken is noted", async () => {
  const queue = await openQueue(openMemory);
  const desk = async () => ({ queue, known: { now: () => NOW } });
  const { noteOnline } = presenting({ desk, session: null });
  const attempted = new FormData();
  for (const [at, code] of ["0000021AAAAAAAAA", "0000022AAAAAAAAA"].entries()) {
    attempted.append("code", code);
    attempted.append("attempt", `attempt-${at}`);
  }
  await noteOnline("refused", attempted, undefined, undefined);
  assert.deepEqual(await serials(queue), []);
  await noteOnline("refused", attempted, undefined, "attempt-1");
  assert.deepEqual(await serials(queue), [66]);
  await noteOnline("accepted", attempted);
  assert.deepEqual(await serials(queue), [65, 66]);
});

test("what was noted and never sent is undone for fifteen minutes: it weighs and takes nothing, and stays to be seen", async () => {
  const queue = await openQueue(openMemory);
  const at = NOW - DAY; // when these lines were taken
  await queue.add([line("a", 1, { code: "A" }), line("b", 2, { code: "B" }), line("asked", 3, { state: "sent" })]);
  assert.equal(await queue.undo(["a"], at + 15 * 60_000 + 1), false);
  assert.equal(await queue.undo(["a", "asked"], at), false, "the server may have done one of them");
  assert.deepEqual(await serials(queue), [1, 2, 3]);
  assert.equal(await queue.undo(["a"], at + 15 * 60_000), true);
  assert.equal(await queue.undo(["a"], at + DAY), true, "a second tap");
  assert.deepEqual(await serials(queue), [2, 3]);
  assert.deepEqual(totals(await queue.all()), { waiting: 2, cents: 2000, accepted: 0, held: 0, refused: 0 });
  await queue.markSent(["a", "b"]);
  const [a, asked, b] = (await queue.all()).sort((one, other) => (one.id < other.id ? -1 : 1));
  assert.deepEqual([a.state, a.code, a.undone_at, asked.state, b.state], ["undone", undefined, new Date(at + 15 * 60_000).toISOString(), "sent", "sent"]);
  assert.equal(await queue.undo(["b"], at), false, "it has left");
  await queue.markSeen(["a"]);
  await queue.forget(NOW, true);
  assert.ok((await ids(queue)).includes("a"), "nobody else has this line");
  await queue.forget(NOW + 8 * DAY);
  assert.ok(!(await ids(queue)).includes("a"));
});

test("what was refused here is kept for its day, at its site, and as much as somebody reads", async () => {
  const queue = await openQueue(openMemory);
  const names = async (site, now) => (await queue.refusals(site, now)).map(({ name }) => name);
  await queue.refusals("s", NOW, { name: "A", why: "blocked" });
  await queue.refusals("s", NOW + 60_000, { name: "B", why: "typed" });
  await queue.refusals("other", NOW, { name: "C", why: "blocked" });
  assert.deepEqual(await queue.refusals("s", NOW), [{ name: "A", why: "blocked", at: NOW }, { name: "B", why: "typed", at: NOW + 60_000 }]);
  assert.deepEqual(await names("s", NOW + DAY), []);
  assert.equal((await queue.recall("refused s")).length, 0, "erased, not hidden");
  for (let at = 0; at < 250; at += 1) await queue.refusals("s", NOW + at, { name: String(at), why: "blocked" });
  assert.deepEqual([(await names("s", NOW)).length, (await names("s", NOW)).at(-1)], [200, "249"]);
});
