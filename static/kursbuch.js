// Comfort only: every page works without this file.

// What is wrong is read first.
document.getElementById("error-summary")?.focus();

// Roll call: count while tapping. A row counts as its chosen radio says (data-counts: here, away, open); a row that is
// split ("parts") counts as its parts do: here if anyone is here, open while anyone is open.
const chosen = (scope) => [...scope.querySelectorAll("input[data-counts]:checked")].map((input) => input.dataset.counts);
function count(roll) {
  const sums = { here: 0, away: 0, open: 0 };
  for (const row of roll.querySelectorAll("[data-row]")) {
    const [first = "open", ...parts] = chosen(row); // nothing chosen: two people differ
    const word = first !== "parts" ? first : ["here", "open"].find((part) => parts.includes(part)) ?? "away";
    sums[word] += 1;
  }
  for (const counter of roll.querySelectorAll("[data-count]")) counter.textContent = sums[counter.dataset.count];
}
addEventListener("change", ({ target }) => { if (target.closest("form[data-roll]")) count(target.closest("form[data-roll]")); });
// A browser that goes back restores choices after the page was built.
addEventListener("pageshow", () => document.querySelectorAll("form[data-roll]").forEach(count));

// Nobody loses marks by a tap on a link. What is sent by itself (static/phone/roll.js) is not lost.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let unsaved = false;
  form.addEventListener("input", ({ target }) => { unsaved ||= !(form.dataset.live === "on" && target.closest("[data-row]")); });
  form.addEventListener("submit", (event) => { if (!event.defaultPrevented) unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}

// Work that goes on without us: look again while somebody looks. A script asks, so it keeps nobody signed in.
const work = document.querySelector("[data-reload]");
if (work) setInterval(async () => {
  if (document.hidden) return;
  const text = await fetch(location.href).then((answer) => answer.text(), () => "");
  const now = new DOMParser().parseFromString(text, "text/html").querySelector("[data-reload]");
  if (now) work.replaceChildren(...now.childNodes);
  else location.reload();
}, 2000);
