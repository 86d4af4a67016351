// What a leader's page does beyond showing itself: send what waits, renew the lists, offer to take them along, ask before
// signing out. The page says who is signed in (data-user); the page that the phone keeps says that it does not know (data-shell).

import * as store from "./store.js";
import * as sync from "./sync.js";
import { askForPin } from "./pin.js";
import { Roll } from "./roll.js";
import { many, say } from "./texts.js";

const SCOPES = ["/today", "/meetings/"];
const OFTEN_ENOUGH = 5 * 60_000; // lists younger than this are not asked for again
const DAYS_KEPT = 3 * 86_400_000;
const page = document.body.dataset;
let emptied = false;
// The worker has the server's page after all (worker.js). Heard from the first moment on: a message does not wait for a listener.
const arrival = new Promise((resolve) => {
  navigator.serviceWorker?.addEventListener("message", ({ data }) => { if (data?.arrived) resolve(); });
});

// --- the strip under the head of every page

function showStrip({ waiting, others, why, troubled }) {
  const strip = document.getElementById("strip");
  const lives = document.querySelector("form[data-live=on]");
  const reason = waiting && why ? say(why) : "";
  const back = "shell" in page && sync.state.reached;
  const count = waiting ? many("waiting", waiting) : others ? many("others", others) : back ? say("back") : "";
  strip.querySelector("[data-strip=count]").textContent = emptied ? say("emptied") : count;
  strip.querySelector("[data-strip=why]").textContent = reason && `– ${reason}`;
  const signIn = strip.querySelector("[data-strip=sign-in]");
  signIn.hidden = !(waiting && why === "signIn");
  if (location.pathname !== "/login") signIn.href = `/login?next=${encodeURIComponent(location.pathname)}`;
  else signIn.hidden = true;
  strip.querySelector("[data-strip=reload]").hidden = !back;
  strip.hidden = !emptied && (Boolean(lives) || !(waiting || others)) && !back; // a roll call has its own counter, at the thumb
  if (troubled && (page.user || "shell" in page)) showProblems();
  else document.getElementById("problems").hidden = true;
}

// Said only when it lasts: a mark that is sent a second later needs no announcement.
let announcing = 0;
let announced = "";
function announce({ waiting, why }) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    const text = waiting ? `${many("waiting", waiting)}${why ? ` – ${say(why)}` : ""}` : announced ? say("sent") : "";
    if (text !== announced) document.getElementById("strip-said").textContent = text;
    announced = waiting ? text : "";
  }, 3_000);
}

// What was not taken stays until it was read; what has one reason at one meeting is read at once.
async function showProblems() {
  const section = document.getElementById("problems");
  const groups = new Map();
  for (const one of await store.recorded(user)) {
    if (["waiting", "sent"].includes(one.state)) continue;
    const heading = one.event ? `${one.about.course}, ${day(one.about.date)}: ${reason(one)}` : say("unreadable");
    groups.set(heading, [...(groups.get(heading) ?? []), one]);
  }
  section.querySelector("[data-problems]").replaceChildren(...[...groups].map(([heading, members]) => {
    const item = section.querySelector("template").content.cloneNode(true).firstElementChild;
    item.querySelector("b").textContent = heading;
    item.querySelector("span").textContent = [...new Set(members.filter((one) => one.event).map(who))].join(", ");
    item.querySelector("button").addEventListener("click", async () => {
      await store.forget(members.map((one) => one.id));
      document.getElementById("main").focus({ preventScroll: true });
      await sync.tell();
    });
    return item;
  }));
  section.hidden = !groups.size;
}

const day = (date) => new Date(`${date}T12:00`).toLocaleDateString(document.documentElement.lang);
const reason = ({ state, answer }) => answer?.reason || say(state === "conflict" ? "conflict" : "notTaken");
// By name where the page shows the person, else by the number on the paper: names lie only under the PIN.
function who({ event, about }) {
  const row = document.querySelector(`form[data-meeting="${event.meeting}"] #row-${event.enrolment} .roll-name bdi`);
  return `${row?.textContent ?? say("number", { n: about.number })} „${say(`mark_${event.mark}`)}“`;
}

// --- the lists of seven days

async function renew() {
  if (!(await store.hasPin(user))) return forgetShown({ asked: 0, meetings: [] });
  const kept = await store.listsOf(user);
  if (kept && Math.abs(Date.now() - kept.contact) < OFTEN_ENOUGH) return;
  await keep(await sync.lists());
}

// Lists that came just now: the phone keeps them, and forgets what they show already.
async function keep(lists) {
  await store.saveLists(user, lists.meetings, lists.asked);
  await forgetShown(lists);
}

async function forgetShown({ asked, meetings }) {
  const shown = new Set(meetings.map((meeting) => meeting.id));
  const old = (await store.recorded(user)).filter((one) =>
    one.state === "sent" && ((one.sent < asked && shown.has(one.event?.meeting)) || one.sent < Date.now() - DAYS_KEPT));
  if (old.length) await store.forget(old.map((one) => one.id));
}

// --- a phone that may not keep anything any more

async function giveUpWorker() {
  if (!("serviceWorker" in navigator)) return;
  const kept = await navigator.serviceWorker.getRegistrations();
  await Promise.all(kept.map((one) => one.unregister()));
  for (const name of await caches.keys()) await caches.delete(name);
}

async function wipe() {
  await store.wipe();
  await giveUpWorker();
}

// The office took this phone its lists.
async function wipeAsTold() {
  await wipe();
  emptied = true;
  showStrip({ waiting: 0, others: 0, troubled: 0, why: "" });
  document.dispatchEvent(new Event("wiped"));
}

async function obey() {
  const token = await store.token(user);
  if (!token) return;
  const response = await fetch("/attendance/contact", { headers: { "X-Device": token }, cache: "no-store" }).catch(() => null);
  const told = response?.ok ? await response.json().catch(() => null) : null;
  if (told?.wipe === true) await wipeAsTold();
}

async function register() {
  if (!("serviceWorker" in navigator)) return;
  if (!page.worker) { // the office has switched this off
    await giveUpWorker();
    await store.forgetNames(user);
    return;
  }
  for (const scope of SCOPES) {
    await navigator.serviceWorker.register(page.worker, { scope, updateViaCache: "none" });
  }
}

// --- signing out

function guardLeaving() {
  const form = document.querySelector("form[data-logout]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { waiting, others } = await store.count(user).catch(() => ({ waiting: 0, others: 1 }));
    if (waiting) return askBeforeLeaving(form, waiting, others);
    await leave(form, others);
  });
}

function askBeforeLeaving(form, waiting) {
  const dialog = document.getElementById("leaving");
  const failed = dialog.querySelector("[data-leaving=failed]");
  dialog.querySelector("[data-leaving=count]").textContent = many("waiting", waiting);
  failed.hidden = true;
  dialog.onclick = async ({ target }) => {
    const button = target.closest("button");
    if (button?.value === "stay") dialog.close();
    if (button?.value === "leave") await leave(form);
    if (button?.value === "send") {
      await sync.send();
      const left = await store.count(user);
      if (!left.waiting) return leave(form);
      dialog.querySelector("[data-leaving=count]").textContent = many("waiting", left.waiting);
      failed.hidden = false;
    }
  };
  dialog.showModal();
}

// Names go at once; everything goes when nothing of anybody waits here any more.
async function leave(form) {
  try {
    const { waiting, others, troubled } = await store.count(user);
    await store.forgetNames(user);
    if (!waiting && !others && !troubled) {
      await wipe();
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "empty", value: "1" }));
    }
  } finally {
    form.submit();
  }
}

// ---

let user = page.user ?? null;

async function begin() {
  if ("shell" in page || !user) user = await store.current();
  else await store.arrive(user);
  sync.onWiped(wipeAsTold);
  sync.listen(showStrip);
  sync.listen(announce);
  if ("shell" in page) {
    const { Shell } = await import("./shell.js");
    await new Shell(user, { keep, obey, arrival }).begin();
    return;
  }
  if (!user) return;
  if (!page.user) { // the page to sign in: it shows what waits, and sends nothing in a name it does not know
    await sync.watch(user);
    return obey();
  }
  await store.expire(user);
  const form = document.querySelector("form[data-live][data-meeting]");
  let known = Promise.resolve();
  sync.identify(user);
  if (form) {
    const roll = new Roll(form, user, { id: Number(form.dataset.meeting), date: form.dataset.date, course: form.dataset.course });
    await roll.ready;
    known = roll.refresh();
  }
  guardLeaving();
  await askForPin(user, () => renew().then(() => navigator.storage?.persist?.()));
  await sync.start(user, document.querySelector("meta[name=csrf-token]").content, known);
  await obey();
  if (emptied) return;
  await register();
  await renew().catch(() => {}); // no network: the lists stay as old as they are
}

if (store.usable && document.getElementById("strip")) begin();
