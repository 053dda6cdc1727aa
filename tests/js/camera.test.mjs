// A reader that breaks or falls silent while the picture goes on: said in words, and started again once.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { Camera, PROBLEMS } from "../../passes/static/counter/camera.js";

const SOURCE = readFileSync(new URL("../../passes/static/counter/reader-worker.js", import.meta.url), "utf-8");

test("a frame that the library cannot read is answered all the same", async () => {
  const posted = [];
  const self = {};
  const ZXingWASM = { readBarcodes: async () => { throw new Error("memory access out of bounds"); } };
  runInNewContext(SOURCE, { self, ZXingWASM, ImageData: class {}, Uint8ClampedArray, postMessage: (said) => posted.push(said) });
  await self.onmessage({ data: { pixels: new ArrayBuffer(4), width: 1, height: 1 } });
  assert.match(posted[0].failed, /out of bounds/);
});

const stream = { getVideoTracks: () => [{ addEventListener: () => {} }], getTracks: () => [{ stop: () => {} }] };
const context = { drawImage: () => {}, getImageData: () => ({ data: { buffer: new ArrayBuffer(4) } }) };

// A camera that sees; `frame()` shows it one more picture, `workers` are the readers it has started.
async function seeing(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const workers = [];
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const globals = {
    document: { hidden: false, createElement: () => ({ getContext: () => context }), addEventListener: () => {}, removeEventListener: () => {} },
    localStorage: { getItem: () => null },
    navigator: { mediaDevices: { getUserMedia: async () => stream } },
    Worker: class {
      frames = 0;
      constructor() { workers.push(this); }
      postMessage({ pixels }) { if (pixels) this.frames += 1; }
      terminate() { this.ended = true; }
      says(data) { this.onmessage({ data }); }
    },
  };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const video = { videoWidth: 640, videoHeight: 480, play: async () => {}, pause: () => {}, requestVideoFrameCallback: (look) => { video.look = look; } };
  const said = [];
  const camera = new Camera({ video, onCode: () => {}, onProblem: ({ kind, sentence }) => said.push([kind, sentence]) });
  await camera.open();
  const passes = (ms) => { clock += ms; t.mock.timers.tick(ms); };
  const frame = () => { passes(100); video.look(); };
  workers[0].says({ ready: true });
  frame();
  return { camera, workers, said, frame, passes };
}

test("a reader that breaks is started again once, and the camera goes on", async (t) => {
  const { workers, said, frame } = await seeing(t);
  workers[0].says({ failed: "RuntimeError" });
  assert.deepEqual([workers.length, workers[0].ended, said.at(-1)], [2, true, ["again", PROBLEMS.again]]);
  workers[1].says({ ready: true });
  frame();
  workers[1].says({ found: [] });
  assert.deepEqual([workers[1].frames, said.at(-1)], [1, ["again", ""]]);
  frame();
  workers[1].says({ failed: "RuntimeError" });
  assert.deepEqual([workers.length, said.at(-1)], [2, ["broken", PROBLEMS.broken]]);
});

test("a reader that falls silent is no reader; after that a slow one is given more time", async (t) => {
  const { workers, said, frame, passes } = await seeing(t);
  passes(2900);
  assert.equal(workers.length, 1);
  passes(200);
  assert.equal(workers.length, 2);
  workers[1].says({ ready: true });
  frame();
  passes(9900);
  assert.equal(said.at(-1)[0], "again");
  passes(200);
  assert.equal(said.at(-1)[0], "broken");
});

test("an answer in time, a page that is hidden or a camera that was stopped starts nothing", async (t) => {
  const { camera, workers, frame, passes } = await seeing(t);
  passes(2900);
  workers[0].says({ found: [] });
  passes(5000);
  frame();
  document.hidden = true;
  passes(5000);
  document.hidden = false;
  workers[0].says({ found: [] });
  frame();
  camera.stop();
  passes(20_000);
  assert.equal(workers.length, 1);
});

test("a reader that cannot start is said at once", async (t) => {
  const { camera, workers, said } = await seeing(t);
  camera.stop();
  await camera.open();
  workers[1].says({ failed: "404" });
  assert.deepEqual([workers.length, said.at(-1)[0]], [2, "reader"]);
});
