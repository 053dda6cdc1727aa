// A pass that is taken without an answer: noted once, never by a browser that sends nothing, never in silence.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { keepAsked } from "../../passes/static/counter/asked.js";
import { presenting } from "../../passes/static/counter/presenting.js";
import { readSigned } from "../../passes/static/counter/signed.js";
import { storageOf } from "./memory.mjs";

const { keys, passes } = JSON.parse(readFileSync(new URL("../cases/signed.json", import.meta.url)));
const TEXT = passes[0].text;
const SIGNED = readSigned(TEXT);
const SERVICE = { id: 7, slug: "aide", name: "Aide" };
const NOW = Date.parse("2026-11-25T09:00:00Z");

function element(more = {}) {
  return { dataset: {}, querySelector: () => element(), querySelectorAll: () => [element(), element()], remove() {}, append() {}, ...more };
}
globalThis.navigator ??= {};
globalThis.document = {
  getElementById: () => ({ content: element() }), createElement: () => element(), createDocumentFragment: () => element(),
};

const knowledge = {
  instant: new Date(NOW).toISOString(), keys, blocked: [], services: [SERVICE], may_redeem: true,
  ceiling: { cents: 100_000, passes: 1, hours: 72 },
  batches: [{ id: SIGNED.batch, activated: true, valid_until: "2099-01-01T00:00:00Z", services: [], campaign: "C", time_zone: "Europe/Paris" }],
};

function memory() {
  const items = [];
  const refused = [];
  return {
    items,
    refused,
    all: async () => [...items],
    taken: async () => items.map(({ serial }) => ({ serial, at: NOW })),
    add: async (fresh, refuse = () => null) => {
      const why = refuse(items);
      if (!why) items.push(...fresh.map((item) => ({ ...item, state: "queued" })));
      return why;
    },
    remember: async () => {},
    recall: async () => undefined,
    refusals: async (_site, _now, fresh) => { if (fresh) refused.push(fresh); return refused; },
    markSeen: async (ids) => { for (const item of items) if (ids.includes(item.id)) item.seen = true; },
  };
}

function counter({ queue = memory(), device = "d", storage = storageOf() } = {}) {
  const drawn = [];
  const asked = keepAsked(() => storage);
  const till = { h1: element(), receipt: null, querySelector: (what) => (what === "h1" ? till.h1 : till.receipt) };
  const at = presenting({
    till, asked, device, site: "s", session: null, receiptOf: () => "/r", draw: (name) => drawn.push(name),
    desk: async () => ({ queue, known: { knowledge, now: () => NOW } }),
  });
  const form = element({ isConnected: true });
  const data = new FormData();
  for (const [name, value] of Object.entries({ code: SIGNED.code, attempt: "id-1", service: "7" })) data.append(name, value);
  at.remember({ elements: { code: { value: TEXT } } });
  return { ...at, asked, data, till, queue, drawn, form, tap: (unanswered = false) => at.take(form, data, unanswered) };
}

test("a second tap finds what the first one noted, also at the ceiling", async () => {
  const { tap, drawn, queue, form } = counter();
  await tap();
  await tap();
  assert.deepEqual(drawn, ["queued", "queued"]);
  form.isConnected = false; // the next pass is there by now
  await tap();
  assert.deepEqual([drawn.length, queue.items.length], [2, 1]);
});

test("a browser without a device notes nothing, whatever a former pairing left in it", async () => {
  for (const [unanswered, state] of [[false, "unsent"], [true, "unknown"]]) {
    const { tap, drawn, queue } = counter({ device: null });
    await tap(unanswered);
    assert.deepEqual([drawn, queue.items], [[state], []]);
  }
});

for (const method of ["all", "taken", "add"]) {
  test(`a device whose ${method}() fails asks again in words`, async () => {
    const queue = { ...memory(), [method]: async () => { throw new DOMException("full", "QuotaExceededError"); } };
    const { tap, drawn } = counter({ queue });
    await tap();
    assert.deepEqual(drawn, ["unsent"]);
    if (method === "taken") return; // it is not asked for what may have been done already
    await tap(true);
    assert.deepEqual(drawn, ["unsent", "unknown"]);
  });
}

test("what was noted is told as noted, whatever fails after it", async () => {
  const queue = memory();
  const { all } = queue;
  let asked = 0;
  queue.all = async () => { asked += 1; if (asked > 1) throw new Error("lost"); return all(); };
  queue.remember = async () => { throw new Error("lost"); };
  const { tap, drawn } = counter({ queue });
  await tap();
  assert.deepEqual(drawn, ["queued"]);
});

test("a look at a pass that fails says so, and one that is late covers nothing", async () => {
  const broken = counter({ queue: { ...memory(), taken: async () => { throw new Error("lost"); } } });
  await broken.present(TEXT);
  assert.deepEqual(broken.drawn, ["refused"]);
  const late = counter();
  const look = late.present(TEXT);
  late.till.h1 = element(); // the server's answer came
  await look;
  assert.deepEqual(late.drawn, []);
  await late.present(TEXT);
  assert.deepEqual(late.drawn, ["valid"]);
});

test("the answer of a receipt covers no other pass", async () => {
  const { answerReceipt, till, queue, drawn } = counter();
  queue.items.push({ id: "id-1", name: "X", serial: 1, value: 1000, service: "aide", state: "recorded", verdict: { status: 201 } });
  till.receipt = element({ dataset: { receipt: "id-1" } });
  const answer = answerReceipt();
  till.receipt = null;
  await answer;
  assert.deepEqual([drawn, queue.items[0].seen], [[], undefined]);
  till.receipt = element({ dataset: { receipt: "id-1" } });
  await answerReceipt();
  assert.deepEqual([drawn, queue.items[0].seen], [["sent"], true]);
});

test("what a page that was left had asked is noted by the next one, and shown at the counter that asked", async () => {
  for (const [from, state] of [["/here/", ["queued"]], [null, []]]) {
    const storage = storageOf();
    const left = counter({ storage });
    left.leaves({ knowledge, now: () => NOW }, left.data, "/here/");
    const { takeUp, drawn, queue, asked } = counter({ storage });
    await takeUp(from);
    assert.deepEqual([drawn, queue.items.map(({ id }) => id), asked.left()], [state, ["id-1"], []]);
  }
});

test("what the queue cannot hold is asked again in words, at its own counter, until it has an answer", async () => {
  const storage = storageOf();
  const left = counter({ storage, device: null });
  left.leaves({ knowledge, now: () => NOW }, left.data, "/here/");
  for (const [from, state] of [["/elsewhere/", []], ["/here/", ["unknown"]], ["/here/", ["unknown"]]]) {
    const { takeUp, drawn, queue } = counter({ storage, device: null });
    await takeUp(from);
    assert.deepEqual([drawn, queue.items], [state, []]);
  }
  left.asked.forget([...left.data]);
  assert.deepEqual(left.asked.left(), []);
});

test("what cannot stay on the table, or join it, is refused in words and noted; the rest stays", async () => {
  const kept = [{ code: SIGNED.code, attempt: "id-1" }];
  const stays = counter();
  await stays.present("a typed code", kept);
  assert.deepEqual([stays.drawn, stays.queue.refused], [["valid"], [{ name: "", why: "typed" }]]);
  const leaves = counter();
  await leaves.present(TEXT, [{ code: "1000031AAAAAAAAA", attempt: "id-2" }]); // never scanned here
  assert.deepEqual([leaves.drawn, leaves.queue.refused], [["valid"], [{ name: "1000031", why: "typed" }]]);
  const both = counter();
  await both.present("a typed code", [{ code: "1000031AAAAAAAAA", attempt: "id-2" }]);
  assert.deepEqual([both.drawn, both.queue.refused.length], [["refused"], 2]);
});
