// The camera of the counter: reads continuously, one frame at a time in a worker, lets go of the camera when the page is
// hidden, and says in plain words why it cannot start. Nothing it sees leaves the device.

import { NOT_A_PASS, read } from "./codes.js";
import { InSight, crop, nearest } from "./frames.js";

const MEMORY = "aptic.camera";
const SILENCE = 3_000; // ms without an answer on a frame after which the reader is thought dead
const MORE_SILENCE = 10_000; // once it was started again: it may only be a slow tablet
const BREATH = 40; // ms between two frames: quick for a person, cool for a phone

export const PROBLEMS = {
  insecure: "La caméra ne marche qu’à une adresse qui commence par https. Tapez le code, ou demandez cette adresse.",
  none: "Cet appareil n’a pas de caméra. Branchez-en une, ou tapez le code.",
  refused:
    "Votre navigateur refuse la caméra. Touchez le symbole à gauche de l’adresse de la page, autorisez la caméra, puis réessayez.",
  busy: "Une autre application utilise la caméra. Fermez-la, par exemple la visioconférence, puis réessayez.",
  lost: "La caméra s’est arrêtée. Rebranchez-la ou réessayez\u00a0; vous pouvez toujours taper le code.",
  again: "La lecture par caméra s’est arrêtée\u00a0: elle redémarre. Vous pouvez aussi taper le code.",
  broken: "La lecture par caméra s’est arrêtée. Rechargez la page\u00a0; vous pouvez toujours taper le code.",
  reader: "La lecture par caméra n’a pas pu démarrer. Rechargez la page\u00a0; vous pouvez toujours taper le code.",
};
const BY_NAME = {
  NotAllowedError: "refused", SecurityError: "refused",
  NotFoundError: "none", OverconstrainedError: "none",
  NotReadableError: "busy", AbortError: "busy",
};

// What this device chose last: { on, deviceId }.
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {};
  }
}

export function remember(choice) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify({ ...remembered(), ...choice }));
  } catch {
    // a browser that keeps nothing asks again next time
  }
}

// Starts at once. `onCode({ code, signed, text, seenAt })` for a pass, `onProblem({ kind, sentence })` for anything
// else; `onChange(camera)` when the camera opens or closes.
export function startCamera(options) {
  const camera = new Camera(options);
  camera.open();
  return camera;
}

export class Camera {
  #options;
  #worker = null;
  #ready = false;
  #stream = null;
  #reading = null; // the frame that the worker has
  #again = false; // the reader broke once since the camera was opened, and was started again
  #recovering = false;
  #timer = 0;
  #paused = false;
  #wanted = false;
  #last = 0;
  #inSight = new InSight();
  #canvas = document.createElement("canvas");

  constructor({ video, onCode, onProblem = () => {}, onChange = () => {}, workerUrl, libraryUrl, wasmUrl }) {
    this.#options = { video, onCode, onProblem, onChange, workerUrl, libraryUrl, wasmUrl };
    this.#canvas.getContext("2d", { willReadFrequently: true });
  }

  get isOpen() {
    return Boolean(this.#stream);
  }

  get hasTorch() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  get deviceId() {
    return this.#track?.getSettings().deviceId ?? "";
  }

  async open() {
    this.#wanted = true;
    document.addEventListener("visibilitychange", this.#seen);
    this.#startWorker();
    await this.#openStream();
  }

  // Other readings are not wanted for now; the picture stands still.
  pause() {
    this.#paused = true;
    this.#options.video.pause();
  }

  resume() {
    this.#paused = false;
    this.#inSight.refresh(performance.now());
    if (this.#stream) this.#play();
  }

  // Lets go of the camera and of the worker.
  stop() {
    this.#wanted = false;
    document.removeEventListener("visibilitychange", this.#seen);
    this.#release();
    this.#endWorker();
    this.#again = this.#recovering = false;
  }

  async setTorch(on) {
    await this.#track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  // The cameras of this device; their names are known once one was allowed.
  async cameras() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "videoinput" && device.deviceId);
  }

  async choose(deviceId) {
    remember({ deviceId });
    this.#release();
    await this.#openStream();
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  #seen = () => {
    if (document.hidden) this.#release();
    else if (this.#wanted && !this.#stream) this.#openStream();
  };

  async #openStream() {
    try {
      const stream = await ask(remembered().deviceId);
      if (!this.#wanted || document.hidden || this.#stream) return halt(stream);
      this.#stream = stream;
      this.#track.addEventListener("ended", () => this.#lose(stream));
      this.#options.video.srcObject = stream;
      this.#options.onChange(this);
      keepFocusing(this.#track);
      if (!this.#paused) await this.#play();
    } catch (error) {
      this.#fail(BY_NAME[error.name] ?? error.kind ?? "reader");
    }
  }

  async #play() {
    try {
      await this.#options.video.play();
    } catch (error) {
      if (error.name !== "AbortError") throw error; // paused again before it played
    }
    this.#next();
  }

  #release() {
    if (!this.#stream) return;
    halt(this.#stream);
    this.#stream = null;
    this.#options.video.srcObject = null;
    this.#options.onChange(this);
  }

  #lose(stream) {
    if (stream !== this.#stream) return;
    this.#release();
    this.#fail("lost");
  }

  #fail(kind) {
    this.#options.onProblem({ kind, sentence: PROBLEMS[kind] });
  }

  #startWorker() {
    if (this.#worker) return;
    const { workerUrl, libraryUrl, wasmUrl } = this.#options;
    this.#worker = new Worker(workerUrl);
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = () => this.#break();
    this.#worker.postMessage({ libraryUrl, wasmUrl });
  }

  #endWorker() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#ready = false;
    this.#reading = null;
  }

  // A reader that worked and no longer does is started again, once; else the picture would live on and read nothing.
  #break() {
    if (!this.#ready) return this.#fail("reader");
    if (this.#again) return this.#fail("broken");
    this.#again = this.#recovering = true;
    this.#fail("again");
    this.#endWorker();
    this.#startWorker();
  }

  // Waits for the answer on a frame. A page that slept wakes before its worker does, and waits anew.
  #watch() {
    const since = performance.now();
    const patience = this.#again ? MORE_SILENCE : SILENCE;
    this.#timer = setTimeout(() => {
      if (document.hidden || performance.now() - since > 2 * patience) this.#watch();
      else this.#break();
    }, patience);
  }

  #hear({ ready, failed, found }) {
    clearTimeout(this.#timer);
    if (failed) return this.#break();
    if (ready) this.#ready = true;
    else if (this.#recovering) this.#recover();
    const frame = this.#reading;
    this.#reading = null;
    if (found && frame && !this.#paused && this.#stream) this.#give(found, frame);
  }

  #recover() {
    this.#recovering = false;
    this.#options.onProblem({ kind: "again", sentence: "" });
  }

  #give(found, frame) {
    const square = nearest(found, frame);
    const texts = found.map(({ text }) => text);
    if (!this.#inSight.isNew(square?.text ?? null, texts, performance.now())) return;
    const reading = read(square.text);
    if (reading) this.#options.onCode({ ...reading, seenAt: frame.seenAt });
    else this.#options.onProblem(NOT_A_PASS);
  }

  // Asks for the next frame, once: by the video where it tells, by the screen elsewhere.
  #asked = false;
  #next() {
    if (this.#asked || !this.#stream || this.#paused) return;
    this.#asked = true;
    const { video } = this.#options;
    const look = () => {
      this.#asked = false;
      this.#look();
      this.#next();
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(look);
    else requestAnimationFrame(look);
  }

  #look() {
    const { video } = this.#options;
    const seenAt = performance.now();
    if (!this.#ready || this.#reading || this.#paused || !video.videoWidth || seenAt - this.#last < BREATH) return;
    this.#last = seenAt;
    const { left, top, wide, high, width, height } = crop(video.videoWidth, video.videoHeight);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext("2d");
    context.drawImage(video, left, top, wide, high, 0, 0, width, height);
    const { buffer } = context.getImageData(0, 0, width, height).data;
    this.#reading = { width, height, seenAt };
    this.#worker.postMessage({ pixels: buffer, width, height }, [buffer]);
    this.#watch();
  }
}

// The camera chosen before, or the one that looks away from the person.
async function ask(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error(), { kind: "insecure" });
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  if (deviceId) {
    try {
      return await open({ ...size, deviceId: { exact: deviceId } });
    } catch (error) {
      if (!["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error; // else it was unplugged
    }
  }
  return open({ ...size, facingMode: { ideal: "environment" } });
}

function open(video) {
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

function halt(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function keepFocusing(track) {
  if (!track.getCapabilities?.().focusMode?.includes("continuous")) return;
  track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
}
