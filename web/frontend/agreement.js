/* Promises and plans in seconds: quick values, the schedule as it is typed, and faults told at their field. */
import htmx from "htmx.org";
import { h, icon, on } from "./dom.js";
import { t } from "./i18n.js";
import { Refused, post } from "./net.js";
import { onContent, open, path } from "./page.js";
import { toast } from "./toast.js";

const PAUSE = 150;
const waiting = new WeakMap();

on("click", "[data-fill]", (_, button) => {
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
on("focusin", "[data-select]", (_, field) => field.select());
document.addEventListener("keydown", (event) => {
  const digit = event.altKey && /^Digit([1-9])$/.exec(event.code)?.[1];
  if (!digit) return;
  const shown = [...document.querySelectorAll(`[data-alt="${digit}"]`)].find((button) => button.checkVisibility());
  if (shown) {
    event.preventDefault();
    shown.click();
  }
});

/** The instalments come from the server: what is shown is what would be saved. */
function preview(part) {
  const lines = part.querySelector("[data-schedule-lines]");
  const asked = new URLSearchParams(new FormData(part.closest("form")));
  htmx.ajax("GET", `${part.dataset.schedule}?${asked}`, { source: lines, target: lines });
}

on("input", "[data-schedule]", (_, part) => {
  clearTimeout(waiting.get(part));
  waiting.set(part, setTimeout(() => preview(part), PAUSE));
});
on("click", "[data-open=plan-dialog]", () => preview(document.querySelector("#plan-dialog [data-schedule]")));
onContent((root) => root.querySelectorAll("dialog[open] [data-schedule]").forEach(preview));

function clearFaults(form) {
  form.querySelectorAll("[data-told]").forEach((told) => told.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

function tell(form, errors) {
  const untold = [];
  for (const [name, text] of Object.entries(errors)) {
    const field = form.querySelector(`[data-fault~="${CSS.escape(name)}"]:enabled`);
    if (!field) {
      untold.push(text);
      continue;
    }
    field.setAttribute("aria-invalid", "true");
    (field.closest(".field") ?? field.parentElement).append(h("div", { class: "error", role: "alert", "data-told": true }, icon("alert-circle"), " ", text));
  }
  form.querySelector("[aria-invalid=true]")?.focus();
  return untold;
}

async function send(form, submitter) {
  clearFaults(form);
  const body = Object.fromEntries(new FormData(form, submitter));
  try {
    const answer = await post(form.getAttribute("action"), body);
    form.dispatchEvent(new CustomEvent("form:sent", { bubbles: true }));
    form.closest("dialog")?.close();
    await open(answer?.href ?? path());
  } catch (refused) {
    if (!(refused instanceof Refused)) return toast(t("network_error"), { mark: "alert-circle" });
    const untold = tell(form, refused.problem.errors ?? {});
    if (untold.length || !refused.problem.errors) toast(untold.join(" ") || refused.message, { mark: "alert-circle", seconds: 15 });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-inline]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  send(event.target, event.submitter);
}, true);
