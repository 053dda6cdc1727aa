// The camera's buttons: start, light, which camera, stop. Made here because none of them means anything without scripts.

import { remember, remembered, startCamera } from "./camera.js";

const GOES_ON = new Set(["foreign", "again"]); // troubles that the camera outlives

// Fills `root`, whose data attributes say where the worker, the library and the wasm are. Starts by itself on a device
// that used the camera before and still allows it. Returns { pause, resume, stop }.
export function cameraPanel({ root, onCode, onProblem = () => {} }) {
  let camera = null;
  const start = button("btn quiet big full", "Scanner avec la caméra", open);
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  video.setAttribute("aria-label", "Ce que voit la caméra");
  const view = box("camera", video);
  const torch = button("btn quiet", "Lumière", light);
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", "Caméra utilisée");
  choice.addEventListener("change", () => camera?.choose(choice.value));
  const stop = button("btn quiet", "Arrêter la caméra", close);
  const seeing = box("camera-seeing", view, box("camera-tools", torch, choice, stop));
  const problem = Object.assign(document.createElement("p"), { className: "camera-problem" });
  problem.setAttribute("role", "status");
  root.replaceChildren(start, seeing, problem);
  show();

  function open() {
    remember({ on: true });
    problem.textContent = "";
    camera = camera ?? startCamera({
      video, onCode: give, onProblem: tell, onChange: show,
      workerUrl: root.dataset.worker, libraryUrl: root.dataset.library, wasmUrl: root.dataset.wasm,
    });
  }

  function close() {
    remember({ on: false });
    halt();
    start.focus();
  }

  function halt() {
    camera?.stop();
    camera = null;
    show();
  }

  function give(reading) {
    problem.textContent = "";
    onCode(reading);
  }

  function tell(trouble) {
    problem.textContent = trouble.sentence;
    if (!GOES_ON.has(trouble.kind)) halt();
    onProblem(trouble);
  }

  async function light() {
    const on = torch.getAttribute("aria-pressed") !== "true";
    try {
      await camera.setTorch(on);
      torch.setAttribute("aria-pressed", String(on));
    } catch {
      torch.hidden = true; // said to be there, and is not
    }
  }

  async function show() {
    const isOpen = Boolean(camera?.isOpen);
    start.hidden = Boolean(camera);
    seeing.hidden = !isOpen;
    torch.hidden = !isOpen || !camera.hasTorch;
    torch.setAttribute("aria-pressed", "false");
    if (isOpen) list(await camera.cameras());
  }

  function list(cameras) {
    choice.hidden = cameras.length < 2;
    choice.replaceChildren(...cameras.map(({ deviceId, label }, place) => new Option(label || `Caméra ${place + 1}`, deviceId)));
    choice.value = camera?.deviceId ?? "";
  }

  isAllowed().then((allowed) => { if (allowed && remembered().on && !camera) open(); });
  return { pause: () => camera?.pause(), resume: () => camera?.resume(), stop: halt };
}

// Without asking: a question that nobody provoked is refused for ever.
async function isAllowed() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // this browser does not tell
  }
}

function button(className, text, work) {
  const made = Object.assign(document.createElement("button"), { type: "button", className, textContent: text });
  made.addEventListener("click", work);
  return made;
}

function box(className, ...children) {
  const made = Object.assign(document.createElement("div"), { className });
  made.append(...children);
  return made;
}
