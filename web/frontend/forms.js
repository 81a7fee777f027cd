/* Forms: what is typed is kept, and questions are asked before they are sent. */
import { on } from "./dom.js";
import { confirmed } from "./confirm.js";
import { onContent } from "./page.js";

const PREFIX = "draft:";
const touched = new WeakSet();
const allowed = new WeakSet();

const keyOf = (form) => PREFIX + form.dataset.form;

function values(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === "string");
}

function keep(form) {
  touched.add(form);
  sessionStorage.setItem(keyOf(form), JSON.stringify(values(form)));
}

function forget(form) {
  touched.delete(form);
  sessionStorage.removeItem(keyOf(form));
}

/** A choice that is no longer offered is not restored: the field would be left empty. */
const offers = (control, value) => control.tagName !== "SELECT" || [...control.options].some((option) => option.value === value);

/** The n-th value of a name belongs to its n-th field; what was not ticked is not ticked. */
function restore(form) {
  const draft = sessionStorage.getItem(keyOf(form));
  if (!draft || touched.has(form)) return;
  const kept = Object.groupBy(JSON.parse(draft), ([name]) => name);
  const said = (control) => (kept[control.name] ?? []).map(([, value]) => value);
  const places = new Map();
  for (const control of form.elements) {
    if (!control.name || control.matches(":disabled, button, fieldset, [type=file]")) continue;
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = said(control).includes(control.value);
    } else if (control.multiple) {
      for (const option of control.options) option.selected = said(control).includes(option.value);
    } else {
      const place = places.get(control.name) ?? 0, value = said(control)[place];
      places.set(control.name, place + 1);
      if (value === undefined || control.type === "hidden" || !offers(control, value)) continue;
      control.value = value;
    }
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  touched.add(form);
}

/** Whether a form on the page holds something that was typed and not sent. */
export function dirty() {
  return [...document.querySelectorAll("#page form")].some((form) => touched.has(form));
}

on("input", "form", (_, form) => {
  if (form.dataset.form) keep(form);
  else if (form.method === "post") touched.add(form);
});
on("click", "[data-print]", () => window.print());
onContent((root) => root.querySelectorAll("form[data-form]").forEach(restore));
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement?.closest?.("form");
  if (form && ctx.request.method !== "GET" && ctx.response.status < 400) {
    if (form.dataset.form) forget(form);
    else touched.delete(form);
  }
});
on("form:sent", "form", (_, form) => (form.dataset.form ? forget(form) : touched.delete(form)));
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || allowed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await confirmed(question)) {
    allowed.add(form);
    form.requestSubmit(event.submitter);
  }
}, true);
