// What is noted beside the till: answers on a receipt, each as soon as it is touched. The till waits for none of them. Of one
// form a request follows the other, so that what was left there is what stays; the form may have left the page by then.

// `send(address, body)` → { status, words } or throws; `failed(form)` hears that nothing was noted of what stands there.
export function noteBeside({ send, failed, read = (form) => new FormData(form) }) {
  const waiting = new Map(); // address → its form and what stood in it; a later state takes the place of one that waits
  let busy = false;

  function note(form) {
    form.querySelector("[role=status]").textContent = ""; // its words were about less
    waiting.set(form.action, { form, body: read(form) });
    if (!busy) sendAll();
  }

  async function sendAll() {
    busy = true;
    for (const [address, { form, body }] of waiting) { // what comes meanwhile too
      waiting.delete(address);
      const { status, words } = await send(address, body).catch(() => ({ status: 0 }));
      if (waiting.has(address)) continue; // more is to be noted first
      if (status === 200) form.querySelector("[role=status]").textContent = words;
      else failed(form);
    }
    busy = false;
  }

  // The page is left: what waits goes now or never.
  function leave() {
    for (const [address, { body }] of waiting) send(address, body).catch(() => {});
    waiting.clear();
  }

  return { note, leave };
}
