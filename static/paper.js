// The secret stands behind the # of the address, where no server reads it; it is sent only when somebody types the PIN.
const field = document.querySelector("input[name=secret]");
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search); // not in the history, not over somebody's shoulder
  field.closest(".field").hidden = true;
  document.querySelector("input[name=pin]").focus();
}
for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => { if (field.value) link.hash = field.value; });
}
