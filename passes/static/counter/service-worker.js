// The counter opens without a network: this worker keeps the page's files and one page without any pass on it, and
// hands them out when the server does not answer. `VERSION` and `FILES` stand above, written by the server.
// It never keeps an answer of the API, nor a page that a person or a code was on.

const CACHE = `guichet-${VERSION}`;
const PATIENCE = 4_000; // milliseconds before a page that does not come is replaced by the one that was kept
const SHELL = /^\/guichet\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/hors-ligne\/$/;
const COUNTER = /^\/guichet\/(?:[0-9a-f-]{36}\/[0-9a-f-]{36}\/)?/;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

// A new version keeps its own files, and fetches the pages that the former one had kept. The queue is not here.
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  for (const address of await shells()) await keep(cache, address);
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith("guichet-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

// The page says which site it stands at: { keep: address of the page without a pass }.
self.addEventListener("message", (event) => {
  const address = event.data?.keep;
  if (typeof address === "string" && SHELL.test(address)) event.waitUntil(keepOnly(address));
});

// A device stands at one site; of a former one nothing is kept.
async function keepOnly(address) {
  const cache = await caches.open(CACHE);
  for (const other of await shells()) if (other !== address) await cache.delete(other);
  if (!(await cache.match(address))) await keep(cache, address);
}

async function keep(cache, address) {
  try {
    const page = await fetch(address, { cache: "no-store" });
    if (page.ok && !page.redirected) await cache.put(address, page);
  } catch {
    // The server is away just now: the next page that opens asks again.
  }
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
  else if (request.mode === "navigate" && COUNTER.test(pathname)) event.respondWith(page(request, pathname));
});

// A file's name bears its content: what is kept is what the server would send.
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) || fetch(request);
}

// The server's page, or after a while the one that was kept.
async function page(request, pathname) {
  const kept = await shellFor(pathname);
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fetch(request).catch(() => null), late]);
  return answer && answer.status < 500 ? answer : kept;
}

// The page kept for the site of this address; `/guichet/` alone is the device's own site.
async function shellFor(pathname) {
  const site = pathname.match(/^\/guichet\/[0-9a-f-]{36}\/[0-9a-f-]{36}\//)?.[0];
  const address = (await shells()).find((each) => !site || each.startsWith(site));
  return address && (await caches.match(address, { ignoreVary: true }));
}
