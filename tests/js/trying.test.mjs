// When what the server broke on is sent again: soon at first, then each minute, and never twice at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepTrying, waitAfter } from "../../passes/static/counter/trying.js";

function stage() {
  const due = new Map(); // timer → { work, delay }
  let last = 0;
  const clock = {
    setTimeout: (work, delay) => { last += 1; due.set(last, { work, delay }); return last; },
    clearTimeout: (timer) => due.delete(timer),
  };
  const sent = [];
  const ran = keepTrying({ send: () => sent.push("again"), clock });
  return { ran, sent, delays: () => [...due.values()].map(({ delay }) => delay), tick: () => [...due.values()].forEach(({ work }) => work()) };
}

test("it waits 5, 15, 60 seconds, then a minute each time", () => {
  assert.deepEqual([1, 2, 3, 4, 50].map((runs) => waitAfter(runs) / 1000), [5, 15, 60, 60, 60]);
});

test("what was left is sent again, less and less often; one wait at a time", () => {
  const { ran, sent, delays, tick } = stage();
  for (const wait of [5_000, 15_000, 60_000, 60_000]) {
    ran(true);
    assert.deepEqual(delays(), [wait]);
  }
  tick();
  assert.deepEqual(sent, ["again"]);
});

test("once nothing is left nobody asks, and the next trouble begins anew", () => {
  const { ran, delays } = stage();
  ran(true);
  ran(true);
  ran(false);
  assert.deepEqual(delays(), []);
  ran(true);
  assert.deepEqual(delays(), [5_000]);
});
