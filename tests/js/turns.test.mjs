// One request of the till at a time: no second tap, no late answer over the next pass, no pass lost for having come early.
import assert from "node:assert/strict";
import { test } from "node:test";
import { takeTurns } from "../../passes/static/counter/turns.js";

const scan = { name: "scan" };
const form = { name: "form" };
const poll = { name: "poll" };

function counter({ refused = false, stoodIn = async () => {} } = {}) {
  const body = new EventTarget();
  const told = [];
  const begin = takeTurns({
    body, scan, settled: 0, stoodIn, isOurs: (elt) => elt !== poll,
    again: () => told.push("again"), isRefused: () => refused,
  });
  const asks = (elt) => body.dispatchEvent(Object.assign(new Event("htmx:confirm", { cancelable: true }), { detail: { elt } }));
  return { asks, begin, told };
}

const ends = (xhr) => xhr.dispatchEvent(new Event("loadend"));
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a second tap is not heard before the answer, and one after it is", async () => {
  const { asks, begin, told } = counter();
  const xhr = new EventTarget();
  assert.equal(asks(form), true);
  begin(xhr, true);
  assert.equal(asks(form), false);
  assert.equal(asks(poll), true);
  ends(xhr);
  assert.equal(asks(form), true, "quick mode takes as soon as the state has come");
  await later();
  assert.deepEqual(told, []);
});

test("a pass that is read meanwhile is presented once, after what quick mode sends", async () => {
  const { asks, begin, told } = counter();
  const [look, take] = [new EventTarget(), new EventTarget()];
  begin(look, false);
  assert.deepEqual([asks(scan), asks(scan)], [false, false]);
  ends(look);
  assert.equal(asks(scan), false, "not before the state has come");
  begin(take, true);
  await later();
  assert.deepEqual(told, []);
  ends(take);
  await later();
  assert.deepEqual(told, ["again"]);
  assert.equal(asks(scan), true);
});

test("what got no answer is noted before the next pass is shown", async () => {
  let noted;
  const { asks, begin, told } = counter({ stoodIn: () => new Promise((resolve) => { noted = resolve; }) });
  const xhr = new EventTarget();
  begin(xhr, true);
  asks(scan);
  ends(xhr);
  await later();
  assert.deepEqual(told, []);
  noted();
  await later();
  assert.deepEqual(told, ["again"]);
});

test("a pass that was not taken is read before the next one is shown; a look that was refused holds nobody up", async () => {
  for (const [taking, expected] of [[true, []], [false, ["again"]]]) {
    const { asks, begin, told } = counter({ refused: true });
    const xhr = new EventTarget();
    begin(xhr, taking);
    asks(scan);
    ends(xhr);
    await later();
    assert.deepEqual(told, expected);
    assert.equal(asks(scan), true);
  }
});
