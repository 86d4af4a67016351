// The page that the phone keeps: asks for the PIN, and draws the day and the roll call from what lies here.

import * as store from "./store.js";
import * as sync from "./sync.js";
import { Roll } from "./roll.js";
import { many, say } from "./texts.js";

const ROLL_CALL = /^\/meetings\/(\d+)\/roll-call$/;
const HIDDEN_TOO_LONG = 10 * 60_000; // then the PIN is asked again
const PLACE = /@([a-z]+)@/g;
const ZONE = "Europe/Berlin";

// A copy of a <template>, its places (@name@) filled. Only texts and attributes are touched, so a name is never markup.
function copy(id, values = {}) {
  const made = document.getElementById(id).content.cloneNode(true);
  const fill = (text) => text.replace(PLACE, (whole, name) => values[name] ?? "");
  const walker = document.createTreeWalker(made, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (values[node.data.trim().slice(1, -1)] instanceof Node) node.replaceWith(values[node.data.trim().slice(1, -1)]);
      else if (node.data.includes("@")) node.data = fill(node.data);
    } else {
      for (const attribute of node.attributes) if (attribute.value.includes("@")) attribute.value = fill(attribute.value);
    }
  }
  return made;
}

const language = document.documentElement.lang;
const inBerlin = (moment, options) => new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options }).format(new Date(moment));
const clock = (moment) => inBerlin(moment, { hour: "2-digit", minute: "2-digit" });
const hours = ({ starts_at, ends_at }) => `${clock(starts_at)}\u2060–\u2060${clock(ends_at)}`; // never parted at a line's end
const isoDay = (moment) => new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(new Date(moment));
const long = (date) => inBerlin(`${date}T12:00Z`, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export class Shell {
  constructor(user, { keep, obey, arrival }) {
    Object.assign(this, { user, keep, obey, arrival, key: null, lists: null, roll: null, hidden: 0 });
  }

  async begin() {
    this.#listen();
    if (this.user) {
      sync.identify(this.user);
      sync.listen(() => this.#reach());
    }
    await this.open();
    this.arrival.then(() => this.#giveWay());
    if (this.user) await sync.start(this.user, "");
    await this.#reach();
  }

  // Shows what may be shown: the question for the PIN, or why there is none.
  async open() {
    this.#show(this.user ? await store.expire(this.user) : "none");
    if (!this.#section("locked").hidden) this.#field.focus();
  }

  // The server's page came late: it takes this one's place, unless somebody has begun to work here.
  #giveWay() {
    if (!this.lists && !this.#field.value && !this.#field.readOnly) location.reload();
  }

  get #field() { return document.getElementById("pin"); }
  #section(name) { return document.querySelector(`[data-state=${name}]`); }
  #show(name) {
    for (const section of document.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== name;
    if (name !== "content") this.#section("content").replaceChildren();
  }

  #listen() {
    this.#field.addEventListener("input", () => { if (/^\d{6}$/.test(this.#field.value)) this.#try(this.#field.value); });
    addEventListener("popstate", () => this.draw());
    document.addEventListener("click", (event) => {
      const link = event.target.closest("main a[href], .brand");
      if (!this.lists || !link || !this.#isInside(link)) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      this.draw();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.hidden = Date.now();
      else if (this.lists && Date.now() - this.hidden > HIDDEN_TOO_LONG) this.#lock();
    });
    addEventListener("online", () => this.#reach());
    document.addEventListener("wiped", () => { this.#close(); this.user = null; this.#show("wiped"); });
    setInterval(() => this.#look(), 60_000);
  }

  #isInside({ href }) {
    const { origin, pathname } = new URL(href);
    return origin === location.origin && (pathname === "/today" || ROLL_CALL.test(pathname));
  }

  // A list that grows too old while it is open closes.
  async #look() {
    if (this.lists && (await store.expire(this.user)) !== "locked") this.#lock();
  }

  #lock() {
    this.#close();
    return this.open();
  }

  #close() {
    this.roll?.stop();
    Object.assign(this, { key: null, lists: null, roll: null });
    this.#title(say("today"), "");
  }

  async #try(pin) {
    const field = this.#field;
    const error = document.getElementById("pin-error");
    field.readOnly = true;
    const { key, left } = await store.tryPin(this.user, pin);
    field.readOnly = false;
    field.value = "";
    error.hidden = Boolean(key);
    if (key) {
      this.key = key;
      this.lists = { meetings: await store.openLists(this.user, key), asked: (await store.listsOf(this.user))?.asked ?? 0 };
      return this.draw();
    }
    error.querySelector("span").textContent = left > 0 ? many("tries", left) : say("wiped");
    field.setAttribute("aria-invalid", "true");
    if (left > 0) field.focus();
    else {
      field.hidden = true;
      await sync.tell();
    }
  }

  // --- drawing

  draw() {
    if (!this.lists) return;
    this.roll?.stop();
    this.roll = null;
    const [, number] = ROLL_CALL.exec(location.pathname) ?? [];
    if (!number) this.#drawToday();
    else {
      const meeting = this.lists.meetings.find((one) => one.id === Number(number));
      if (meeting) this.#drawRollCall(meeting);
      else this.#show("elsewhere");
    }
    scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
    Promise.resolve(this.roll?.ready).then(() => sync.tell({ aloud: false }));
  }

  #title(heading, intro) {
    document.querySelector("h1").textContent = heading;
    document.getElementById("shell-intro").textContent = intro;
    document.title = `${heading} – Kursbuch`;
  }

  #put(...parts) {
    const content = this.#section("content");
    content.replaceChildren(...parts);
    this.#show("content");
    return content;
  }

  #drawToday() {
    const today = isoDay(Date.now());
    this.#title(say("today"), long(today));
    const content = this.#put(copy("t-today"));
    const [now, coming] = ["today", "coming"].map((name) => content.querySelector(`[data-list=${name}]`));
    const due = this.lists.meetings.find((one) => one.date === today && !one.closed && !one.cancelled);
    for (const meeting of this.lists.meetings) {
      const item = copy("t-meeting", this.#values(meeting)).firstElementChild;
      if (meeting.cancelled) item.classList.add("past");
      else if (meeting.date === today) item.classList.add("today");
      if (meeting === due) item.querySelector("a").classList.replace("secondary", "primary");
      if (!item.querySelector("div > p:nth-of-type(2)")?.textContent.trim()) item.querySelector("div > p:nth-of-type(2)")?.remove();
      (meeting.date === today ? now : coming).append(item);
    }
    content.querySelector("[data-empty]").hidden = now.children.length > 0;
    now.hidden = !now.children.length;
    coming.closest("section").hidden = !coming.children.length;
  }

  #values({ id, course, date, starts_at, ends_at, closed, cancelled }) {
    const [weekday, day, month, year] = [{ weekday: "short" }, { day: "numeric" }, { month: "short" }, { year: "numeric" }]
      .map((part) => inBerlin(starts_at, part).replace(/\.$/, ""));
    const over = cancelled ? copy("t-cancelled") : closed ? copy("t-closed") : null;
    return {
      course, iso: date, weekday, day, month, year, hours: hours({ starts_at, ends_at }), url: `/meetings/${id}/roll-call`,
      text: say(over ? "view" : "open"), date: inBerlin(starts_at, { dateStyle: "medium" }), ...(over && { state: over }),
    };
  }

  #drawRollCall(meeting) {
    this.#title(meeting.course, `${long(meeting.date)}, ${hours(meeting)}`);
    if (!meeting.roster.length) return this.#put(copy("t-heads"));
    const content = this.#put(copy("t-roll"));
    const form = content.querySelector("form");
    if (meeting.family) form.dataset.family = "";
    form.dataset.meeting = meeting.id;
    form.querySelector("ol").append(...families(meeting).map((members) => row(members, meeting)));
    if (meeting.closed || meeting.cancelled) {
      for (const control of form.querySelectorAll("input, select")) control.disabled = true;
      for (const part of form.querySelectorAll(".action-bar, .small")) part.remove();
      form.before(copy("t-locked"));
    }
    if (meeting.date > isoDay(Date.now())) for (const button of form.querySelectorAll(".action-bar button")) button.remove();
    const known = { roster: meeting.roster, asked: this.lists.asked };
    if (form.querySelector(".action-bar")) this.roll = new Roll(form, this.user, meeting, known);
    else this.#showClosed(form, meeting);
  }

  // Nothing can be changed: the buttons only show what was recorded.
  #showClosed(form, { roster }) {
    for (const { enrolment, member, mark } of roster) {
      const names = [`mark-${enrolment}`, `family-${enrolment}`, member === null ? `adult-${enrolment}` : `child-${enrolment}-${member}`];
      for (const name of names) {
        const value = name.startsWith("family") && mark === "present" ? "together" : mark;
        const input = form.querySelector(`input[name="${name}"][value="${value}"]`);
        if (input) input.checked = true;
      }
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // --- back in the network

  // Sends, and renews what is shown; the page as the server has it is one tap away.
  async #reach() {
    if (!this.user || !navigator.onLine || this.reaching) return;
    this.reaching = true;
    try {
      await this.obey();
      if (!this.user) return;
      const lists = await sync.lists();
      await this.keep(lists);
      sync.state.reached = true;
      if (this.lists) this.lists = lists;
      await this.roll?.apply(lists);
      if (!this.lists && this.#section("locked").hidden) await this.open();
      await sync.tell({ aloud: false });
    } catch (problem) {
      sync.state.why = problem.why ?? "";
      await sync.tell({ aloud: false });
    } finally {
      setTimeout(() => { this.reaching = false; }, 15_000);
    }
  }
}

// The members of each line together, the adult first.
function families({ roster }) {
  const lines = new Map();
  for (const one of roster) lines.set(one.enrolment, [...(lines.get(one.enrolment) ?? []), one]);
  return [...lines.values()];
}

function row([adult, ...children], { family, marks, date }) {
  const { enrolment, number, name } = adult;
  const offered = new Set([...marks, "not_recorded", ...[adult, ...children].map((one) => one.mark)]);
  const made = family
    ? copy("t-family", { family: enrolment, number, name, children: namesOf(children), rest: split(adult, children), was: "" })
    : copy("t-person", { id: enrolment, number, name, was: "" });
  for (const input of made.querySelectorAll("input[data-counts]")) {
    const mark = input.value === "together" ? "present" : input.value;
    if (mark !== "split" && !offered.has(mark)) input.closest("label").remove();
  }
  if (date > isoDay(Date.now())) made.querySelector(".times")?.remove();
  return made;
}

function namesOf(children) {
  if (!children.length) return "";
  const small = document.createElement("small");
  small.textContent = children.map((child) => child.name).join(", ");
  return small;
}

function split(adult, children) {
  const made = copy("t-split");
  made.firstElementChild.append(
    copy("t-adult", { name: adult.name, field: `adult-${adult.enrolment}` }),
    ...children.map((child) => copy("t-child", { name: child.name, field: `child-${child.enrolment}-${child.member}` })),
  );
  return made;
}
