/* Lists: choosing rows, columns, and moving through them by keyboard. */
import { isTyping, on } from "./dom.js";
import { t } from "./i18n.js";
import { open } from "./page.js";

const boxes = (form) => [...form.querySelectorAll("tbody input[name=id]")];

function drawMass(form) {
  const bar = form.querySelector("[data-mass-bar]");
  if (!bar) return;
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr").classList.toggle("chosen", box.checked);
  const head = form.querySelector("[data-choose-all]");
  head.checked = chosen.length === all.length;
  head.indeterminate = chosen.length > 0 && !head.checked;
  bar.hidden = chosen.length === 0;
  bar.querySelector("[data-mass-count]").textContent = t("chosen", { count: chosen.length });
  if (!chosen.length && bar.querySelector("[data-mass-all]")) bar.querySelector("[data-mass-all]").checked = false;
}

function choose(form, checked) {
  for (const box of boxes(form)) box.checked = checked;
  drawMass(form);
}

on("change", "[data-choose-all]", (_, box) => choose(box.form, box.checked));
on("change", "tbody input[name=id]", (_, box) => drawMass(box.form));
/** A file as the answer is fetched beside the page: a swap could not hold it, and leaving would end a call. */
on("click", "[data-mass] [data-download]", (event, button) => {
  event.preventDefault();
  const form = button.form;
  form.action = button.formAction;
  form.target = "_blank";
  form.submit();
  form.removeAttribute("action");
  form.removeAttribute("target");
});
on("click", "[data-mass-clear]", (_, button) => choose(button.form, false));

function moveColumn(button, step) {
  const row = button.closest("[data-column]");
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  button.focus();
}
on("click", "[data-column-up]", (_, button) => moveColumn(button, -1));
on("click", "[data-column-down]", (_, button) => moveColumn(button, 1));

on("click", "tr[data-href]", (event, row) => {
  if (event.target.closest("a, button, input, label, call-player") || getSelection().toString()) return;
  open(row.dataset.href);
});

function focusRow(row) {
  if (!row) return;
  for (const other of row.parentElement.querySelectorAll("tr[tabindex='0']")) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
}

const MOVES = {
  ArrowDown: (row) => focusRow(row.nextElementSibling),
  ArrowUp: (row) => focusRow(row.previousElementSibling),
  Home: (row) => focusRow(row.parentElement.firstElementChild),
  End: (row) => focusRow(row.parentElement.lastElementChild),
  Enter: (row) => row.dataset.href && open(row.dataset.href),
  " ": (row) => row.querySelector("input[name=id]")?.click(),
};

on("keydown", "tr[data-row]", (event, row) => {
  const move = MOVES[event.key];
  if (!move || isTyping(event.target) || event.target !== row) return;
  event.preventDefault();
  move(row);
});
