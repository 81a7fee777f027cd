/* Swapping the page inside the frame, as a clicked link does. */
import htmx from "htmx.org";

/** Open an address in #page; the phone and its call stay. A later wish replaces one that is still under way. */
export function open(href) {
  return htmx.ajax("GET", href, { source: "#frame", target: "#page", select: "#page", swap: "outerHTML show:top", push: "true" });
}

/** Fetch elements of the present page anew, all by one look at it; the rest, and what is typed elsewhere, stays. */
export function renew(first, ...others) {
  const itself = ({ id }) => `#${CSS.escape(id)}`;
  const selectOOB = others.map((one) => `${itself(one)}:outerHTML`).join(",");
  return htmx.ajax("GET", path(), { source: first, target: first, select: itself(first), selectOOB, swap: "outerHTML" });
}

/** Calls `handler(root)` now and for every part of the page that is swapped in. */
export function onContent(handler) {
  const run = () => handler(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
  else run();
  document.addEventListener("htmx:after:swap", run);
}

export const path = () => location.pathname + location.search;
