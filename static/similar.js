// Comfort only: who may be there already is asked again before saving. Asks while somebody types, and shows it below the names.
const form = document.querySelector("form[data-similar]");
const shown = document.getElementById("similar");
const names = ["given_name", "family_name", "called_name", "birth_name", "native_name", "birth_date"];
let pause, asking;

async function look() {
  asking?.abort();
  asking = new AbortController();
  const address = new URL(form.dataset.similar, location.href);
  for (const name of names) address.searchParams.set(name, form.elements[name].value);
  try {
    const answer = await fetch(address, { signal: asking.signal });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("similar");
    // Said once, not at every letter.
    if (answer.ok && found && found.textContent.trim() !== shown.textContent.trim()) shown.replaceChildren(...found.children);
  } catch {
    // Without a connection, or overtaken by the next letter.
  }
}

form?.addEventListener("input", ({ target }) => {
  if (!names.includes(target.name)) return;
  clearTimeout(pause);
  pause = setTimeout(look, 250);
});
