// A roll call on which every tap is recorded at once and sent by itself. The same for a page of the server and for one that
// the phone drew from its own store: both have the markup of templates/attendance/lines.html.

import * as store from "./store.js";
import * as sync from "./sync.js";
import { oneByOne } from "./single.js";
import { many, say } from "./texts.js";

const TYPING = 1_500; // a time is typed in several strokes, and recorded once
const FRESH = 15_000; // how often what others recorded is looked up, at most
const MOST_REPLACED = 20;
const FIELDS = /^(was|mark|family|adult|child|arrived|left|reason)-/;
const WITH_REASON = new Set(["absent_notified", "absent_excused"]);
const NOTHING = { mark: "not_recorded", arrived_at: null, left_at: null, reason: null };

const pick = ({ mark, arrived_at, left_at, reason }) =>
  ({ mark, arrived_at: arrived_at || null, left_at: left_at || null, reason: reason || null });
const same = (a, b) => JSON.stringify(pick(a)) === JSON.stringify(pick(b));

// One line: a person, or a family whose members may be split.
class Line {
  constructor(row, isFamily) {
    this.row = row;
    this.isFamily = isFamily;
    this.enrolment = Number(row.id.slice("row-".length));
    const names = [...row.querySelectorAll("input[name^=child-]")].map((input) => Number(input.name.split("-")[2]));
    this.members = [null, ...new Set(names)];
  }

  key(member) { return `${this.enrolment}/${member ?? ""}`; }
  get choice() { return `${this.isFamily ? "family" : "mark"}-${this.enrolment}`; }
  part(member) { return member === null ? `adult-${this.enrolment}` : `child-${this.enrolment}-${member}`; }
  chosen(name, when = ":checked") { return this.row.querySelector(`input[name="${name}"]${when}`)?.value ?? null; }
  field(name) { return this.row.querySelector(`[name="${name}-${this.enrolment}"]`); }

  press(name, value) {
    for (const input of this.row.querySelectorAll(`input[name="${name}"]`)) input.checked = input.value === value;
  }

  // What the line says of each member; null where it says nothing. `asBuilt`: as the page came, before anybody touched it.
  read(asBuilt = false) {
    const when = asBuilt ? "[checked]" : ":checked";
    const choice = this.chosen(this.choice, when);
    const [arrived, left] = ["arrived", "left"].map((name) => this.field(name)?.[asBuilt ? "defaultValue" : "value"] || null);
    const reason = (asBuilt ? this.field("reason").querySelector("[selected]")?.value : this.field("reason").value) || null;
    return new Map(this.members.map((member) => {
      const mark = choice === "split" ? this.chosen(this.part(member), when) : choice === "together" ? "present" : choice;
      const here = mark === "present";
      return [member, mark && {
        mark, arrived_at: here ? arrived : null, left_at: here ? left : null, reason: WITH_REASON.has(mark) ? reason : null,
      }];
    }));
  }

  // Shows what holds; `known` has an entry for each member.
  show(known) {
    const entries = this.members.map((member) => known.get(this.key(member)) ?? NOTHING);
    const marks = new Set(entries.map((entry) => entry.mark));
    const disputed = entries.some((entry) => entry.disputed);
    if (!this.isFamily) this.press(this.choice, disputed ? null : entries[0].mark);
    else {
      const shared = entries[0].mark === "present" ? "together" : entries[0].mark;
      this.press(this.choice, marks.size > 1 || disputed ? "split" : shared);
      this.pressParts(entries);
    }
    const here = entries.find((entry) => entry.mark === "present");
    for (const [name, value] of [["arrived", here?.arrived_at], ["left", here?.left_at]]) {
      const field = this.field(name);
      if (field) field.value = value ?? "";
    }
    if (here?.arrived_at || here?.left_at) this.row.querySelector("details.times")?.setAttribute("open", "");
    this.field("reason").value = entries.find((entry) => entry.reason)?.reason ?? "";
    this.showDispute(disputed);
  }

  pressParts(entries) {
    this.members.forEach((member, n) => this.press(this.part(member), entries[n].disputed ? null : entries[n].mark));
  }

  showDispute(disputed) {
    const shown = this.row.querySelector(":scope > .alert");
    if (!disputed) shown?.remove();
    else if (!shown) this.row.querySelector("fieldset").after(document.getElementById("t-dispute").content.cloneNode(true));
  }
}

// user: whose marks these are. meeting: {id, date, course}. known: the roster of the phone, if it drew the page itself, and when
// it was asked for.
export class Roll {
  constructor(form, user, meeting, known = { roster: [], asked: performance.timeOrigin }) {
    this.form = form;
    this.user = user;
    this.meeting = meeting;
    this.lines = [...form.querySelectorAll("[data-row]")].map((row) => new Line(row, "family" in form.dataset));
    this.state = new Map();
    this.typing = new Map();
    this.written = Promise.resolve();
    this.fresh = 0;
    this.taps = 0;
    this.troubled = 0;
    this.tell = (state) => this.#tell(state);
    this.look = () => { if (!document.hidden) this.refresh(); };
    this.ready = this.#begin(known);
  }

  async #begin(known) {
    for (const line of this.lines) {
      const disputed = Boolean(line.row.querySelector(":scope > .alert"));
      for (const [member, entry] of line.read(true)) this.state.set(line.key(member), { ...(entry ?? NOTHING), events: null, disputed });
    }
    this.#listen();
    for (const line of this.lines) this.#commit(line); // taps that were faster than this script
    await this.#overlay(known.roster, known.asked);
    this.form.dataset.live = "on";
    oneByOne(this.form);
    this.#tell(sync.state);
  }

  #line(target) { return this.lines.find((line) => line.row.contains(target)); }

  #listen() {
    const { form } = this;
    form.addEventListener("change", ({ target }) => {
      const line = this.#line(target);
      if (line) return target.type === "time" ? this.#later(line) : this.#commit(line);
      if (target !== form) form.dataset.noted = "";
    });
    form.addEventListener("input", ({ target }) => {
      if (target.type === "time") this.#later(this.#line(target));
      else if (!this.#line(target)) form.dataset.noted = "";
    });
    form.addEventListener("focusout", ({ target }) => { if (target.type === "time") this.#now(this.#line(target)); });
    addEventListener("beforeunload", (event) => { if ("writing" in form.dataset) event.preventDefault(); });
    addEventListener("pagehide", () => { for (const line of this.typing.keys()) this.#now(line); });
    form.addEventListener("submit", (event) => this.#submit(event), { capture: true });
    form.addEventListener("formdata", ({ formData }) => {
      if (form.dataset.live !== "on") return;
      for (const name of [...formData.keys()]) if (FIELDS.test(name)) formData.delete(name); // stored already, event by event
    });
    form.addEventListener("click", ({ target }) => {
      const button = target.closest("button[type=button]");
      if (button?.value === "fill") this.#fill();
      if (button?.value === "close") this.#explain(say("closeOffline"));
    });
    sync.listen(this.tell);
    document.addEventListener("visibilitychange", this.look);
  }

  // The page shows something else now.
  stop() {
    for (const line of [...this.typing.keys()]) this.#now(line);
    sync.unlisten(this.tell);
    document.removeEventListener("visibilitychange", this.look);
  }

  #later(line) {
    clearTimeout(this.typing.get(line));
    this.typing.set(line, setTimeout(() => this.#now(line), TYPING));
  }

  #now(line) {
    if (!this.typing.has(line)) return;
    clearTimeout(this.typing.get(line));
    this.typing.delete(line);
    if (![...line.row.querySelectorAll("input[type=time]")].some((field) => field.validity.badInput)) this.#commit(line);
  }

  // What a line says and was not recorded yet, is recorded now.
  #commit(line) {
    const said = [...line.read()].filter(([member, entry]) => {
      const known = this.state.get(line.key(member));
      return entry && (known.disputed || !same(entry, known));
    });
    this.#record(said.map(([member, entry]) => [line, member, entry]));
    if (line.isFamily && line.chosen(line.choice) !== "split") {
      line.pressParts(line.members.map((member) => this.state.get(line.key(member))));
    }
    if (!line.members.some((member) => this.state.get(line.key(member)).disputed)) line.showDispute(false);
    this.#buttons();
  }

  // Writes events into the queue; says their ids. The state is changed before anything is waited for, so that taps follow each other.
  #record(said) {
    if (!said.length) return [];
    this.taps += 1;
    const entries = said.map(([line, member, entry]) => {
      const key = line.key(member);
      const known = this.state.get(key);
      const id = crypto.randomUUID();
      const replaces = [...(known.last ? [known.last] : []), ...(known.events ?? [])].slice(0, MOST_REPLACED);
      this.state.set(key, { ...entry, events: known.events, shown: known.shown ?? known, last: id, disputed: false });
      return {
        event: {
          id, meeting: this.meeting.id, enrolment: line.enrolment, member, ...pick(entry),
          recorded_at: new Date().toISOString(), replaces,
        },
        // Until the server's list is here, nobody knows which events the page showed: #overlay puts them in.
        unknown: known.events === null,
        about: { course: this.meeting.course, date: this.meeting.date, number: line.row.querySelector(".roll-number").textContent },
      };
    });
    this.form.dataset.writing = ""; // some milliseconds, in which nobody shall leave the page
    const before = this.written;
    const writing = before.then(() => store.add(this.user, entries)).catch((problem) => this.#failed(problem));
    this.written = writing;
    writing.then(() => {
      if (this.written === writing) delete this.form.dataset.writing;
      sync.tell();
      sync.soon();
    });
    return entries.map((entry) => entry.event.id);
  }

  // The phone is full, or does not let us write: then the page says so, and the form is the way it was without scripts.
  #failed(problem) {
    console.error(problem);
    this.form.dataset.live = "broken";
    this.#explain(say("notKept"));
  }

  // What the server told, and over it what this phone recorded since.
  async apply({ asked, meetings }) {
    const told = meetings.find((meeting) => meeting.id === this.meeting.id);
    if (told) await this.#overlay(told.roster, asked, true);
  }

  async #overlay(roster, asked, correct = false) {
    const base = new Map(roster.map((one) => [`${one.enrolment}/${one.member ?? ""}`, one]));
    let taps, mine;
    do { // until nobody tapped while we looked
      taps = this.taps;
      await this.written;
      mine = (await store.recorded(this.user)).filter((one) => one.event?.meeting === this.meeting.id);
      if (correct) await this.#know(base, mine);
    } while (taps !== this.taps);
    const over = new Map();
    for (const one of mine) {
      if (one.state === "waiting" || (one.state === "sent" && one.sent > asked)) {
        over.set(`${one.event.enrolment}/${one.event.member ?? ""}`, one.event);
      }
    }
    for (const line of this.lines) {
      const before = line.members.map((member) => this.state.get(line.key(member)));
      for (const [n, member] of line.members.entries()) {
        const key = line.key(member);
        const told = base.get(key);
        const own = over.get(key);
        const known = told ? { ...pick(told), events: told.events, disputed: told.disputed } : before[n];
        this.state.set(key, own ? { ...known, ...pick(own), last: own.id, disputed: false } : known);
      }
      const differs = line.members.some((member, n) => {
        const known = this.state.get(line.key(member));
        return !same(known, before[n]) || Boolean(known.disputed) !== Boolean(before[n].disputed);
      });
      if (differs && !this.typing.has(line)) line.show(this.state);
    }
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
    this.#buttons();
  }

  // Events that were recorded before the list came correct what the page showed, if the list still says that.
  async #know(base, mine) {
    const waiting = mine.filter((one) => one.state === "waiting" && one.unknown);
    const better = waiting.flatMap(({ event, unknown, about }) => {
      const told = base.get(`${event.enrolment}/${event.member ?? ""}`);
      const shown = this.state.get(`${event.enrolment}/${event.member ?? ""}`)?.shown;
      if (!told || (shown && !same(shown, told))) return [];
      return [{ event: { ...event, replaces: [...event.replaces, ...told.events].slice(0, MOST_REPLACED) }, unknown: false, about }];
    });
    if (better.length) await store.add(this.user, better);
  }

  // --- the buttons

  get #filled() {
    try {
      return new Set(JSON.parse(sessionStorage.getItem(`kursbuch-filled-${this.meeting.id}`) ?? "[]"));
    } catch {
      return new Set();
    }
  }

  // Members whom the button for all the rest marked, and of whom nobody said anything since.
  #stillFilled() {
    const filled = this.#filled;
    if (!filled.size) return [];
    return this.lines.flatMap((line) => line.members.filter((member) => {
      const { mark, last, events } = this.state.get(line.key(member));
      return mark === "present" && (filled.has(last) || (!last && events?.length === 1 && filled.has(events[0])));
    }).map((member) => [line, member]));
  }

  #fill() {
    const button = this.form.querySelector("[value=fill]");
    const undoing = button.dataset.undo === "yes";
    const whom = undoing ? this.#stillFilled() : this.lines.flatMap((line) =>
      line.members.filter((member) => {
        const { mark, disputed } = this.state.get(line.key(member));
        return mark === "not_recorded" && !disputed;
      }).map((member) => [line, member]));
    const ids = this.#record(whom.map(([line, member]) => [line, member, { ...NOTHING, mark: undoing ? "not_recorded" : "present" }]));
    sessionStorage.setItem(`kursbuch-filled-${this.meeting.id}`, JSON.stringify(undoing ? [] : ids));
    for (const line of new Set(whom.map(([one]) => one))) line.show(this.state);
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
    this.#buttons();
  }

  #buttons() {
    const marks = [...this.state.values()].map((one) => (one.disputed ? "not_recorded" : one.mark));
    const open = marks.includes("not_recorded");
    const fill = this.form.querySelector("[value=fill]");
    if (fill) {
      const undo = !open && this.#stillFilled().length > 0;
      fill.dataset.undo = undo ? "yes" : "no";
      const text = say(undo ? "undo" : "fill");
      if (fill.textContent !== text) fill.textContent = text;
      fill.hidden = !open && !undo;
    }
    // What comes next is the button that stands out.
    this.form.querySelector("[value=close]")?.classList.toggle("secondary", open);
  }

  async #submit(event) {
    const { submitter } = event;
    if (this.form.dataset.live !== "on" || this.form.dataset.flushed) {
      delete this.form.dataset.flushed;
      return;
    }
    event.preventDefault();
    if (submitter?.value === "fill") return this.#fill();
    const closing = submitter?.value === "close";
    for (const line of [...this.typing.keys()]) this.#now(line);
    this.form.setAttribute("aria-busy", "true");
    await this.written;
    const done = await sync.send();
    this.form.removeAttribute("aria-busy");
    if (!done) return this.#explain(say(navigator.onLine ? "closeWaits" : closing ? "closeOffline" : "saveOffline"));
    this.form.dataset.flushed = "yes";
    this.form.requestSubmit(submitter);
  }

  // --- what is told

  #explain(text) {
    const why = this.form.querySelector("[data-why]");
    why.textContent = text;
    why.hidden = false;
    document.getElementById("strip-said").textContent = text;
    this.explained = Date.now();
  }

  #tell({ waiting, troubled, why }) {
    const [unsent, reason] = ["[data-unsent]", "[data-why]"].map((name) => this.form.querySelector(name));
    if (waiting) this.touched = true;
    unsent.hidden = !this.touched && !troubled;
    unsent.textContent = waiting ? many("short", waiting) : troubled ? "" : say("sent");
    if (!waiting && troubled) unsent.append(Object.assign(document.createElement("a"), { href: "#problems", textContent: say("refused") }));
    unsent.classList.toggle("waits", waiting > 0);
    if (Date.now() - (this.explained ?? 0) < 8_000) return;
    reason.textContent = waiting && why ? say(why) : "";
    if (waiting && why === "signIn") {
      const link = Object.assign(document.createElement("a"), { href: `/login?next=${encodeURIComponent(location.pathname)}` });
      link.textContent = say("signInLink");
      reason.append(" ", link);
    }
    reason.hidden = !reason.textContent;
    if (troubled > this.troubled) this.fresh = 0; // the page shows what was not taken: put it right
    this.troubled = troubled;
    if (!waiting && this.touched) this.refresh();
  }

  // What others recorded meanwhile.
  async refresh() {
    if (Date.now() - this.fresh < FRESH) return;
    this.fresh = Date.now();
    try {
      await this.apply(await sync.lists(`date=${this.meeting.date}`));
    } catch { /* the next visit will tell */ }
  }
}
