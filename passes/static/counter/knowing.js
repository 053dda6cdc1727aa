// What the server last told this device, kept for when it is away, and the server's clock.

import { within } from "./older.js";

const TIMEOUT = 8_000; // milliseconds
const CLOCK = "Aptic-Instant";
const STOPPED = [403, 404]; // the server knows no such device, or none at this site; it leads a stranger to the log-in

// `address`: where the knowledge is asked for; `site`: whose it is. Everything is in the queue's memo.
export function keepKnowledge({ queue, address, site }) {
  const key = `knowledge ${site}`;
  let kept = null; // { knowledge, tag, offset }

  async function load() {
    kept = (await queue.recall(key)) ?? null;
  }

  // Ask the server. Returns "known", "stopped" (it no longer knows this device) or "away".
  async function refresh() {
    let answer;
    try {
      answer = await fetch(address, {
        headers: kept ? { "If-None-Match": kept.tag } : {},
        cache: "no-store",
        redirect: "manual",
        signal: within(TIMEOUT),
      });
      if (STOPPED.includes(answer.status) || answer.type === "opaqueredirect") return await forget();
      if (answer.status !== 200 && answer.status !== 304) return "away"; // a proxy, a gate, a server too busy
      const knowledge = answer.status === 200 ? await answer.json() : kept.knowledge;
      const instant = answer.headers.get(CLOCK);
      const offset = Date.parse(instant) - Date.now(); // late by the way back, so that nothing is ever dated after its hour
      kept = { knowledge: { ...knowledge, instant }, tag: answer.headers.get("ETag"), offset };
    } catch {
      return "away";
    }
    await store();
    return "known";
  }

  // A device that was stopped knows nothing any more.
  async function forget() {
    kept = null;
    await store();
    return "stopped";
  }

  // Where nothing more can be kept, this page still knows it.
  async function store() {
    await queue.remember(key, kept).catch(() => {});
  }

  // When the server last spoke, by its own clock; long ago where it never did.
  function told() {
    return kept ? Date.parse(kept.knowledge.instant) : -Infinity;
  }

  return {
    load,
    refresh,
    told,
    // The server's clock. A device whose clock is set back without a network dates nothing before what it was told, nor
    // before what it took since.
    now: () => Math.max(Date.now() + (kept?.offset ?? 0), told(), queue.latest()),
    get knowledge() { return kept?.knowledge ?? null; },
  };
}
