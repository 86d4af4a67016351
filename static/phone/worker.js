// The worker of /today and /meetings/: where a page does not come, it hands out the one that the phone keeps. It keeps no page
// that names anybody. The server writes KURSBUCH above this: {version, shell, files, patience, patience_without_lists}, or {off: true}, which ends it.

const CACHE = `kursbuch-${KURSBUCH.version}`;
const PAGES = /^\/(today|meetings\/\d+\/roll-call)$/;
const UNREACHABLE = 502; // 502, 503, 504: somebody answers, but not Kursbuch
const HELD = 3_000; // for the page that was told of it; long before anybody else could be signed in
const arrived = new Map(); // by address, in memory only: pages that came after the phone's own was shown

async function keepOnly(name) {
  const names = await caches.keys();
  await Promise.all(names.filter((one) => one.startsWith("kursbuch-") && one !== name).map((one) => caches.delete(one)));
}

async function fill() {
  const cache = await caches.open(CACHE);
  if (await cache.match(KURSBUCH.shell)) return; // the worker of the other scope was here
  await cache.addAll(KURSBUCH.files.map((file) => new Request(file, { credentials: "omit" })));
  await cache.add(new Request(KURSBUCH.shell, { credentials: "omit", cache: "no-store" })); // last: with it, all is there
}

addEventListener("install", (event) => {
  if (!KURSBUCH.off) event.waitUntil(fill());
  skipWaiting(); // what it takes over lies in IndexedDB, which no version of the worker touches
});

addEventListener("activate", (event) => {
  if (KURSBUCH.off) event.waitUntil(keepOnly(null).then(() => registration.unregister()));
  else event.waitUntil(keepOnly(CACHE).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (KURSBUCH.off || request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (PAGES.test(pathname)) event.respondWith(page(event));
  } else if (KURSBUCH.files.includes(pathname + search)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  } else if (pathname.startsWith("/phone/") || pathname.startsWith("/fonts/") || pathname.startsWith("/static/")) {
    // The page may be of another version than this worker, because the other scope's worker was renewed first.
    event.respondWith(fetch(request).catch(async (problem) => (await caches.match(request, { ignoreVary: true })) ?? Promise.reject(problem)));
  }
});

// The page of the network, or, if that takes its time or does not come, the one that the phone keeps. What comes later is
// handed over: the phone's page asks for it unless somebody is at work in it already.
async function page(event) {
  const { request } = event;
  const late = arrived.get(request.url);
  arrived.delete(request.url);
  if (late) return late;
  const answer = fetch(request);
  answer.catch(() => {});
  const patience = (await hasLists().catch(() => false)) ? KURSBUCH.patience : KURSBUCH.patience_without_lists;
  const enough = new Promise((resolve) => { setTimeout(resolve, patience); });
  const first = await Promise.race([answer, enough]).catch(() => undefined);
  if (first && first.status < UNREACHABLE) return first;
  // Not only this version's cache: the other scope's worker may have put a newer page in its place.
  const shell = await caches.match(KURSBUCH.shell);
  if (!shell) return first ?? answer;
  event.waitUntil(answer.then((response) => handOver(response, request.url, event.resultingClientId)).catch(() => {}));
  return shell;
}

async function handOver(response, url, id) {
  if (response.status >= UNREACHABLE) return;
  arrived.set(url, response);
  (await clients.get(id))?.postMessage({ arrived: true });
  await new Promise((resolve) => { setTimeout(resolve, HELD); });
  arrived.delete(url);
}

// Without lists the phone's own page has nothing to open. Looks into the store (store.js) without making one.
async function hasLists() {
  if (!(await indexedDB.databases()).some(({ name }) => name === "kursbuch")) return false;
  const db = await result(indexedDB.open("kursbuch"));
  try {
    return Boolean(await result(db.transaction("lists").objectStore("lists").count()));
  } finally {
    db.close();
  }
}

const result = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
