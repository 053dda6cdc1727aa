// Back on line: the queue goes up in batches, and a line stays here until the server has recorded it, whatever it says.
// Only one tab uploads at a time; another waits for its turn. Every line keeps the id of its first attempt, so that sending it again takes nothing
// twice.

import { isHeld, isWaiting } from "./queue.js";

export const CHUNK = 200;
export const MOST_BROKEN = 5; // lines alone, one after the other, that a server breaks on: it is the server, not the lines
const LOCK = "aptic-upload";
const STOPPED = new Set([401, 403]);
const TRIPPED = new Set([400, 413, 422, 500]); // of a whole call: it may be for one of its lines
const JUDGED = new Set([200, 409, 422]); // released and taken, or refused
const RECORDED = new Set([200, 201, 202, 404, 409, 422]); // a decision, or a code that no decision will ever be made on

// Send what waits for `site`. Returns { outcome, retryAfter? }:
//   "sent"     nothing is left, but for lines that the server could not read
//   "left"     the server broke on some lines, or said nothing of them: try again later, by oneself
//   "away"     no answer, or one that promises nothing: ask again later
//   "stopped"  the server no longer knows this device; everything is kept
// `send(body)` → { status, body, retryAfter } or throws; `locks` is navigator.locks where it exists. `doubtful` remembers
// from one run to the next what the server broke on: it goes last, so that it never keeps the others here.
export function upload({ queue, send, site, locks, progress = () => {}, doubtful = new Set() }) {
  const work = () => sendAll({ queue, send, site, progress, doubtful });
  return locks ? locks.request(LOCK, work) : work(); // a tab that dies lets go, and the next one goes on
}

async function sendAll({ queue, send, site, progress, doubtful }) {
  const setAside = new Set(); // lines that the server could not answer in this run; they keep their place in the queue
  let size = CHUNK;
  let left = false;
  let broken = 0; // lines in a row
  for (;;) {
    const waiting = (await queue.all()).filter((item) => isWaiting(item) && item.site === site && !setAside.has(item.id));
    if (!waiting.length || broken === MOST_BROKEN) return { outcome: left ? "left" : "sent" };
    const sound = waiting.filter((item) => !doubtful.has(item.id));
    const first = (sound.length ? sound : waiting).slice(0, size);
    await queue.markSent(first.map((item) => item.id));
    const still = new Set((await queue.all()).filter(isWaiting).map((item) => item.id)); // what was undone meanwhile is not sent
    const chunk = first.filter((item) => still.has(item.id));
    if (!chunk.length) continue;
    const answer = await asked(send, chunk);
    if (STOPPED.has(answer.status)) return { outcome: "stopped" };
    if (TRIPPED.has(answer.status)) {
      // One line that trips the server must not hold the others back: it is found by halves.
      if (chunk.length === 1) {
        const [{ id }] = chunk;
        setAside.add(id);
        if (answer.status !== 500) await queue.note([verdict(id, answer.status, answer.body)]);
        else {
          doubtful.add(id);
          left = true;
          broken += 1;
        }
        progress();
      }
      size = Math.max(1, Math.floor(chunk.length / 2));
      continue;
    }
    // Another status, or a body that a proxy wrote or that was cut short, says nothing of any line.
    if (answer.status !== 200 || !Array.isArray(answer.body?.results)) return { outcome: "away", retryAfter: answer.retryAfter };
    size = Math.min(CHUNK, size * 2);
    broken = 0;
    const lines = answered(chunk, answer.body.results);
    await queue.record(lines.filter((line) => RECORDED.has(line.status)));
    await queue.note(lines.filter((line) => line.status === 400));
    const told = new Map(lines.map((line) => [line.id, line.status]));
    for (const { id } of chunk) {
      if (RECORDED.has(told.get(id))) continue;
      setAside.add(id);
      if (told.get(id) !== 400) left = true;
    }
    progress();
  }
}

// Ask what came of the lines of `site` that the server set aside, until two people released or refused each.
// `ask(id)` → { status, body } or throws. True when one of them was judged.
export async function hearOfHeld({ queue, ask, site }) {
  const judged = [];
  for (const { id } of (await queue.all()).filter((item) => isHeld(item) && item.site === site)) {
    const { status, body } = await ask(id).catch(() => ({ status: 0 }));
    if (!status || status === 401) break; // nobody there, or nobody who knows this device: another time
    if (JUDGED.has(status)) judged.push(verdict(id, status, body));
  }
  if (judged.length) await queue.judge(judged);
  return judged.length > 0;
}

async function asked(send, chunk) {
  try {
    return await send({ redemptions: chunk.map(line) });
  } catch {
    return { status: 0 };
  }
}

function line({ id, code, service, occurred_at, session }) {
  return { id, code, service, occurred_at, offline: true, ...(session ? { session } : {}) };
}

// The verdicts in an answer, for the lines that were asked about.
function answered(chunk, results) {
  const asked = new Set(chunk.map((item) => item.id));
  return results.filter((result) => asked.has(result?.id)).map(({ id, status, problem }) => verdict(id, status, problem));
}

function verdict(id, status, problem) {
  return { id, status, code: problem?.code, title: problem?.title, detail: problem?.detail };
}
