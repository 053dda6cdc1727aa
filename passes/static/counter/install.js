// The counter as an app on a paired device: its service worker, and a word on how to install it, which can be sent away.

const DISMISSED = "aptic.counter.installed";

// Register the worker, and tell it which pages to keep.
export async function keepApp(counter) {
  const { keep: site, keepSession: session, leavesSession } = counter.dataset;
  if (!("serviceWorker" in navigator) || !site) return;
  const told = { keep: session ? [site, session] : [site], leave: leavesSession !== undefined };
  await navigator.serviceWorker.register("/guichet/sw.js", { scope: "/guichet/", updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage(told);
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    (await navigator.serviceWorker.ready).active.postMessage(told);
  });
}

// Show how to install, where it can be and was not: by the browser's own question, or in a sentence on iOS.
export function offerInstall(hint) {
  if (!hint || localStorage.getItem(DISMISSED) || matchMedia("(display-mode: standalone)").matches || navigator.standalone) return;
  const button = hint.querySelector("[data-install]");
  let question = null;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    question = event;
    hint.hidden = button.hidden = false;
  });
  window.addEventListener("appinstalled", () => dismiss(hint));
  button.addEventListener("click", () => question?.prompt());
  hint.querySelector("[data-dismiss]").addEventListener("click", () => dismiss(hint));
  if ("standalone" in navigator) hint.hidden = hint.querySelector("[data-ios]").hidden = false;
}

function dismiss(hint) {
  localStorage.setItem(DISMISSED, "1");
  hint.hidden = true;
}
