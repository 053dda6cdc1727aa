// What a stopped device hands in, site by site, and what it says of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handIn } from "../../passes/static/counter/hand-in.js";
import { openQueue, totals } from "../../passes/static/counter/queue.js";
import { handInLine } from "../../passes/static/counter/status.js";
import { openMemory } from "./memory.mjs";

const line = (id, site) => ({ id, site, code: id, service: "aide", value: 1000, occurred_at: "2026-11-25T09:00:00Z", session: null });
const holds = (body) => ({ status: 200, body: { results: body.redemptions.map(({ id }) => ({ id, status: 202 })) } });

async function handed(answers) {
  const queue = await openQueue(openMemory);
  await queue.add([line("a", "here"), line("b", "here"), line("c", "elsewhere")]);
  const calls = [];
  const callsOf = ({ site }) => ({ post: async (body) => { calls.push([site, body.redemptions.length]); return answers[site](body); } });
  const { outcome } = await handIn({ queue, callsOf, progress: () => {} });
  const items = await queue.all();
  return { outcome, calls, states: items.map(({ state }) => state), said: handInLine({ outcome, counts: totals(items) }).replace(/\u00a0/g, " ") };
}

test("what waits is handed in for the site where it was taken", async () => {
  assert.deepEqual(await handed({ here: holds, elsewhere: holds }), {
    outcome: "sent", calls: [["here", 2], ["elsewhere", 1]], states: ["recorded", "recorded", "recorded"],
    said: "Noté sans réseau et transmis : 3 à instruire par l’opérateur.",
  });
});

test("what the server takes no more stays, and the page says how it may leave", async () => {
  const { outcome, states, said } = await handed({ here: holds, elsewhere: () => ({ status: 401 }) });
  assert.deepEqual([outcome, states], ["stopped", ["recorded", "recorded", "sent"]]);
  assert.equal(said, "Noté sans réseau et transmis : 2 à instruire par l’opérateur. 1 pass attend encore ici : associez de nouveau cet appareil à son lieu pour l’envoi, et n’effacez pas les données du navigateur.");
});

test("a server that is away is asked again, whatever the other site said", async () => {
  const { outcome, said } = await handed({ here: () => ({ status: 401 }), elsewhere: () => { throw new TypeError(); } });
  assert.equal(outcome, "away");
  assert.equal(said, "3 pass attendent encore ici : l’envoi reprendra dès que le réseau répond, et n’effacez pas les données du navigateur.");
});

test("a server that broke is asked again too, and nobody is told to pair the device for that", async () => {
  const { outcome, said } = await handed({ here: holds, elsewhere: () => ({ status: 500 }) });
  assert.equal(outcome, "away");
  assert.match(said, /1 pass attend encore ici : l’envoi reprendra/);
});

test("other answers are told, and an empty queue says nothing", () => {
  const counts = { waiting: 0, accepted: 1, held: 0, refused: 2 };
  assert.equal(handInLine({ outcome: "sent", counts }), "Noté sans réseau et transmis\u00a0: 1 encaissé, 2 refusés.");
  assert.equal(handInLine({ outcome: "sending", counts: { ...counts, waiting: 4 } }), "Envoi de ce qui a été noté sans réseau… 4 pass.");
  assert.equal(handInLine({ outcome: "sending", counts: { waiting: 0, accepted: 0, held: 0, refused: 0 } }), "");
});
