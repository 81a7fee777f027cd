/* Building elements without ever parsing HTML: children are nodes or plain text. */

const DIRECTION = /[\u202a-\u202e\u2066-\u2068]/;

/* What turns the direction of writing must not turn what stands after it: a text that does is put into a box of its own. */
function closed(child) {
  if (typeof child !== "string" || !DIRECTION.test(child)) return child;
  const box = document.createElement("bdi");
  box.textContent = child;
  return box;
}

/** An element. Properties that start with "on" are listeners, "data-*" and "aria-*" attributes, the rest properties. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value === true ? "" : value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map(closed));
  return element;
}

export function icon(name) {
  return h("i", { class: `ti ti-${name}`, "aria-hidden": "true" });
}

/** A listener on the whole document for elements that match, now and after any swap. */
export function on(type, selector, handler) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest(selector) : null;
    if (element) handler(event, element);
  });
}

export function isTyping(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}
