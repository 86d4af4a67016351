// A passkey in the place of a code: asks the browser for one, and sends with the form what it answers.

const kinds = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

const form = document.querySelector("form[data-passkey]");
if (form && window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  const kept = form.querySelector("[data-answer]");
  form.closest("[data-needs-passkeys]").hidden = false;
  form.addEventListener("submit", async (event) => {
    if (kept.value) return;
    event.preventDefault();
    try {
      const answer = await kinds[form.dataset.passkey](JSON.parse(form.dataset.options));
      kept.value = JSON.stringify(answer.toJSON());
      form.requestSubmit();
    } catch {
      form.querySelector("[data-failed]").hidden = false; // called off, or no passkey here
    }
  });
}
