/* The face of the softphone. Asks for things by a "phone-action" event; draws what the agent says is so. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { tick } from "../time.js";
import { settings } from "./settings.js";

const STATES = {
  off: ["power", "phone_off", "plain"],
  none: ["phone-off", "phone_none", "plain"],
  connecting: ["loader", "phone_connecting", "plain"],
  registered: ["circle-check", "phone_ready", "live"],
  unregistered: ["plug-connected-x", "phone_unregistered", "alert"],
  disconnected: ["plug-connected-x", "phone_disconnected", "alert"],
  failed: ["alert-triangle", "phone_failed", "alert"],
  elsewhere: ["device-desktop", "phone_elsewhere", "alert"],
  elsewhere_call: ["device-desktop", "phone_elsewhere_call", "alert"],
};
const milliseconds = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "millisecond", maximumFractionDigits: 0 });
const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PAD = [..."123456789*0#"];

export class PhoneView {
  #host;
  #agent;
  #quality = h("div", { class: "phone-quality small", hidden: true });
  #status = h("div", { class: "row-line", role: "status" });
  #lines = h("div", { class: "stack" });
  #dialInput = h("input", { class: "form-control", type: "tel", autocomplete: "off", placeholder: t("dial_hint"), "aria-label": t("dial_hint") });
  #sheet = h("button", { type: "button", class: "btn btn-plain btn-square phone-sheet-toggle", "aria-label": t("phone_open"), "aria-expanded": "false", onclick: () => this.#unfold(!this.#host.classList.contains("is-open")) }, icon("chevron-up"));
  #audio = new Map();
  #open = { pad: null, transfer: null };

  constructor(host, agent, devices) {
    this.#host = host;
    this.#agent = agent;
    this.devices = devices;
    host.append(
      h("div", { class: "phone-head" },
        this.#status,
        h("button", { type: "button", class: "btn btn-plain btn-square push", "aria-label": t("phone_settings"), onclick: () => settings(devices, (use) => this.#deviceChanged(use)) }, icon("adjustments")),
        this.#sheet),
      h("form", { class: "phone-dial", onsubmit: (event) => this.#dial(event) },
        this.#dialInput, h("button", { class: "btn btn-live btn-square", "aria-label": t("dial") }, icon("phone"))),
      this.#lines, this.#quality);
    this.draw();
  }

  #ask(name, line = null, value = null) {
    this.#host.dispatchEvent(new CustomEvent("phone-action", { detail: { name, line, value } }));
  }

  /** On a small screen the phone is a sheet that a call pulls up. */
  #unfold(open) {
    this.#host.classList.toggle("is-open", open);
    this.#sheet.setAttribute("aria-expanded", String(open));
  }

  #deviceChanged(use) {
    if (use === "microphone") this.#ask("microphone");
    else for (const element of this.#audio.values()) this.devices.route(element, "speaker");
  }

  #dial(event) {
    event.preventDefault();
    const number = this.#dialInput.value.trim();
    if (number) this.#ask("dial", null, number);
    this.#dialInput.value = "";
  }

  draw() {
    const focused = document.activeElement?.dataset?.act;
    const typed = this.#host.querySelector("[data-target]")?.value ?? "";
    this.#drawStatus();
    this.#lines.replaceChildren(...this.#agent.lines.map((line) => this.#line(line)));
    this.#drawAudio();
    const busy = this.#agent.lines.length > 0;
    if (busy !== this.#host.classList.contains("has-call")) this.#unfold(busy);
    this.#host.classList.toggle("has-call", busy);
    const target = this.#host.querySelector("[data-target]");
    if (target) target.value = typed;
    if (focused) this.#host.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
    tick();
  }

  #drawStatus() {
    const [mark, key, tone] = STATES[this.#agent.registration];
    this.#status.replaceChildren(h("span", { class: `state state-${tone}`, "data-registration": this.#agent.registration }, icon(mark), ` ${t(key)}`));
    if (this.#agent.registration === "elsewhere") this.#status.append(this.#button("take-over", t("take_over"), "arrow-back-up", () => this.#ask("takeOver")));
  }

  drawQuality(quality) {
    this.#quality.hidden = !quality;
    if (!quality) return;
    const { rtt, loss, jitter, grade } = quality;
    const marks = { good: "antenna-bars-5", fair: "antenna-bars-3", poor: "antenna-bars-1" };
    const figure = (value) => (value === null ? "—" : milliseconds.format(value));
    this.#quality.dataset.grade = grade;
    this.#quality.replaceChildren(icon(marks[grade]), ` ${t(`quality_${grade}`)} · ${t("rtt")} ${figure(rtt)} · ${t("loss")} ${share.format(loss)} · ${t("jitter")} ${figure(jitter)}`);
  }

  /** Every line that talks is heard through its own element; a held one sends music to the other side, not to us. */
  #drawAudio() {
    for (const [line, element] of this.#audio) {
      if (!this.#agent.lines.includes(line)) { element.srcObject = null; this.#audio.delete(line); }
    }
    for (const line of this.#agent.lines) {
      if (!this.#audio.has(line)) this.#audio.set(line, this.#speaker(line));
      this.#audio.get(line).muted = line.held;
    }
  }

  #speaker(line) {
    const element = new Audio();
    element.autoplay = true;
    element.srcObject = line.remote;
    this.devices.route(element, "speaker");
    return element;
  }

  #button(act, label, mark, run, { kind = "", pressed, disabled, key, bare = false } = {}) {
    return h("button", {
      type: "button", class: `btn ${kind}`, "data-act": act, onclick: run, disabled, title: label,
      "aria-pressed": pressed === undefined ? undefined : String(pressed), "aria-label": label, "aria-keyshortcuts": key,
    }, icon(mark), bare ? null : h("span", {}, label));
  }

  #line(line) {
    const current = line === this.#agent.current;
    const since = new Date(line.answeredAt ?? line.since).toISOString();
    return h("article", { class: `phone-line${current ? " is-current" : ""}`, "data-line": line.id, "data-line-state": line.held ? "held" : line.state },
      h("div", { class: "row-line" },
        icon(line.incoming ? "phone-incoming" : "phone-outgoing"),
        h("div", { class: "phone-who" }, h("div", { class: "strong wrap-anywhere" }, line.name || line.shown || t("number_hidden")), line.name ? h("div", { class: "small soft" }, line.shown) : null),
        h("span", { class: "push nowrap", "data-timer": true, "data-since": since })),
      h("div", { class: "small row-line" }, this.#word(line)),
      h("div", { class: "phone-buttons" }, ...this.#buttons(line)),
      this.#open.pad === line && line.live ? this.#pad(line) : null,
      this.#open.transfer === line && line.live ? this.#transfer(line) : null,
      this.#consultation(line));
  }

  #word(line) {
    const [mark, key] = line.held ? ["player-pause", "line_held"] : { ringing: ["bell-ringing", "line_ringing"], dialling: ["phone-outgoing", "line_dialling"], talking: ["phone-call", "line_talking"] }[line.state] ?? ["phone", "line_talking"];
    const parts = [h("span", {}, icon(mark), ` ${t(key)}`)];
    if (line.muted) parts.push(h("span", { class: "strong" }, icon("microphone-off"), ` ${t("muted")}`));
    if (this.#agent.inConference) parts.push(h("span", {}, icon("users"), ` ${t("conference")}`));
    if (line.recordingPaused) parts.push(h("span", { class: "strong" }, icon("player-record"), ` ${t("recording_paused")}`));
    return h("span", { class: "row-line" }, ...parts);
  }

  #buttons(line) {
    if (line.incoming && line.state === "ringing") {
      return [
        this.#button("answer", t("answer"), "phone", () => this.#ask("answer", line), { kind: "btn-live", key: "a" }),
        this.#button("reject", t("reject"), "phone-off", () => this.#ask("hangUp", line), { kind: "btn-end", key: "x" }),
      ];
    }
    const hangUp = this.#button("hang-up", t("hang_up"), "phone-off", () => this.#ask("hangUp", line), { kind: "btn-end", key: "x" });
    if (!line.live) return [hangUp];
    const toggle = (name) => () => { this.#open[name] = this.#open[name] === line ? null : line; this.draw(); };
    const buttons = [
      this.#button("hold", t(line.held ? "unhold" : "hold"), line.held ? "player-play" : "player-pause", () => this.#ask("hold", line), { pressed: line.held, key: "h" }),
      this.#button("mute", t(line.muted ? "unmute" : "mute"), line.muted ? "microphone-off" : "microphone", () => this.#ask("mute", line), { pressed: line.muted, key: "m" }),
      this.#button("pad", t("keypad"), "dialpad", toggle("pad"), { pressed: this.#open.pad === line }),
      this.#button("transfer", t("transfer"), "phone-outgoing", toggle("transfer"), { pressed: this.#open.transfer === line, disabled: this.#agent.consulting !== null }),
    ];
    if (line.callId) buttons.push(this.#button("bookmark", t("bookmark"), "bookmark", () => this.#ask("bookmark", line)));
    if (line.callId) buttons.push(this.#button("recording", t(line.recordingPaused ? "recording_resume" : "recording_pause"), "player-record", () => this.#ask("recording", line, !line.recordingPaused), { pressed: Boolean(line.recordingPaused) }));
    return [...buttons, hangUp];
  }

  #pad(line) {
    return h("div", { class: "phone-pad", role: "group", "aria-label": t("keypad") },
      ...PAD.map((tone) => h("button", { type: "button", class: "btn", "data-act": `tone-${tone}`, onclick: () => this.#ask("dtmf", line, tone) }, tone)));
  }

  #transfer(line) {
    const input = h("input", { class: "form-control", "data-target": true, "data-act": "target", type: "tel", placeholder: t("transfer_to"), "aria-label": t("transfer_to"), autocomplete: "off" });
    const go = (name) => () => { const target = input.value.trim(); if (target) { this.#open.transfer = null; this.#ask(name, line, target); } };
    return h("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); go("consult")(); } },
      input,
      h("div", { class: "phone-buttons" },
        this.#button("consult", t("transfer_ask"), "message-circle", go("consult"), { kind: "btn-primary" }),
        this.#button("blind", t("transfer_now"), "arrow-right", go("blind"))));
  }

  #consultation(line) {
    const { consulting } = this.#agent;
    if (line !== this.#agent.current || this.#agent.lines.filter((one) => one.live).length < 2) return null;
    const buttons = [this.#button("swap", t("swap"), "arrows-exchange", () => this.#ask("swap"))];
    if (!this.#agent.inConference) buttons.push(this.#button("confer", t("confer"), "users", () => this.#ask("confer")));
    if (consulting) {
      buttons.unshift(this.#button("complete", t("transfer_complete"), "check", () => this.#ask("complete"), { kind: "btn-primary" }));
      buttons.push(this.#button("cancel", t("transfer_cancel"), "x", () => this.#ask("cancel")));
    }
    return h("div", { class: "phone-buttons" }, ...buttons);
  }
}
