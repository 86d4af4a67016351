// What the scripts say; the server wrote it into the page, in the reader's language.

const texts = JSON.parse(document.getElementById("phone-texts")?.dataset.texts ?? "{}");

export const say = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), texts[name] ?? "");
export const many = (name, n) => say(n === 1 ? `${name}One` : `${name}Many`, { n });
