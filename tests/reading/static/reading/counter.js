// A page that reads, and keeps what it heard for the test.
import { startReading } from "../counter/reading.js";

window.heard = []; // what was given, in order
window.problems = [];

window.reading = startReading({
  camera: document.querySelector("#camera"),
  onCode: (reading) => window.heard.push(reading),
  onProblem: (problem) => window.problems.push(problem),
});
window.reading.attend(document.querySelector("#code"), document.querySelector("#missing"));
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
