// When the counter believes that the server is away, and how often it asks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { watchNetwork } from "../../passes/static/counter/network.js";

function stage(there = () => false, seemsOnline = () => true) {
  const heard = [];
  const delays = [];
  let due = null;
  const clock = {
    setTimeout: (work, delay) => { delays.push(delay); due = work; return 1; },
    clearTimeout: () => { due = null; },
  };
  const network = watchNetwork({
    probe: async () => there(), listen: (state) => heard.push(state), clock, seemsOnline,
  });
  return { network, heard, delays, tick: async () => due?.(), asleep: () => due === null };
}

test("on line nobody asks", () => {
  const { network, delays } = stage();
  network.answered();
  assert.deepEqual([delays, network.online], [[], true]);
});

test("off line it asks less and less often, and says so once", async () => {
  const { network, heard, delays, tick } = stage();
  network.failed();
  for (let time = 0; time < 7; time += 1) await tick();
  assert.deepEqual(delays, [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  assert.deepEqual(heard, ["offline"]);
});

test("back on line it stops asking; a failure right after waits longer", async () => {
  let there = false;
  const { network, heard, delays, tick, asleep } = stage(() => there);
  network.failed();
  there = true;
  await tick();
  assert.deepEqual([heard, asleep()], [["offline", "online"], true]);
  network.failed(); // alive, and yet it does not do its work
  network.answered();
  network.failed();
  assert.deepEqual(delays, [2000, 4000, 2000]);
});

test("a server that says when to come back is not asked before", () => {
  const { network, delays } = stage();
  network.failed(30);
  assert.deepEqual(delays, [30000]);
});

test("an answer that was on its way when the network went does not bring it back", () => {
  let plugged = true;
  const { network, heard, asleep } = stage(() => false, () => plugged);
  plugged = false;
  network.failed();
  network.answered();
  assert.deepEqual([heard, network.online, asleep()], [["offline"], false, false]);
});
