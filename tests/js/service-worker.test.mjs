// The worker that opens the counter without a network, over caches in memory.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const SOURCE = readFileSync(new URL("../../passes/static/counter/service-worker.js", import.meta.url), "utf-8");
const ORIGIN = "https://aptic.test";
const PLACE = `/guichet/${"a".repeat(8)}-1111-4111-8111-${"b".repeat(12)}/${"c".repeat(8)}-1111-4111-8111-${"d".repeat(12)}/`;
const SHELL = `${PLACE}hors-ligne/`;
const FILES = ["/static/aptic/aptic.1.css", "/static/counter/app.1.js", "/static/vendor/ed25519.1.js"];

const absolute = (address) => new URL(address.url ?? address, ORIGIN).href;

function cachesInMemory() {
  const all = new Map();
  const open = async (name) => {
    if (!all.has(name)) all.set(name, new Map());
    const pages = all.get(name);
    return {
      addAll: async (files) => { for (const file of files) pages.set(absolute(file), new Response("file")); },
      put: async (address, page) => { pages.set(absolute(address), page); },
      delete: async (address) => pages.delete(absolute(address)),
      keys: async () => [...pages.keys()].map((url) => ({ url })),
    };
  };
  const match = async (address) => [...all.values()].map((pages) => pages.get(absolute(address))).find(Boolean)?.clone();
  return { all, open, match, keys: async () => [...all.keys()], delete: async (name) => all.delete(name) };
}

// A worker of `version` beside what a former one kept. `answer(address)` → a Response, or throws.
function worker(version, { caches = cachesInMemory(), answer, crypto = globalThis.crypto }) {
  const heard = {};
  let skipped = false;
  const self = {
    location: { origin: ORIGIN }, clients: { claim: async () => {} },
    addEventListener: (name, work) => { heard[name] = work; }, skipWaiting: async () => { skipped = true; },
  };
  const fetch = async (address) => answer(new URL(absolute(address)).pathname);
  runInNewContext(SOURCE, { self, caches, crypto, fetch, VERSION: version, FILES, URL, Response, Promise, Set, setTimeout: (work) => setTimeout(work, 20) });
  const happens = (name, data) => { let done; heard[name]({ data, waitUntil: (work) => { done = work; } }); return done; };
  const opens = (path) => {
    let answered;
    heard.fetch({ request: { url: absolute(path), method: "GET", mode: "navigate" }, respondWith: (page) => { answered = page; } });
    return answered;
  };
  return { caches, happens, opens, get skipped() { return skipped; } };
}

const away = () => { throw new TypeError("Failed to fetch"); };
const shell = () => new Response("the kept counter");

// A device on which the first version kept its page.
async function installed() {
  const first = worker("1", { answer: shell });
  await first.happens("install");
  await (await first.caches.open("guichet-1")).put(SHELL, shell());
  return first.caches;
}

test("our own check of a signature is kept where the browser has none, and only there", async () => {
  const without = [{}, { subtle: { generateKey: async () => { throw new DOMException("", "NotSupportedError"); } } }];
  for (const [crypto, kept] of [[globalThis.crypto, 2], ...without.map((each) => [each, 3])]) {
    const { happens, caches } = worker("1", { answer: shell, crypto });
    await happens("install");
    assert.deepEqual([...caches.all.get("guichet-1").keys()], FILES.slice(0, kept).map(absolute));
  }
});

for (const [how, answer] of [["goes away", away], ["fails", () => new Response("", { status: 503 })]]) {
  test(`a new version is not installed when the server ${how} in the middle`, async () => {
    const caches = await installed();
    const next = worker("2", { caches, answer });
    await assert.rejects(next.happens("install"));
    assert.equal(next.skipped, false);
    assert.equal(await (await caches.match(SHELL)).text(), "the kept counter");
  });
}

test("the kept counter stands in for a page of the site that does not come, and never for training", async () => {
  const { opens } = worker("1", { caches: await installed(), answer: away });
  assert.equal(await (await opens(`${PLACE}journee/`)).text(), "the kept counter");
  for (const path of ["entrainement/", "entrainement/carnet/"]) {
    const page = await opens(PLACE + path);
    const text = await page.text();
    assert.equal(page.status, 503);
    for (const words of ["L’entraînement demande le réseau", `href="${PLACE}${path}"`, `href="${PLACE}"`, FILES[0]]) assert.ok(text.includes(words), words);
  }
});

test("training that comes late is waited for", async () => {
  const answer = async () => { await new Promise((resolve) => setTimeout(resolve, 100)); return new Response("training"); };
  const { opens } = worker("1", { caches: await installed(), answer });
  assert.equal(await (await opens(`${PLACE}entrainement/`)).text(), "training");
});

test("a new version takes over with the pages that the server still gives", async () => {
  for (const [answer, kept] of [[shell, true], [() => new Response("", { status: 404 }), false]]) {
    const caches = await installed();
    const next = worker("2", { caches, answer });
    await next.happens("install");
    await next.happens("activate");
    assert.deepEqual([next.skipped, await caches.keys(), Boolean(await caches.match(SHELL))], [true, ["guichet-2"], kept]);
  }
});

test("of two pages that were asked for, the one that was asked for last is kept, however late the other comes", async () => {
  const late = [() => new Promise((resolve) => setTimeout(() => resolve(new Response("before")), 30)), () => new Response("after")];
  const { happens, caches } = worker("1", { answer: () => late.shift()() });
  const told = { keep: [SHELL] };
  await Promise.all([happens("message", told), happens("message", told)]);
  assert.equal(await (await caches.match(SHELL)).text(), "after");
});
