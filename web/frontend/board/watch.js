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
    this.anew = ({ detail }) => this.#is(detail.watch ?? null);
    document.addEventListener("watch.changed", this.listener);
    document.addEventListener("snapshot", this.anew);
  }

  stop() {
    document.removeEventListener("watch.changed", this.listener);
    document.removeEventListener("snapshot", this.anew);
  }

  /** What was missed while the link was down is not told again. */
  #is(watch) {
    const before = this.now;
    this.now = watch;
    this.#changed(new Set([before?.call_id, watch?.call_id]));
  }

  #became({ watch_id: watchId, call_id: callId, collector, mode }) {
    const before = this.now;
    if (mode) this.now = { watch_id: watchId, call_id: callId, collector, mode };
    else if (before?.watch_id === watchId) this.now = null;
    this.#changed(new Set([before?.call_id, callId]));
  }

  /** The buttons of a call's row; of several `collectors` in it each has his own, for a whisper reaches one ear. */
  buttons(call, collectors) {
    if (!IN_CALL.has(call.phase) || call.user_id === null || call.user_id === this.#me) return [];
    const mine = this.now?.call_id === call.id ? this.now : null;
    const others = collectors.filter(({ id }) => id !== this.#me);
    const buttons = others.length > 1 ? others.flatMap((one) => [h("span", { class: "soft nowrap" }, one.name), ...this.#modesOf(call, mine, one)]) : this.#modesOf(call, mine);
    if (mine) buttons.push(this.#button("watch_leave", "door-exit", "leave", () => this.#do(`/watches/${mine.watch_id}/leave`)));
    if (this.#mayTakeOver) buttons.push(this.#button("watch_take_over", "phone-call", "take-over", () => this.#reasoned(`/calls/${call.id}/take-over`, {})));
    if (this.#mayCoach) buttons.push(this.#button("advice", "bulb", "advise", () => this.#advise(call.id)));
    return buttons;
  }

  #modesOf(call, mine, collector) {
    const withHim = mine && (!collector || mine.collector === collector.id);
    return this.#modes.map((mode) => this.#button(`watch_${mode}`, MARKS[mode], mode, () => this.#enter(call.id, mode, collector?.id), withHim ? mine.mode === mode : false, collector));
  }

  #button(key, mark, name, run, pressed, collector) {
    return h("button", { type: "button", class: "btn btn-small", "data-focus": `${name}${collector?.id ?? ""}`, "data-watch-act": name, "data-collector": collector && String(collector.id), "aria-label": collector && `${t(key)}: ${collector.name}`, "aria-pressed": pressed === undefined ? undefined : String(pressed), onclick: run }, icon(mark), h("span", {}, t(key)));
  }

  #enter(callId, mode, collector) {
    const there = this.now?.call_id === callId && (collector === undefined || this.now.collector === collector);
    if (there) return this.#reasoned(`/watches/${this.now.watch_id}/mode`, { mode });
    return this.#reasoned(`/calls/${callId}/watch`, { mode, ...(collector === undefined ? {} : { collector }) });
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
    if (error.code === "watch_over") this.#is(null);
    toast(error.problem ? error.message : t("network_error"), { mark: "alert-circle" });
  }
}
