// Says in good time that a session ends, extends it by one click, and keeps what was typed when it has ended all the same: in
// the page, nowhere else, and covered until the same person is signed in again. The server decides; this only asks it.

const box = document.getElementById("session");
const main = document.getElementById("main");
const token = document.querySelector("meta[name=csrf-token]");
const WARN = 150_000; // security.md SE-4: at least two minutes before
const OFTEN = 60_000; // how exactly the server knows when somebody was last here
let ends = Date.now() + box.dataset.seconds * 1_000;
let told = Date.now(); // when the server last heard that somebody is here
let acted = 0; // when somebody last did something
let typed = false; // something that was not sent
let over = false;
let lastHours = false; // the working day ends: no click helps, so nobody is asked again

// True: signed in, and `ends` is known anew. False: signed out.
async function ask(method) {
  const headers = { Accept: "application/json", "X-CSRFToken": token.content };
  const answer = await fetch(box.dataset.session, { method, headers, cache: "no-store" });
  if (answer.status === 401) return false;
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const now = await answer.json();
  if (String(now.user) !== box.dataset.user) location.reload(); // somebody else sits here now
  ends = Date.now() + now.seconds * 1_000;
  token.content = now.csrf_token;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = now.csrf_token;
  return true;
}

function show(part) {
  for (const one of box.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== part;
  if (!box.open) box.showModal();
  box.querySelector(`[data-part=${part}] .button`).focus();
}

function goOn() {
  over = main.hidden = false;
  if (box.open) box.close();
}

function finish() {
  if (!typed) return location.reload(); // to the page to sign in, and from there back here
  over = main.hidden = true;
  show("over");
}

async function stay() {
  told = Date.now();
  if (!(await ask("POST"))) return finish();
  lastHours = ends - Date.now() < WARN;
  goOn();
}

async function look() {
  const left = ends - Date.now();
  if (over) {
    if (await ask("GET")) goOn();
  } else if (left > WARN) {
    if (box.open) goOn();
    if (acted > told && Date.now() - told > OFTEN) await stay();
  } else if (left <= 0 || !(box.open || lastHours)) {
    if (!(await ask("GET"))) return finish();
    if (ends - Date.now() > WARN) return goOn(); // another window has extended it
    const until = { hour: "2-digit", minute: "2-digit" };
    box.querySelector("[data-until]").textContent = new Date(ends).toLocaleTimeString("de", until);
    show("warning");
  }
}
const looking = () => look().catch(() => {}); // without a connection: later
const staying = () => stay().catch(() => {});

setInterval(() => { if (!over) looking(); }, 5_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) looking(); });
for (const name of ["input", "keydown", "pointerdown"]) addEventListener(name, () => { if (!box.open) acted = Date.now(); });
addEventListener("input", ({ target }) => { typed ||= target.form?.method === "post"; });
addEventListener("submit", (event) => {
  if (box.contains(event.target)) return;
  if (Date.now() < ends) { typed = false; return; }
  event.preventDefault(); // the server would lead to the page to sign in, and what was typed would be gone
  looking();
}, { capture: true });
box.addEventListener("cancel", (event) => { event.preventDefault(); if (!over) staying(); });
box.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); staying(); });
box.querySelector("[data-again]").addEventListener("click", looking);
