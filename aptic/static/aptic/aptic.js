// What a page gains when JavaScript runs. Nothing here is needed: every form and link works without it.
"use strict";

// htmx sends the token of the form at hand (the cookie itself is not readable by scripts).
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  const form = event.detail.elt.closest("form");
  const field = (form || document).querySelector("input[name=csrfmiddlewaretoken]") ||
    document.querySelector("input[name=csrfmiddlewaretoken]");
  if (field) event.detail.headers["X-CSRFToken"] = field.value;
});

// A refusal (4xx) is an answer to show, not an accident to hide.
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status >= 400 && status < 500 && event.detail.xhr.response) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// The summary of errors is read first.
document.querySelector(".errors")?.focus();

// A form sends once under an impatient finger; it wakes after four seconds, when a file was the answer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method !== "post" || event.defaultPrevented) return;
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 4000);
});

// Buttons that only a script can serve appear with it.
function reveal(root) {
  root.querySelectorAll("[data-needs-js]").forEach((element) => { element.hidden = false; });
}
reveal(document);
document.addEventListener("htmx:afterSwap", (event) => reveal(event.detail.target));
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
});

// A security key that does not answer says so where one is looking.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-key-error]").forEach((element) => { element.hidden = false; });
});
