// One person at a time: large buttons, swipe or arrow keys, forward and back. The list is the same list; only one line is shown.

import { say } from "./texts.js";

const REMEMBERED = "kursbuch-view";
const SWIPE = 60; // pixels that no tap moves
const AFTER_A_TAP = 250; // long enough to see what was chosen

export function oneByOne(form) {
  const toggle = form.querySelector("button[data-view]");
  const steps = form.querySelector("[data-steps]");
  const rows = [...form.querySelectorAll("[data-row]")];
  if (!toggle || rows.length < 2) return;
  const [back, on] = steps.querySelectorAll("[data-step]");
  let place = 0;

  const isOpen = (row) => row.querySelector("input[data-counts]:checked")?.dataset.counts === "open";
  const go = (to, focus = false) => {
    place = Math.min(Math.max(to, 0), rows.length - 1);
    rows.forEach((row, n) => row.toggleAttribute("data-shown", n === place));
    steps.querySelector("[data-place]").textContent = say("of", { n: place + 1, m: rows.length });
    const { top, bottom } = rows[place].getBoundingClientRect();
    if (isSingle() && (top < 0 || bottom > innerHeight)) toggle.scrollIntoView();
    // A button that has the focus is never switched off: it would lose it.
    back.setAttribute("aria-disabled", String(place === 0));
    on.setAttribute("aria-disabled", String(place === rows.length - 1));
    if (focus) {
      const name = rows[place].querySelector(".roll-name bdi").textContent;
      document.getElementById("strip-said").textContent = `${name}, ${say("of", { n: place + 1, m: rows.length })}`;
    }
  };
  const show = (single) => {
    form.dataset.view = single ? "single" : "list";
    toggle.querySelector("span").textContent = say(single ? "list" : "single");
    steps.hidden = !single;
    if (single) go(Math.max(0, rows.findIndex(isOpen)));
    localStorage.setItem(REMEMBERED, form.dataset.view);
  };
  const isSingle = () => form.dataset.view === "single";

  toggle.addEventListener("click", () => {
    show(!isSingle());
    toggle.scrollIntoView(); // the person and all buttons fit on the screen of a phone
  });
  steps.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step]");
    if (button) go(place + Number(button.dataset.step), true);
  });
  // Arrows belong to the buttons of a mark while one of them has the focus.
  form.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !isSingle() || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    go(place + step, true);
  });

  let from = null;
  let swiped = false;
  let tapped = 0;
  const list = form.querySelector(".roll");
  list.addEventListener("pointerdown", (event) => {
    from = isSingle() && event.isPrimary && !event.target.closest("select, input:not([type=radio])") ? event : null;
    swiped = false;
  });
  list.addEventListener("pointercancel", () => { from = null; });
  addEventListener("pointerup", (event) => {
    tapped = event.timeStamp;
    if (!from) return;
    const [x, y] = [event.clientX - from.clientX, event.clientY - from.clientY];
    from = null;
    if (Math.abs(x) < SWIPE || Math.abs(x) < 2 * Math.abs(y)) return;
    swiped = true;
    go(place + (x < 0 ? 1 : -1), true);
  });
  list.addEventListener("click", (event) => { if (swiped) { event.preventDefault(); event.stopPropagation(); } }, { capture: true });
  // A thumb that has chosen wants the next person; a keyboard walks through the choices, and a reason may still be asked.
  list.addEventListener("change", (event) => {
    const { reveals } = event.target.dataset;
    const byThumb = event.timeStamp - tapped < 500;
    if (isSingle() && byThumb && event.target.type === "radio" && reveals !== "split" && reveals !== "reason") {
      const here = place;
      setTimeout(() => { if (here === place) go(place + 1, true); }, AFTER_A_TAP);
    }
  });

  form.querySelector("[data-views]").hidden = false;
  show(localStorage.getItem(REMEMBERED) === "single");
}
