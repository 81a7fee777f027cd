/* Swapping the page inside the frame, as a clicked link does. */
import htmx from "htmx.org";

/** Open an address in #page; the phone and its call stay. A later wish replaces one that is still under way. */
export function open(href) {
  return htmx.ajax("GET", href, { source: "#frame", target: "#page", select: "#page", swap: "outerHTML show:top", push: "true" });
}

/** Fetch one element of the present page anew; the rest, and what is typed elsewhere, stays. */
export function renew(element) {
  const itself = `#${CSS.escape(element.id)}`;
  return htmx.ajax("GET", path(), { source: element, target: element, select: itself, swap: "outerHTML" });
}

/** Calls `handler(root)` now and for every part of the page that is swapped in. */
export function onContent(handler) {
  const run = () => handler(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
  else run();
  document.addEventListener("htmx:after:swap", run);
}

export const path = () => location.pathname + location.search;
