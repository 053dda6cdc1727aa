// What an old tablet lacks and the counter cannot do without. Each is tried here and nowhere else: a TypeError in the
// middle of a request would look like a network that went away.

// A signal that gives a request up after `milliseconds` (AbortSignal.timeout: Chrome 103, Safari 16).
export function within(milliseconds) {
  if (typeof AbortSignal.timeout === "function") return AbortSignal.timeout(milliseconds);
  const giver = new AbortController();
  setTimeout(() => giver.abort(), milliseconds);
  return giver.signal;
}

// A random UUID (crypto.randomUUID: Chrome 92, Safari 15.4, and never at an address in http).
export function newId(crypto = globalThis.crypto) {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant 1
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Send a form as its button would (form.requestSubmit: Safari 16).
export function submit(form) {
  if (typeof form.requestSubmit === "function") return form.requestSubmit();
  if (form.checkValidity() && form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }))) form.submit();
  return undefined;
}
