/* The result bar: a code shows the fields it demands; the time line filters by kind. */
import { on } from "./dom.js";
import { onContent } from "./page.js";

function demand(form) {
  const chosen = form.querySelector("input[name=code]:checked");
  const needs = chosen?.dataset.needs ?? "";
  const rarer = chosen?.closest(".result-more");
  if (rarer) rarer.open = true;
  for (const part of form.querySelectorAll("[data-need]")) {
    const shown = part.dataset.need.split(" ").includes(needs);
    part.hidden = !shown;
    for (const control of part.querySelectorAll("input, select, textarea")) {
      control.disabled = !shown;
      control.required = shown && control.hasAttribute("data-need-required");
    }
  }
}

function filterTimeline(button) {
  const panel = button.closest("[data-timeline]");
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  const kinds = [...panel.querySelectorAll("[data-timeline-kind][aria-pressed=true]")].map((one) => one.dataset.timelineKind);
  for (const entry of panel.querySelectorAll("li[data-kind]")) entry.hidden = kinds.length > 0 && !kinds.includes(entry.dataset.kind);
}

on("change", ".result-form input[name=code]", (_, input) => {
  demand(input.form);
  input.form.querySelector("[data-need]:not([hidden]) :is(input, select, textarea)")?.focus();
});
on("click", "[data-timeline-kind]", (_, button) => filterTimeline(button));
onContent((root) => root.querySelectorAll(".result-form").forEach(demand));
