// A counter that reads and looks up, and keeps the time of each step for the test.
import { startReading } from "../counter/reading.js";

const root = document.querySelector("#reading");
const answer = document.querySelector("#answer");
window.heard = []; // what was given, in order
window.problems = [];
window.firstSeen = []; // [mark of the frame, when the page first had it]

window.reading = startReading({
  camera: document.querySelector("#camera"),
  onCode: (reading) => look({ ...reading, at: performance.now() }),
  onProblem: (problem) => window.problems.push(problem),
});
window.reading.attend(document.querySelector("#code"), document.querySelector("#missing"));
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());

async function look(reading) {
  window.heard.push(reading);
  if (!root.dataset.token) return;
  const headers = { Authorization: `Bearer ${root.dataset.token}` };
  const found = await (await fetch(`/api/v1/passes/${reading.code}/`, { headers })).json();
  answer.textContent = `${found.pass}\u00a0: ${found.value_cents / 100} €`;
  requestAnimationFrame(() => { reading.shownAt = performance.now(); });
}

// The frames of the test's own film bear their number as four black or white blocks at the left, outside what is read.
const marks = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
window.watchMarks = () => {
  const video = document.querySelector("video");
  const next = () => {
    const at = performance.now();
    marks.drawImage(video, 20, 0, 80, 720, 0, 0, 1, 4);
    const bits = [0, 1, 2, 3].map((row) => marks.getImageData(0, row, 1, 1).data[0] > 127);
    const mark = bits.reduce((sum, bit, place) => sum + (bit ? 1 << place : 0), 0);
    if (mark !== window.firstSeen.at(-1)?.[0]) window.firstSeen.push([mark, at]);
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
};
