// What is read of a frame, which square is meant, and when it is given again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { InSight, crop, nearest } from "../../passes/static/counter/frames.js";

test("the middle of the frame is read, four by three, never enlarged", () => {
  assert.deepEqual(crop(1280, 720), { left: 160, top: 0, wide: 960, high: 720, width: 960, height: 720 });
  assert.deepEqual(crop(1920, 1080), { left: 240, top: 0, wide: 1440, high: 1080, width: 960, height: 720 });
  assert.deepEqual(crop(720, 1280), { left: 0, top: 370, wide: 720, high: 540, width: 720, height: 540 });
  assert.deepEqual(crop(640, 480), { left: 0, top: 0, wide: 640, high: 480, width: 640, height: 480 });
});

test("of several squares the one in the middle is meant", () => {
  const size = { width: 960, height: 720 };
  const [edge, middle] = [{ text: "a", x: 100, y: 100 }, { text: "b", x: 500, y: 300 }];
  assert.equal(nearest([edge, middle], size), middle);
  assert.equal(nearest([], size), null);
});

test("a square that stays is given once, however long", () => {
  const inSight = new InSight();
  assert.ok(inSight.isNew("a", ["a"], 0));
  for (let now = 50; now < 10_000; now += 50) assert.ok(!inSight.isNew("a", ["a"], now));
});

test("a frame in which it was not read is not its leaving; a while without it is", () => {
  const inSight = new InSight();
  assert.ok(inSight.isNew("a", ["a"], 0));
  assert.ok(!inSight.isNew(null, [], 300));
  assert.ok(!inSight.isNew("a", ["a"], 600));
  assert.ok(!inSight.isNew(null, [], 1400));
  assert.ok(inSight.isNew("a", ["a"], 1450));
});

test("another square is given at once, and the first does not come back while it is beside it", () => {
  const inSight = new InSight();
  assert.ok(inSight.isNew("a", ["a", "b"], 0));
  assert.ok(inSight.isNew("b", ["a", "b"], 50));
  assert.ok(!inSight.isNew("a", ["a", "b"], 100));
});

test("a pause is no leaving", () => {
  const inSight = new InSight();
  assert.ok(inSight.isNew("a", ["a"], 0));
  inSight.refresh(60_000);
  assert.ok(!inSight.isNew("a", ["a"], 60_100));
});
