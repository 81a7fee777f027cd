/* Being in a collector's call: listen, whisper, join, take over. The server checks, and rings this browser's phone. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { post } from "../net.js";
import { toast } from "../toast.js";

const MARKS = { listen: "ear", whisper: "message-2", barge: "users-plus" };
const IN_CALL = new Set(["talking", "held"]);

export class Watch {
  #modes;
  #mayTakeOver;
  #me;
  #mayCoach;
  #dialog;
  #advice;
  #changed;

  /** `changed(callIds)` is called when the buttons of these calls look otherwise. */
  constructor(host, changed) {
    this.#modes = JSON.parse(host.dataset.modes);
    this.#mayTakeOver = "takeOver" in host.dataset;
    this.#me = Number(host.dataset.me);
    this.#mayCoach = "coach" in host.dataset;
    this.#dialog = host.querySelector("[data-reason-dialog]");
    this.#advice = host.querySelector("[data-advice-dialog]");
    this.#changed = changed;
    this.now = JSON.parse(host.dataset.watch);
    this.listener = ({ detail }) => this.#became(detail);
    document.addEventListener("watch.changed", this.listener);
  }

  stop() {
    document.removeEventListener("watch.changed", this.listener);
  }

  #became({ watch_id: watchId, call_id: callId, mode }) {
    const before = this.now;
    if (mode) this.now = { watch_id: watchId, call_id: callId, mode };
    else if (before?.watch_id === watchId) this.now = null;
    this.#changed(new Set([before?.call_id, callId]));
  }

  /** The buttons of a call's row. */
  buttons(call) {
    if (!IN_CALL.has(call.phase) || call.user_id === null || call.user_id === this.#me) return [];
    const mine = this.now?.call_id === call.id ? this.now : null;
    const modes = this.#modes.map((mode) => this.#button(`watch_${mode}`, MARKS[mode], mode, () => this.#enter(call.id, mode), mine?.mode === mode));
    if (mine) modes.push(this.#button("watch_leave", "door-exit", "leave", () => this.#do(`/watches/${mine.watch_id}/leave`)));
    if (this.#mayTakeOver) modes.push(this.#button("watch_take_over", "phone-call", "take-over", () => this.#reasoned(`/calls/${call.id}/take-over`, {})));
    if (this.#mayCoach) modes.push(this.#button("advice", "bulb", "advise", () => this.#advise(call.id)));
    return modes;
  }

  #button(key, mark, name, run, pressed) {
    return h("button", { type: "button", class: "btn btn-small", "data-focus": name, "data-watch-act": name, "aria-pressed": pressed === undefined ? undefined : String(pressed), onclick: run }, icon(mark), h("span", {}, t(key)));
  }

  #enter(callId, mode) {
    if (this.now?.call_id === callId) return this.#do(`/watches/${this.now.watch_id}/mode`, { mode });
    return this.#reasoned(`/calls/${callId}/watch`, { mode });
  }

  /** Ask for a reason only when the server says that the law wants one. */
  async #reasoned(url, body) {
    try {
      await post(url, body);
    } catch (error) {
      if (error.code !== "reason_needed") { this.#refused(error); return; }
      const reason = await this.#asked(this.#dialog);
      if (reason) await this.#do(url, { ...body, reason });
    }
  }

  async #advise(callId) {
    const text = await this.#asked(this.#advice);
    if (text) await this.#do(`/calls/${callId}/advice`, { text });
  }

  /** What was written into a dialog; nothing when it was given up. */
  #asked(dialog) {
    const field = dialog.querySelector("input");
    field.value = "";
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "go" ? field.value : ""), { once: true });
    });
  }

  async #do(url, body = {}) {
    try { await post(url, body); } catch (error) { this.#refused(error); }
  }

  #refused(error) {
    toast(error.problem ? error.message : t("network_error"), { mark: "alert-circle" });
  }
}
