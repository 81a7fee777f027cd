/* The texts the server put into the page, by key; {names} are filled here. */
const texts = JSON.parse(document.getElementById("i18n")?.textContent ?? "{}");

/** The text of `key`; a key that is missing shows itself, so that it is seen. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The reader: language, zone, login. */
export const reader = JSON.parse(document.getElementById("reader")?.textContent ?? "{}");
