// The sound switch of the settings page: kept on this device, said by the button itself.

import { announce, setSilent, silent } from "./signals.js";

const button = document.querySelector("[data-sound]");

function show() {
  button.setAttribute("aria-pressed", String(!silent()));
  button.querySelector("[data-sound-state]").textContent = silent() ? "coupés" : "activés";
}

if (button) {
  show();
  button.addEventListener("click", () => { setSilent(!silent()); show(); });
  document.querySelector("[data-sound-try]").addEventListener("click", () => announce("accepted"));
}
