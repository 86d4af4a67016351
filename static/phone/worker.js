// The worker of /today and /meetings/: where a page does not come, it hands out the one that the phone keeps. It keeps no page
// that names anybody. The server writes KURSBUCH above this: {version, shell, files, patience}, or {off: true}, which ends it.

const CACHE = `kursbuch-${KURSBUCH.version}`;
const PAGES = /^\/(today|meetings\/\d+\/roll-call)$/;
const UNREACHABLE = 502; // 502, 503, 504: somebody answers, but not Kursbuch

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
    if (PAGES.test(pathname)) event.respondWith(page(request));
  } else if (KURSBUCH.files.includes(pathname + search)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  } else if (pathname.startsWith("/phone/") || pathname.startsWith("/fonts/") || pathname.startsWith("/static/")) {
    // The page may be of another version than this worker, because the other scope's worker was renewed first.
    event.respondWith(fetch(request).catch(async (problem) => (await caches.match(request, { ignoreVary: true })) ?? Promise.reject(problem)));
  }
});

async function page(request) {
  const answer = fetch(request);
  answer.catch(() => {});
  const late = new Promise((resolve) => { setTimeout(resolve, KURSBUCH.patience); });
  const first = await Promise.race([answer, late]).catch(() => undefined);
  if (first && first.status < UNREACHABLE) return first;
  // Not only this version's cache: the other scope's worker may have put a newer page in its place.
  return (await caches.match(KURSBUCH.shell)) ?? first ?? answer;
}
