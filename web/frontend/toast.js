/* Short messages in the corner. What must not be missed stays on the page instead. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

const SECONDS = 8;

/** Say something for a few seconds; `action` is {label, run}. */
export function toast(text, { mark = "info-circle", action, seconds = SECONDS } = {}) {
  const line = h("div", { class: "toast-line" }, icon(mark), h("span", {}, text));
  if (action) line.append(h("button", { type: "button", class: "btn btn-small btn-plain", onclick: () => { action.run(); line.remove(); } }, action.label));
  line.append(h("button", { type: "button", "aria-label": t("close"), onclick: () => line.remove() }, icon("x")));
  document.getElementById("toasts")?.append(line);
  if (seconds) setTimeout(() => line.remove(), seconds * 1000);
  return line;
}

document.addEventListener("htmx:error", (event) => {
  if (event.detail.error?.name !== "AbortError") toast(t("network_error"), { mark: "wifi-off" });
});
