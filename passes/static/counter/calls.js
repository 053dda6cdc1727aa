// What the counter asks the server by itself. Each call of the API says which site the page is for: the pairing's cookie is
// shared by all tabs, and once it is another site's the server answers 401, so that nothing is recorded there.

import { within } from "./older.js";

const REDEMPTIONS = "/api/v1/redemptions/";

// `fetch` is the browser's, but for tests.
export function callsOf({ site, fetch = globalThis.fetch }) {
  const from = { "X-Aptic-Counter": site };

  // What came of one id.
  async function ask(id) {
    const answer = await fetch(`${REDEMPTIONS}${id}/`, { cache: "no-store", headers: from, signal: within(20_000) });
    return { status: answer.status, body: await answer.json() };
  }

  // Lines of the queue, together.
  async function post(body) {
    const answer = await fetch(`${REDEMPTIONS}batch/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...from },
      body: JSON.stringify(body),
      signal: within(60_000),
    });
    const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
    return { status: answer.status, retryAfter, body: await answer.json().catch(() => null) };
  }

  // What a form of the page notes; it goes on although the page is left.
  async function note(address, body) {
    const answer = await fetch(address, {
      method: "POST", headers: { "HX-Request": "true" }, body, keepalive: true, redirect: "manual", signal: within(5_000),
    });
    return { status: answer.status, words: await answer.text() };
  }

  return { ask, note, post };
}
