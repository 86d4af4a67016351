// Asks once, on Heute, whether this phone may take the lists along, and for the PIN that opens them.

import * as store from "./store.js";
import * as sync from "./sync.js";
import { say } from "./texts.js";

const DECLINED = "kursbuch-declined";
const DIGITS = /^\d{6}$/;

// All alike, a staircase, a pair or three repeated, a day with its year: what a finder tries first.
export function tooEasy(pin) {
  const steps = new Set([...pin].slice(1).map((digit, n) => (Number(digit) - Number(pin[n]) + 10) % 10));
  const [day, month] = [Number(pin.slice(0, 2)), Number(pin.slice(2, 4))];
  return steps.size === 1 || /^(..)\1\1$|^(...)\2$/.test(pin) || (day >= 1 && day <= 31 && month >= 1 && month <= 12);
}

const declined = () => (localStorage.getItem(DECLINED) ?? "").split(",");

// Whoever has this page open with a finger holds a phone. Elsewhere nobody is asked; /attendance/devices offers it.
export async function askForPin(user, afterwards) {
  const dialog = document.getElementById("new-pin");
  const offered = document.querySelector("[data-take-along]");
  if (!dialog || !document.body.dataset.worker || (await store.hasPin(user))) return;
  if (offered) {
    offered.hidden = false;
    offered.querySelector("button").addEventListener("click", () => dialog.showModal());
  }
  listen(dialog, user, afterwards);
  const busy = document.querySelector("dialog[open]") !== null;
  if (location.pathname === "/today" && matchMedia("(pointer: coarse)").matches && !declined().includes(user) && !busy) dialog.showModal();
}

function listen(dialog, user, afterwards) {
  const field = dialog.querySelector("input");
  const error = dialog.querySelector(".error");
  const complain = (name) => {
    error.hidden = false;
    error.querySelector("span").textContent = say(name);
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };
  const save = async () => {
    const pin = field.value.trim();
    if (!DIGITS.test(pin)) return complain("sixDigits");
    if (tooEasy(pin)) return complain("tooEasy");
    dialog.setAttribute("aria-busy", "true");
    try {
      if (!(await store.token(user))) await store.setToken(user, await introduce());
      await store.setPin(user, pin);
    } catch (problem) {
      return complain(problem.why === "offline" ? "pinOffline" : "pinLater");
    } finally {
      dialog.removeAttribute("aria-busy");
    }
    field.value = "";
    dialog.close();
    await afterwards();
  };
  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.value === "save") save();
    if (button?.value === "never") {
      localStorage.setItem(DECLINED, [...declined(), user].filter(Boolean).join(","));
      dialog.close();
    }
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") save(); });
}

// Tells the office that this phone exists, so that it can be locked from there.
async function introduce() {
  const { userAgent } = navigator;
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(userAgent)?.[0] ?? say("device");
  const browser = /Firefox|Edg|Chrome|Safari/.exec(userAgent)?.[0] ?? "";
  const body = JSON.stringify({ name: `${system} ${browser}`.trim() });
  const csrf = document.querySelector("meta[name=csrf-token]").content;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  return (await sync.ask("/attendance/devices", { method: "POST", headers, body })).token;
}
