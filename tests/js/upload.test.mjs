// A queue going up: nothing lost, nothing sent under another id, and every answer kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { totals } from "../../passes/static/counter/queue.js";
import { CHUNK, hearOfHeld, MOST_BROKEN, upload } from "../../passes/static/counter/upload.js";

const SITE = "s";

function queueOf(count, more = {}) {
  const items = Array.from({ length: count }, (_, n) => ({
    id: `id-${n}`, site: SITE, code: `CODE${n}`, service: "aide", value: 1000, occurred_at: "2026-11-25T09:00:00Z",
    session: null, state: "queued", ...more,
  }));
  return {
    items,
    all: async () => items,
    markSent: async (ids) => { for (const item of items) if (ids.includes(item.id)) item.state = "sent"; },
    note: async (problems) => { for (const { id } of problems) items.find((each) => each.id === id).problem = true; },
    record: async (verdicts) => {
      for (const verdict of verdicts) {
        const item = items.find((each) => each.id === verdict.id);
        Object.assign(item, { state: "recorded", verdict });
        delete item.code;
      }
    },
  };
}

const accepts = (body) => ({ status: 200, body: { results: body.redemptions.map(({ id }) => ({ id, status: 201, redemption: {} })) } });
const problem = (status, code) => ({ status, problem: { code, title: "Refusé.", detail: "Faites ceci." } });

function server(answer = accepts) {
  const calls = [];
  return { calls, send: async (body) => { calls.push(body.redemptions); return answer(body, calls.length); } };
}

test("500 lines go in three batches, each marked as off line, and no code is left behind", async () => {
  const queue = queueOf(500);
  const { calls, send } = server();
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "sent" });
  assert.deepEqual(calls.map((lines) => lines.length), [CHUNK, CHUNK, 100]);
  assert.deepEqual(Object.keys(calls[0][0]), ["id", "code", "service", "occurred_at", "offline"]);
  assert.ok(queue.items.every((item) => item.state === "recorded" && !("code" in item)));
});

test("each verdict is kept: accepted, set aside, refused", async () => {
  const queue = queueOf(4);
  const answers = [{ status: 200, redemption: {} }, { status: 202 }, problem(409, "already_redeemed"), problem(404, "unknown")];
  const { send } = server((body) => ({ status: 200, body: { results: body.redemptions.map(({ id }, n) => ({ id, ...answers[n] })) } }));
  await upload({ queue, send, site: SITE });
  assert.deepEqual(totals(queue.items), { waiting: 0, cents: 0, accepted: 1, held: 1, refused: 2 });
  assert.equal(queue.items[2].verdict.code, "already_redeemed");
  assert.equal(queue.items[2].verdict.detail, "Faites ceci.");
});

for (const [how, answer] of [
  ["no answer", () => { throw new TypeError("Failed to fetch"); }],
  ["a 503", () => ({ status: 503, retryAfter: 2 })],
  ["a 429", () => ({ status: 429, retryAfter: 2 })],
  ["a 404", () => ({ status: 404, body: null })],
  ["a page of a proxy, or an answer cut short", () => ({ status: 200, body: null })],
  ["an answer of something else", () => ({ status: 200, body: { results: "none" } })],
  ["an answer without results", () => ({ status: 200, body: {} })],
]) {
  test(`${how} keeps every line, which may have been taken, under its id`, async () => {
    const queue = queueOf(3);
    const first = await upload({ queue, send: server(answer).send, site: SITE });
    assert.equal(first.outcome, "away");
    assert.deepEqual(queue.items.map((item) => item.state), ["sent", "sent", "sent"]);
    const { calls, send } = server();
    await upload({ queue, send, site: SITE });
    assert.deepEqual(calls[0].map((line) => line.id), ["id-0", "id-1", "id-2"]);
  });
}

test("a device that was stopped keeps everything and says so", async () => {
  for (const status of [401, 403]) {
    const queue = queueOf(2);
    assert.deepEqual(await upload({ queue, send: server(() => ({ status })).send, site: SITE }), { outcome: "stopped" });
    assert.ok(queue.items.every((item) => item.code));
  }
});

for (const status of [400, 413, 422, 500]) {
  test(`one line that makes a call answer ${status} does not hold the others back`, async () => {
    const queue = queueOf(300);
    const guilty = ({ id }) => id === "id-4" || id === "id-250";
    const { calls, send } = server((body) => (body.redemptions.some(guilty) ? problem(status, "x") : accepts(body)));
    assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: status === 500 ? "left" : "sent" }); // a server is mended
    const kept = queue.items.filter((item) => item.state !== "recorded");
    assert.deepEqual(kept.map((item) => item.id), ["id-4", "id-250"]);
    assert.ok(kept.every((item) => item.code && Boolean(item.problem) === (status !== 500)), "shown as not understood, unless the server broke");
    assert.ok(calls.length < 40, `${calls.length} calls`);
  });
}

test("a line alone that the server breaks on once is left, and the next run records it", async () => {
  const queue = queueOf(1);
  const { send } = server((body, call) => (call === 1 ? { status: 500 } : accepts(body)));
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "left" });
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "sent" });
  assert.equal(queue.items[0].state, "recorded");
});

test("a server that breaks on everything is not asked about every line", async () => {
  const queue = queueOf(500);
  const { calls, send } = server(() => ({ status: 500 }));
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "left" });
  assert.ok(calls.length < 15, `${calls.length} calls`);
});

test("many lines that a server breaks on never keep the others here", async () => {
  const queue = queueOf(300);
  const guilty = ({ id }) => Number(id.slice(3)) < 4 * MOST_BROKEN;
  const { calls, send } = server((body) => (body.redemptions.some(guilty) ? { status: 500 } : accepts(body)));
  const doubtful = new Set();
  for (let run = 0; run < 5; run += 1) assert.equal((await upload({ queue, send, site: SITE, doubtful })).outcome, "left");
  assert.equal(totals(queue.items).waiting, 4 * MOST_BROKEN);
  assert.ok(queue.items.filter(guilty).every((item) => item.state === "sent"));
  assert.ok(calls.length < 100, `${calls.length} calls`);
});

test("a call that is too long goes in parts", async () => {
  const queue = queueOf(200);
  const { send } = server((body) => (body.redemptions.length > 30 ? { status: 413, body: null } : accepts(body)));
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "sent" });
  assert.ok(queue.items.every((item) => item.state === "recorded"));
});

test("a line that was refused alone goes again, and is recorded when the server reads it", async () => {
  const queue = queueOf(2);
  await upload({ queue, send: server(() => problem(422, "id_reused")).send, site: SITE });
  assert.deepEqual(queue.items.map((item) => [item.state, item.problem]), [["sent", true], ["sent", true]]);
  await upload({ queue, send: server().send, site: SITE });
  assert.ok(queue.items.every((item) => item.state === "recorded"));
});

test("results that are none of ours leave the queue as it is", async () => {
  const queue = queueOf(2);
  const { send } = server(() => ({ status: 200, body: { results: [null, 7, { id: "id-9", status: 201 }, { id: "id-1", status: 201 }] } }));
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "left" }); // nothing was said of the other one
  assert.deepEqual(queue.items.map((item) => item.state), ["sent", "recorded"]);
});

test("a line that the server could not read waits, and is not sent again in this run", async () => {
  const queue = queueOf(2);
  const { calls, send } = server((body) => ({ status: 200, body: { results: body.redemptions.map(({ id }, n) => ({ id, ...(n ? problem(400, "invalid") : { status: 201 }) })) } }));
  await upload({ queue, send, site: SITE });
  assert.equal(calls.length, 1);
  assert.deepEqual(queue.items.map((item) => [item.state, item.problem]), [["recorded", undefined], ["sent", true]]);
});

test("what was taken at another site is not sent from this one", async () => {
  const queue = queueOf(2, { site: "elsewhere" });
  const { calls, send } = server();
  assert.deepEqual(await upload({ queue, send, site: SITE }), { outcome: "sent" });
  assert.deepEqual([calls.length, totals(queue.items).waiting], [0, 2]);
});

test("of two tabs only one uploads; the other finds the work done, or goes on", async () => {
  let last = Promise.resolve();
  const locks = { request: (_name, work) => { last = last.then(work); return last; } };
  const queue = queueOf(3);
  const { calls, send } = server();
  const both = await Promise.all([upload({ queue, send, site: SITE, locks }), upload({ queue, send, site: SITE, locks })]);
  assert.deepEqual(both.map(({ outcome }) => outcome), ["sent", "sent"]);
  assert.equal(calls.length, 1);
});

const heldQueue = () => {
  const queue = queueOf(4, { state: "recorded", verdict: { status: 202 }, seen: true });
  queue.items[3].verdict = { status: 201 };
  queue.judge = async (verdicts) => {
    for (const { id, ...verdict } of verdicts) Object.assign(queue.items.find((each) => each.id === id), { verdict, seen: false });
  };
  return queue;
};

test("what was set aside is asked about until two people have judged it, and nothing else is", async () => {
  const queue = heldQueue();
  const asked = [];
  const answers = { "id-0": { status: 200, body: {} }, "id-1": { status: 422, body: { code: "site_not_qualified", title: "Refusé." } }, "id-2": { status: 202, body: {} } };
  const ask = async (id) => { asked.push(id); return answers[id]; };
  assert.equal(await hearOfHeld({ queue, ask, site: SITE }), true);
  assert.deepEqual(asked, ["id-0", "id-1", "id-2"]);
  assert.deepEqual(totals(queue.items), { waiting: 0, cents: 0, accepted: 1, held: 0, refused: 1 });
  assert.deepEqual(queue.items.map(({ verdict }) => verdict.status), [200, 422, 202, 201]);
  assert.equal(queue.items[1].verdict.title, "Refusé.");
  assert.equal(await hearOfHeld({ queue, ask, site: SITE }), false);
  assert.deepEqual(asked.slice(3), ["id-2"]);
  assert.equal(await hearOfHeld({ queue, ask, site: "elsewhere" }), false);
});

for (const [how, answer] of [["no answer", () => Promise.reject(new TypeError())], ["a device that was stopped", async () => ({ status: 401 })], ["a server in trouble", async () => ({ status: 503 })]]) {
  test(`${how} leaves what was set aside as it is`, async () => {
    const queue = heldQueue();
    assert.equal(await hearOfHeld({ queue, ask: answer, site: SITE }), false);
    assert.deepEqual(queue.items.map(({ verdict }) => verdict.status), [202, 202, 202, 201]);
  });
}

test("a line that is undone in another tab as the upload begins is not sent", async () => {
  const queue = queueOf(2);
  const { markSent } = queue;
  queue.markSent = async (ids) => { queue.items[0].state = "undone"; await markSent(ids.slice(1)); };
  const { calls, send } = server();
  await upload({ queue, send, site: SITE });
  assert.deepEqual(calls.map((lines) => lines.map(({ id }) => id)), [["id-1"]]);
});
