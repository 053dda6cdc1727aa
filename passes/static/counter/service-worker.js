// The counter opens without a network: this worker keeps the page's files and one page without any pass on it, another
// for the session that is being held, and hands them out when the server does not answer. `VERSION` and `FILES` stand above, written by the server.
// It never keeps an answer of the API, nor a page that a person or a code was on.

const CACHE = `guichet-${VERSION}`;
const PATIENCE = 4_000; // milliseconds before a page that does not come is replaced by the one that was kept
const SHELL = /^(\/guichet\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/)(seances\/[0-9a-f-]{36}\/)?hors-ligne\/$/;
const TRAINING = /^(\/guichet\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/)entrainement\//;
const HOME = "/guichet/";
const OWN_CHECK = /\/vendor\/ed25519\./;
let keeping = Promise.resolve(); // one after the other: an answer that was late does not take the place of a newer one

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

// A new version keeps its own files, and fetches the pages that the former one had kept; where the server goes away in the
// middle it is not installed, and the former one stays with its pages. The queue is not here.
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll((await hasEd25519()) ? FILES.filter((each) => !OWN_CHECK.test(each)) : FILES);
  for (const address of await shells()) await fetchInto(cache, address);
  await self.skipWaiting();
}

// Where the browser checks a signature by itself, our own check is never asked for.
async function hasEd25519() {
  try {
    return Boolean(await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]));
  } catch {
    return false;
  }
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith("guichet-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

// A page says where it stands: { keep: the addresses of the pages without a pass to keep, its site's and, in a session,
// that one's; leave: whether the session that was held is left }.
self.addEventListener("message", (event) => {
  const addresses = (event.data?.keep ?? []).filter((each) => typeof each === "string" && SHELL.test(each));
  if (!addresses.length) return;
  keeping = keeping.then(() => keepOnly(addresses, Boolean(event.data.leave))).catch(() => {});
  event.waitUntil(keeping);
});

// A device stands at one site, in one session or in none: of a former one nothing is kept. What stays is fetched anew,
// for the site may have chosen something else meanwhile.
async function keepOnly(addresses, leave) {
  const cache = await caches.open(CACHE);
  const [site] = addresses;
  const gone = (each) => !each.startsWith(beneath(site)) || (each.match(SHELL)[2] && (leave || addresses.length > 1));
  for (const each of await shells()) if (gone(each) && !addresses.includes(each)) await cache.delete(each);
  for (const each of addresses) await keep(cache, each);
}

async function keep(cache, address) {
  try {
    await fetchInto(cache, address);
  } catch {
    // The server is away just now: the next page that opens asks again.
  }
}

// Throws when the server is away. A page that it no longer gives is not kept.
async function fetchInto(cache, address) {
  const page = await fetch(address, { cache: "no-store" });
  if (page.status >= 500) throw new Error(`${address}: ${page.status}`);
  if (page.ok && !page.redirected) await cache.put(address, page);
}

async function shells() {
  const found = new Set();
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(request.url);
      if (SHELL.test(pathname)) found.add(pathname);
    }
  }
  return [...found];
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
});

// A file's name bears its content: what is kept is what the server would send.
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}

// The server's page, or after a while the one that was kept. It never stands in for training: somebody would take a pass
// for good while playing.
async function page(request, pathname) {
  if (TRAINING.test(pathname)) return fetch(request).catch(() => trainingAway(pathname));
  const address = await shellFor(pathname);
  const kept = address && (await caches.match(address, { ignoreVary: true }));
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fromServer(request, pathname, address).catch(() => null), late]);
  return answer && answer.status < 500 ? answer : kept;
}

function trainingAway(pathname) {
  const style = FILES.find((each) => each.includes("/aptic/aptic.") && each.endsWith(".css"));
  const body = `<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>L’entraînement demande le réseau</title><link rel="stylesheet" href="${style}">
    <main class="wrap stack"><h1>L’entraînement demande le réseau</h1>
    <p>Le serveur ne répond pas. Réessayez quand il revient\u00a0; le vrai guichet, lui, continue sans réseau.</p>
    <p><a class="btn big" href="${pathname}">Réessayer</a></p>
    <p><a class="btn quiet full" href="${pathname.match(TRAINING)[1]}">Revenir au guichet, où l’on encaisse pour de bon</a></p></main></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

// `/guichet/` only leads to the device's counter: the app starts there at once, which saves a slow network one way. A
// device that moved to another site is led by the server.
async function fromServer(request, pathname, address) {
  if (pathname === HOME) {
    const counter = await fetch(address.match(SHELL)[1], { redirect: "manual" });
    if (counter.ok) return counter;
  }
  return fetch(request);
}

// The address of the page kept for this one: its session's, else its site's. `/guichet/` alone is where the device was
// last, as after a tablet emptied its memory; a session of another day is over.
async function shellFor(pathname) {
  const longestFirst = (await shells()).sort((a, b) => b.length - a.length);
  if (pathname !== HOME) return longestFirst.find((each) => pathname.startsWith(beneath(each)));
  for (const each of longestFirst) if (!each.match(SHELL)[2] || (await isOfToday(each))) return each;
  return undefined;
}

async function isOfToday(address) {
  const { headers } = await caches.match(address, { ignoreVary: true });
  return new Date(headers.get("Date")).toDateString() === new Date().toDateString();
}

// The pages that a kept one stands for begin with this.
function beneath(address) {
  return address.replace(/hors-ligne\/$/, "");
}
