// The three ways to give a code to the counter at once: camera, scanner that types, fingers. Nobody chooses a mode.

import { cameraPanel } from "./camera-panel.js";
import { listenToScanner } from "./keyboard.js";
import { watchCodeField } from "./typing.js";

// `camera` is the empty element that bears data-worker, data-library and data-wasm; a page without it reads by the other
// two. `onCode({ code, signed, text, by })` for every pass read, by "camera", "scanner" or "typing"; `onProblem({ kind, sentence, by })` for anything else.
// Returns { attend, pause, resume, clear, stop }: `attend(field, hint)` names the field that waits for a code now and the
// element (role="status") that says what is missing, again each time the till shows another state, with nothing where it
// has none; nothing is given between pause and resume; `clear` empties the field.
export function startReading({ camera, onCode, onProblem = () => {} }) {
  let paused = false;
  let field = null;
  let typing = null;
  const give = (by) => (reading) => { if (!paused) onCode({ ...reading, by }); };
  const tell = (by) => (problem) => { if (!paused) onProblem({ ...problem, by }); };
  const isCodeField = (element) => element === field;
  const unlisten = listenToScanner({ isCodeField, onCode: give("scanner"), onProblem: tell("scanner") });
  const panel = camera && cameraPanel({ root: camera, onCode: give("camera"), onProblem: tell("camera") });

  function attend(next = null, hint = null) {
    typing?.stop();
    field = next;
    typing = next && watchCodeField({ field: next, hint, onWhole: give("typing") });
  }

  return {
    attend,
    pause() { paused = true; panel?.pause(); },
    resume() { paused = false; panel?.resume(); },
    clear() { typing?.clear(); },
    stop() { attend(); unlisten(); panel?.stop(); },
  };
}
