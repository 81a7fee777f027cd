/* Choosing devices, with a level to see and an echo to hear. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { echo, meter } from "./devices.js";

function choice(devices, use, label, options, changed) {
  const select = h("select", { class: "form-select", id: `device-${use}`, onchange: () => { devices.choose(use, select.value); changed(use); } },
    h("option", { value: "" }, t("device_default")),
    ...options.filter((one) => one.deviceId && one.deviceId !== "default").map((one, index) => h("option", { value: one.deviceId }, one.label || `${label} ${index + 1}`)));
  select.value = devices.chosen[use];
  return h("div", { class: "field" }, h("label", { for: select.id }, label), select);
}

/** Opens the dialog; `onChange(use)` runs when another device was chosen for "microphone", "speaker" or "ringer". */
export async function settings(devices, onChange) {
  let stopMeter = () => {};
  let stream = null;
  const level = h("meter", { min: 0, max: 1, "aria-label": t("microphone_level") });
  const draw = (value) => { level.value = value; };
  const listen = async () => {
    stopMeter();
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = await devices.microphone();
    stopMeter = meter(stream, draw);
  };
  const close = () => { stopMeter(); for (const track of stream?.getTracks() ?? []) track.stop(); dialog.remove(); };
  const test = h("button", { type: "button", class: "btn", onclick: async () => { test.disabled = true; await echo(devices, draw); test.disabled = false; } }, icon("ear"), t("echo_test"));
  const body = h("div", { class: "body fields" });
  const dialog = h("dialog", { "aria-labelledby": "phone-settings-title", onclose: close },
    h("header", {}, h("h2", { id: "phone-settings-title" }, t("phone_settings")), h("button", { type: "button", class: "btn btn-plain push", "data-close": true }, t("close"))), body);
  document.body.append(dialog);
  dialog.showModal();
  try {
    await listen();
  } catch {
    toast(t("microphone_refused"), { mark: "microphone-off" });
  }
  const { inputs, outputs } = await devices.list();
  const changed = (use) => { if (use === "microphone") listen(); onChange(use); };
  body.append(
    choice(devices, "microphone", t("microphone"), inputs, changed),
    h("div", { class: "field" }, h("span", { class: "label" }, t("microphone_level")), level),
    choice(devices, "speaker", t("speaker"), outputs, changed),
    choice(devices, "ringer", t("ringer"), outputs, changed),
    h("div", { class: "row-line" }, test, h("span", { class: "soft small" }, t("echo_hint"))));
}
