// What lies on this phone, and under which lock.
//
//   queue    what was recorded and not yet taken by the server. Encrypted with a key that no script can read out, so it can be
//            sent without a PIN: after a lost session, after 72 hours, after an update. Belongs to the account that recorded it.
//   lists    names and rosters of seven days. Sealed to a public key, so that every visit with a network can renew them without
//            asking; the private key opens only with the PIN, and lies once more under the key that no script can read out.
//   people   one entry for each account on this phone: its keys, wrong PINs so far, the token under which the office knows the phone.
//   meta     the key, the account that was here last, the largest time ever seen.

const HOUR = 3_600_000;
const LONGEST_WITHOUT_CONTACT = 72 * HOUR;
const CLOCK_TOLERANCE = 10 * 60_000;
const ITERATIONS = 600_000;
export const MOST_TRIES = 10;

export const usable = isSecureContext && "indexedDB" in globalThis && "locks" in navigator && crypto.subtle !== undefined;

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("kursbuch", 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("meta");
      db.createObjectStore("people", { keyPath: "user" });
      db.createObjectStore("lists", { keyPath: "user" });
      db.createObjectStore("queue", { keyPath: "id" });
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => { db.close(); opened = null; };
      db.onclose = () => { opened = null; };
      resolve(db);
    };
  });
  opened.catch(() => { opened = null; });
  return opened;
}

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// One transaction; resolves when it is on the disk, so that a flat battery takes nothing that was shown as recorded.
async function transact(names, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(names, mode, { durability: "strict" });
    let made;
    transaction.oncomplete = () => resolve(made);
    transaction.onabort = () => reject(transaction.error);
    Promise.resolve(work(...[names].flat().map((name) => transaction.objectStore(name))))
      .then((value) => { made = value; }, (error) => { reject(error); try { transaction.abort(); } catch { /* over already */ } });
  });
}

const read = (name, key) => transact(name, "readonly", (store) => asked(store.get(key)));
const readAll = (name) => transact(name, "readonly", (store) => asked(store.getAll()));
const write = (name, ...what) => transact(name, "readwrite", (store) => asked(store.put(...what)));

// Changes an entry in one go, so that two tabs cannot undo each other. `change` gets a copy, or {user} where there is none.
const amend = (user, change) => transact("people", "readwrite", async (store) => {
  const entry = (await asked(store.get(user))) ?? { user, tries: 0 };
  const changed = { ...entry, ...change(entry) };
  await asked(store.put(changed));
  return changed;
});

// --- the key of the device

const AES = { name: "AES-GCM", length: 256 };
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const bytes = (text) => new TextEncoder().encode(text);
let deviceKey = null;

async function keyOfDevice() {
  if (deviceKey) return deviceKey;
  const made = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
  deviceKey = await transact("meta", "readwrite", async (meta) => {
    const kept = await asked(meta.get("key"));
    if (kept) return kept;
    await asked(meta.put(made, "key"));
    return made;
  });
  return deviceKey;
}

async function lock(key, content, about) {
  const iv = random(12);
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(about) }, key, content) };
}
const unlock = (key, { iv, data }, about) =>
  crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: bytes(about) }, key, data);
const lockJson = (key, content, about) => lock(key, bytes(JSON.stringify(content)), about);
const unlockJson = async (key, locked, about) => JSON.parse(new TextDecoder().decode(await unlock(key, locked, about)));

// --- time

// The largest time ever seen: a clock that is set back does not make a list younger.
export async function now() {
  return transact("meta", "readwrite", async (meta) => {
    const seen = (await asked(meta.get("seen"))) ?? 0;
    const here = Date.now();
    if (here > seen) await asked(meta.put(here, "seen"));
    return { time: Math.max(here, seen), setBack: here < seen - CLOCK_TOLERANCE };
  });
}

// --- who is here

// An account shows itself on this phone. Names that lie here for somebody else go; what they recorded stays, theirs.
export async function arrive(user) {
  const others = await transact(["meta", "people", "lists"], "readwrite", async (meta, people, lists) => {
    await asked(meta.put(user, "current"));
    const all = await asked(people.getAll());
    const strangers = all.filter((person) => person.user !== user);
    for (const person of strangers) {
      people.delete(person.user);
      lists.delete(person.user);
    }
    return strangers.length;
  });
  return others;
}
export const current = async () => (await read("meta", "current")) ?? null;

// --- the queue

// States: waiting → sent → (gone, when a newer list shows it); or waiting → refused | conflict → (gone, when it was read).
export async function add(user, entries) {
  const key = await keyOfDevice();
  const locked = await Promise.all(entries.map(async (entry) => ({
    id: entry.event.id, user, state: "waiting", ...(await lockJson(key, entry, entry.event.id)),
  })));
  await transact(["meta", "queue"], "readwrite", async (meta, queue) => {
    let order = (await asked(meta.get("order"))) ?? 0;
    for (const one of locked) {
      const before = await asked(queue.get(one.id)); // said more exactly, while it still waits
      if (!before || before.state === "waiting") queue.put({ ...one, order: before?.order ?? (order += 1) });
    }
    meta.put(order, "order");
  });
}

// Everything of one account in the order in which it was recorded, open; what cannot be read any more says so.
export async function recorded(user) {
  const mine = (await readAll("queue")).filter((one) => one.user === user).sort((a, b) => a.order - b.order);
  if (!mine.length) return [];
  const key = await keyOfDevice();
  return Promise.all(mine.map(async (one) => {
    const about = { id: one.id, state: one.state, sent: one.sent ?? 0, answer: null };
    try {
      const answer = one.answer ? await unlockJson(key, one.answer, one.id) : null;
      return { ...about, ...(await unlockJson(key, one, one.id)), answer };
    } catch {
      return { ...about, state: one.state === "waiting" ? "unreadable" : one.state, event: null };
    }
  }));
}

export async function count(user) {
  const counted = { waiting: 0, troubled: 0, others: 0 };
  for (const one of await readAll("queue")) {
    if (one.user !== user) counted.others += one.state === "waiting";
    else if (one.state === "waiting") counted.waiting += 1;
    else if (one.state !== "sent") counted.troubled += 1;
  }
  return counted;
}

// What the server answered. An event that it did not answer keeps waiting.
export async function settle(answers) {
  const key = await keyOfDevice();
  const locked = await Promise.all(answers.map(async (answer) => [
    answer.id, answer.state, answer.state === "sent" ? null : await lockJson(key, { reason: answer.reason }, answer.id),
  ]));
  await transact("queue", "readwrite", async (queue) => {
    for (const [id, state, answer] of locked) {
      const one = await asked(queue.get(id));
      if (one) queue.put({ ...one, state, sent: Date.now(), ...(answer && { answer }) });
    }
  });
}

export const forget = (ids) => transact("queue", "readwrite", (queue) => { for (const id of ids) queue.delete(id); });

// --- the PIN and the lists under it

const CURVE = { name: "ECDH", namedCurve: "P-256" };

async function keyOfPin(pin, salt, iterations) {
  const material = await crypto.subtle.importKey("raw", bytes(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, material, AES, false, ["encrypt", "decrypt"]);
}

async function keyBetween(privateKey, publicKey, salt) {
  const bits = await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256);
  const material = await crypto.subtle.importKey("raw", bits, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: bytes("kursbuch lists") };
  return crypto.subtle.deriveKey(how, material, AES, false, ["encrypt", "decrypt"]);
}
const publicKeyOf = (raw) => crypto.subtle.importKey("raw", raw, CURVE, false, []);

export const person = (user) => read("people", user);
export const hasPin = async (user) => Boolean((await person(user))?.publicKey);

export async function setPin(user, pin) {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey), crypto.subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  const salt = random(16);
  const inner = await lock(await keyOfPin(pin, salt, ITERATIONS), privateKey, user);
  const outer = await lock(await keyOfDevice(), inner.data, user);
  await amend(user, () => ({ publicKey, privateKey: { salt, iterations: ITERATIONS, iv: inner.iv, outer }, tries: 0 }));
}

export async function setToken(user, token) {
  const locked = await lockJson(await keyOfDevice(), token, user);
  await amend(user, () => ({ token: locked }));
}
export async function token(user) {
  const locked = user && (await person(user))?.token;
  return locked ? unlockJson(await keyOfDevice(), locked, user) : null;
}

// {key} opens the lists; {left} says how many tries remain. A try counts before it is made: pulling the plug wins nothing.
export async function tryPin(user, pin) {
  const { privateKey, tries } = await amend(user, (entry) => ({ tries: entry.tries + 1 }));
  if (!privateKey || tries > MOST_TRIES) {
    await forgetNames(user);
    return { left: 0 };
  }
  try {
    const { salt, iterations, iv, outer } = privateKey;
    const data = await unlock(await keyOfDevice(), outer, user);
    const opened = await unlock(await keyOfPin(pin, salt, iterations), { iv, data }, user);
    const key = await crypto.subtle.importKey("pkcs8", opened, CURVE, false, ["deriveBits"]);
    await amend(user, () => ({ tries: 0 }));
    return { key };
  } catch {
    if (tries >= MOST_TRIES) await forgetNames(user);
    return { left: MOST_TRIES - tries };
  }
}

// Lists as the server told them just now; without a PIN nothing is kept. `asked` is when they were asked for.
export async function saveLists(user, lists, askedAt) {
  const entry = await person(user);
  if (!entry?.publicKey) return;
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const salt = random(16);
  const key = await keyBetween(own.privateKey, await publicKeyOf(entry.publicKey), salt);
  const sealed = await lockJson(key, lists, user);
  const from = await crypto.subtle.exportKey("raw", own.publicKey);
  // A contact puts the clock right: what the phone showed before counts no more.
  await transact(["meta", "people", "lists"], "readwrite", async (meta, people, kept) => {
    meta.put(Date.now(), "seen");
    if ((await asked(people.get(user)))?.publicKey) kept.put({ user, contact: Date.now(), asked: askedAt, salt, from, ...sealed });
  });
}

export const listsOf = (user) => read("lists", user);

export async function openLists(user, key) {
  const kept = await listsOf(user);
  if (!kept) return null;
  return unlockJson(await keyBetween(key, await publicKeyOf(kept.from), kept.salt), kept, user);
}

// Lists that have been without contact too long go, whoever they belong to. Says what may be shown to `user`.
export async function expire(user) {
  const { time, setBack } = await now();
  const entry = user ? await person(user) : null;
  const gone = await transact("lists", "readwrite", async (lists) => {
    const old = (await asked(lists.getAll())).filter((one) => time - one.contact > LONGEST_WITHOUT_CONTACT);
    for (const one of old) lists.delete(one.user);
    return old.some((one) => one.user === user);
  });
  const kept = user ? await listsOf(user) : null;
  if (!entry?.publicKey) return "none";
  if (gone || !kept) return "expired";
  return setBack ? "clock" : "locked";
}

// --- letting go

export const forgetNames = (user) => transact(["people", "lists"], "readwrite", async (people, lists) => {
  lists.delete(user);
  const entry = await asked(people.get(user));
  if (entry) people.put({ user, token: entry.token, tries: 0 });
});

// Everything, at once: nothing of Kursbuch is left on this phone.
export async function wipe() {
  await transact(["meta", "people", "lists", "queue"], "readwrite", (...stores) => { for (const store of stores) store.clear(); });
  deviceKey = null;
  (await database()).close();
  opened = null;
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase("kursbuch");
    request.onsuccess = request.onerror = request.onblocked = resolve;
  });
  for (const name of Object.keys(localStorage)) if (name.startsWith("kursbuch")) localStorage.removeItem(name);
}
