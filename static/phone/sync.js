// Sends what waits, by itself, until the server has said what became of it. Nothing is forgotten before that.

import * as store from "./store.js";

const MOST_AT_ONCE = 500;
const IDLE = 1_000; // after a tap, before it is sent: three quick taps are one message
const AGAIN = 30_000;
const LONGEST_PAUSE = 300_000;
const PATIENCE = 20_000;

let account = null; // whose marks are sent, as a text
let csrf = "";
let timer = 0;
let failures = 0;
let first = Promise.resolve(); // what has to be known before the first message
const listeners = new Set();

// Why marks still wait: "" (nothing known against it), offline, later, signIn.
export const state = { waiting: 0, troubled: 0, others: 0, why: "", reached: false };
const channel = new BroadcastChannel("kursbuch");
channel.onmessage = () => tell({ aloud: false });

export const listen = (listener) => { listeners.add(listener); };
export const unlisten = (listener) => { listeners.delete(listener); };

export async function tell({ aloud = true } = {}) {
  if (account === null) return;
  Object.assign(state, await store.count(account));
  if (aloud) channel.postMessage("changed");
  for (const listener of listeners) listener(state);
}

// The office has taken this phone its lists.
export class Wiped extends Error {}
let wiped = () => {};
export const onWiped = (act) => { wiped = act; };

// Asks the server as whoever is signed in. Answers with JSON, or throws {why}: nothing else is an answer.
export async function ask(address, options = {}) {
  let response;
  try {
    const token = await store.token(account);
    const headers = { Accept: "application/json", ...(token && { "X-Device": token }), ...options.headers };
    response = await fetch(address, { ...options, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw Object.assign(new Error("no network"), { why: "offline" });
  }
  const answer = (response.headers.get("Content-Type") ?? "").includes("json") ? await response.json().catch(() => null) : null;
  if (answer?.wipe) throw new Wiped();
  if (response.ok && answer) return answer;
  const after = Number(response.headers.get("Retry-After")) * 1_000 || 0;
  const isJson = answer !== null;
  const why = response.status === 401 || (response.status === 409 && isJson) ? "signIn" : "later";
  throw Object.assign(new Error(`answered ${response.status}`), { why, after, status: response.status, isJson });
}

// The lists of seven days, or the day of one meeting. Also brings the token that a page from the phone's store lacks.
export async function lists(question = "days=7") {
  const asked = Date.now();
  const told = await ask(`/attendance/day?${question}`);
  if (String(told.user) !== account) throw Object.assign(new Error("another account"), { why: "signIn" });
  csrf = told.csrf_token;
  return { asked, meetings: told.meetings };
}

export const identify = (user) => { account = user; };

// Tells how much waits, and sends nothing.
export async function watch(user) {
  Object.assign(state, await store.count(user));
  for (const listener of listeners) listener(state);
}

export function start(user, token, before = Promise.resolve()) {
  account = user;
  csrf = token;
  first = before;
  addEventListener("online", () => { failures = 0; soon(0); });
  addEventListener("pageshow", () => soon(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
  return tell().then(() => soon(0));
}

export function soon(pause = IDLE) {
  clearTimeout(timer);
  timer = setTimeout(send, pause);
}

// Sends until nothing waits or nothing goes; says whether nothing waits any more. One page at a time.
export async function send() {
  clearTimeout(timer);
  if (account === null) return false;
  try {
    await first;
    const done = await navigator.locks.request("kursbuch-send", sendAll);
    failures = 0;
    state.why = "";
    await tell();
    return done;
  } catch (problem) {
    if (problem instanceof Wiped) return wiped();
    failures += 1;
    state.why = problem.why ?? "later";
    await tell();
    const pause = Math.min(AGAIN * 2 ** (failures - 1), LONGEST_PAUSE);
    if (state.waiting && state.why !== "signIn") timer = setTimeout(send, Math.max(pause, problem.after ?? 0));
    return false;
  }
}

async function sendAll() {
  for (;;) {
    const waiting = (await store.recorded(account)).filter((one) => one.state === "waiting").slice(0, MOST_AT_ONCE);
    if (!waiting.length) return true;
    if (!navigator.onLine) throw Object.assign(new Error("no network"), { why: "offline" });
    if (!csrf) await lists("days=1");
    await take(waiting);
    await tell();
  }
}

// A message that cannot be read as a whole is halved until the one event is found that is to blame.
async function take(waiting) {
  let results;
  try {
    results = await post(waiting);
  } catch (problem) {
    if (problem.status !== 400 || !problem.isJson) throw problem;
    if (waiting.length === 1) return store.settle([{ id: waiting[0].id, state: "refused", reason: "" }]);
    const middle = Math.ceil(waiting.length / 2);
    await take(waiting.slice(0, middle));
    return take(waiting.slice(middle));
  }
  const ids = new Set(waiting.map((one) => one.id));
  const final = { stored: "sent", duplicate: "sent", refused: "refused", conflict: "conflict" };
  const answers = results.filter((one) => ids.has(one.id) && one.status in final)
    .map((one) => ({ id: one.id, state: final[one.status], reason: one.reason ?? "" }));
  if (!answers.length) throw Object.assign(new Error("no answer to any event"), { why: "later" });
  return store.settle(answers);
}

async function post(waiting, again = true) {
  const body = JSON.stringify({ sent_at: new Date().toISOString(), events: waiting.map((one) => one.event) });
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf, "X-User": account };
  try {
    const { results } = await ask("/attendance/sync", { method: "POST", headers, body });
    return Array.isArray(results) ? results : [];
  } catch (problem) {
    if (problem.status !== 400 || problem.isJson || !again) throw problem;
    await lists("days=1"); // signed in anew since the page was built: with a new token
    return post(waiting, false);
  }
}
