/* Swapping the page inside the frame, as a clicked link does. */
import htmx from "htmx.org";

/** Open an address in #page; the phone and its call stay. */
export function open(href) {
  return htmx.ajax("GET", href, { target: "#page", select: "#page", swap: "outerHTML", push: "true" });
}

/** Calls `handler(root)` now and for every part of the page that is swapped in. */
export function onContent(handler) {
  const run = () => handler(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
  else run();
  document.addEventListener("htmx:after:swap", run);
}

export const path = () => location.pathname + location.search;
