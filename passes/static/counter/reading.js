// The three ways to give a code to the counter at once: camera, scanner that types, fingers. Nobody chooses a mode.

import { cameraPanel } from "./camera-panel.js";
import { listenToScanner } from "./keyboard.js";
import { watchCodeField } from "./typing.js";

// `field` waits for the code, `hint` (role="status") says what is missing, `camera` is the empty element that bears
// data-worker, data-library and data-wasm. `onCode({ code, signed, text, by })` for every pass read, by "camera",
// "scanner" or "typing"; `onProblem({ kind, sentence, by })` for anything else.
// Returns { pause, resume, clear, stop }: nothing is given between pause and resume, `clear` empties the field.
export function startReading({ field, hint, camera, onCode, onProblem = () => {} }) {
  let paused = false;
  const give = (by) => (reading) => { if (!paused) onCode({ ...reading, by }); };
  const tell = (by) => (problem) => { if (!paused) onProblem({ ...problem, by }); };
  const typing = watchCodeField({ field, hint, onWhole: give("typing") });
  const unlisten = listenToScanner({ codeField: field, onCode: give("scanner"), onProblem: tell("scanner") });
  const panel = cameraPanel({ root: camera, onCode: give("camera"), onProblem: tell("camera") });
  return {
    pause() { paused = true; panel.pause(); },
    resume() { paused = false; panel.resume(); },
    clear: typing.clear,
    stop() { typing.stop(); unlisten(); panel.stop(); },
  };
}
