/* The keyboard. Single keys never work inside a text field, and can be switched off altogether. */
import { h, isTyping, on } from "./dom.js";
import { t } from "./i18n.js";

const OFF = "single-keys-off";
const phone = () => document.querySelector("soft-phone");
const click = (selector) => () => document.querySelector(selector)?.click();

function focus(selector) {
  const element = document.querySelector(selector);
  element?.focus();
  element?.select?.();
}

const KEYS = {
  "/": { text: "key_search", run: () => focus("[data-list-search], [data-search]") },
  n: { text: "key_next_case", run: click("[data-next-case]") },
  c: { text: "key_call_best", run: click("[data-ring-entry], [data-best] [data-dial]") },
  a: { text: "key_answer", run: () => phone()?.answer() },
  h: { text: "key_hold", run: () => phone()?.toggleHold() },
  m: { text: "key_mute", run: () => phone()?.toggleMute() },
  x: { text: "key_hang_up", run: () => phone()?.hangUp() },
  p: { text: "key_promise", run: click("[data-open=promise-dialog]") },
  i: { text: "key_plan", run: click("[data-open=plan-dialog]") },
  b: { text: "key_callback", run: click("[data-open=callback-dialog]") },
  t: { text: "key_task", run: click("[data-open=task-dialog]") },
  r: { text: "key_result", run: () => focus(".result-form input[name=code]") },
  "?": { text: "key_help", run: () => showKeys() },
};

/** The key's Latin letter where another alphabet is switched on: a collector who types Russian notes answers with the same
    key. There "/" and "?" are "." and ",". */
function latin(event) {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter && /^\p{L}$/u.test(event.key) && !/^\p{Script=Latin}$/u.test(event.key)) return letter.toLowerCase();
  return event.code === "Slash" ? { ".": "/", ",": "?" }[event.key] : undefined;
}

/** Escape leaves a text field, so that the single keys work again. A dialogue is left by its own Escape. */
function leave(event) {
  if (event.key === "Escape" && isTyping(event.target) && !event.target.closest("dialog")) event.target.blur();
}

/** 1…9 choose what is numbered: a result code while its bar is on the page, else a case for the first payment, or why the
    case of a campaign is not rung. */
function chooseResult(digit) {
  const choice = document.querySelector(`.result-form [data-key="${digit}"]`) ?? document.querySelector(`[data-key="${digit}"]`);
  choice?.click();
  return choice !== null;
}

function showKeys() {
  const rows = Object.entries(KEYS).flatMap(([key, { text }]) => [h("kbd", {}, key), h("span", {}, t(text))]);
  rows.push(h("kbd", {}, "1…9"), h("span", {}, t("key_codes")), h("kbd", {}, "↑ ↓ Enter"), h("span", {}, t("key_lists")));
  rows.push(h("kbd", {}, "Esc"), h("span", {}, t("key_leave")));
  const enabled = h("input", { type: "checkbox", checked: !localStorage.getItem(OFF), onchange: (event) => {
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } });
  const dialog = h("dialog", { "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "keys-title" }, t("keys")), h("button", { type: "button", class: "btn btn-plain push", "data-close": true }, t("close"))),
    h("div", { class: "body stack-wide" }, h("div", { class: "keys" }, ...rows), h("label", { class: "check" }, enabled, t("keys_on"))));
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (!event.defaultPrevented) leave(event);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (localStorage.getItem(OFF) || document.querySelector("dialog[open]")) return;
  const action = KEYS[event.key] ?? KEYS[event.key.toLowerCase()] ?? KEYS[latin(event)];
  if (action) {
    event.preventDefault();
    action.run();
  } else if (/^[1-9]$/.test(event.key) && chooseResult(event.key)) {
    event.preventDefault();
  }
});
on("click", "[data-open-keys]", showKeys);
