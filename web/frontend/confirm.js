/* Asking before something is done. */
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** True when the reader says yes. Escape and a lost dialog are a no. */
export function confirmed(question, { yes = t("yes"), field } = {}) {
  return new Promise((resolve) => {
    const input = field && h("input", { class: "form-control", required: true, "aria-label": field, placeholder: field });
    const form = h(
      "form",
      { method: "dialog", onsubmit: () => finish(input ? input.value.trim() : true) },
      h("div", { class: "body stack" }, h("p", {}, question), input),
      h("footer", {},
        h("button", { type: "button", class: "btn btn-plain", onclick: () => dialog.close() }, t("cancel")),
        h("button", { class: "btn btn-primary" }, yes)),
    );
    const dialog = h("dialog", { "aria-label": question, onclose: () => finish(false) }, form);
    const finish = (answer) => { resolve(answer); dialog.remove(); };
    document.body.append(dialog);
    dialog.showModal();
  });
}
