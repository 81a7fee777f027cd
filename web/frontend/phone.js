/* <soft-phone>: the collector's phone beside every page. It lives outside the page that is swapped. */
import { PhoneAgent } from "./phone/agent.js";
import { Devices } from "./phone/devices.js";
import { watch } from "./phone/quality.js";
import { Ringer } from "./phone/ring.js";
import { TAB, Tabs } from "./phone/tabs.js";
import { PhoneView } from "./phone/view.js";
import { t } from "./i18n.js";
import { now } from "./time.js";
import { ask, post } from "./net.js";
import { dial } from "./dial.js";
import { toast } from "./toast.js";

const RETRY = 10_000;
/* So much sooner than the word of its call may a call be answered that answers itself. */
const JUST_ANSWERED = 3000;
const unnamed = (line) => line.live && line.incoming && line.callId === null && now() - line.answeredAt < JUST_ANSWERED;
const EXTENSION = /^\d{2,5}$/;

class SoftPhone extends HTMLElement {
  #devices = new Devices();
  #ringer = new Ringer(this.#devices);
  #agent = new PhoneAgent(this.#devices);
  #tabs = new Tabs(() => this.#agent.lines.length > 0);
  #view = new PhoneView(this, this.#agent, this.#devices);
  #watching = null;
  #offer = null;
  #arriving = false;
  /* Ids of my calls that are not being recorded. A pause ends by itself, so only the server knows. */
  #paused = new Set();

  get talking() { return this.#agent.talking; }
  /** Whether I talk in another call than this one. */
  talksBeside(callId) { return this.lines.some((line) => line.live && line.callId !== String(callId) && !unnamed(line)); }
  /** "registered" and so on: what the lamp of the phone shows. */
  get registration() { return this.#agent.registration; }
  get lines() { return this.#agent.lines; }

  connectedCallback() {
    this.#agent.addEventListener("change", () => this.#changed());
    this.#agent.addEventListener("offered", ({ detail: line }) => this.#match(line));
    this.#agent.addEventListener("ended", ({ detail: line }) => this.#ended(line));
    this.#tabs.addEventListener("lost", ({ detail }) => this.#agent.stop(detail));
    this.#tabs.addEventListener("vacant", () => this.takeOver());
    this.addEventListener("phone-action", ({ detail }) => this.#act(detail));
    document.addEventListener("call.offered", ({ detail }) => { this.#offer = detail; this.#match(this.#agent.ringing ?? this.lines.find(unnamed)); });
    document.addEventListener("call.merged", ({ detail }) => this.#merged(detail));
    document.addEventListener("call.withdrawn", ({ detail }) => { if (this.#offer?.call_id === detail.call_id) this.#offer = null; });
    document.addEventListener("snapshot", ({ detail }) => this.#pauses(new Set(detail.paused ?? [])));
    document.addEventListener("recording.paused", ({ detail }) => this.#pause(detail.call_id, detail.paused_until !== null));
    window.addEventListener("beforeunload", (event) => { if (this.talking) event.preventDefault(); });
    this.takeOver();
  }

  /** Register here; other tabs give way unless one of them has a call on. */
  async takeOver() {
    if (!(await this.#tabs.claim())) return;
    try {
      const config = await ask(`${this.dataset.config}?tab=${TAB}`);
      if (!config) this.#agent.stop("none");
      else if (this.#tabs.owner) {
        this.#arriving = true;
        this.#agent.start(config);
      }
    } catch (error) {
      if (error.status === 404) { this.#agent.stop("none"); return; }
      this.#agent.stop("failed");
      setTimeout(() => this.#tabs.owner && this.registration === "failed" && this.takeOver(), RETRY);
    }
  }

  /** The server knows who is calling; the phone only knows the number. */
  #match(line) {
    if (!line || !this.#offer || line.callId) return;
    line.callId = String(this.#offer.call_id);
    line.name = this.#offer.name ?? line.name;
    line.shown = this.#offer.number ?? line.shown;
    this.#offer = null;
    this.#changed();
  }

  /** A transfer made one call of two: what is said of the line from now on belongs to the older one. */
  #merged({ call_id: callId, merged_ids: gone }) {
    for (const line of this.lines) if (gone.includes(Number(line.callId))) line.callId = String(callId);
    if (gone.some((one) => this.#paused.delete(one))) this.#pause(callId, true);
  }

  #pauses(paused) {
    this.#paused = paused;
    this.#changed();
  }

  #pause(callId, on) {
    this.#paused[on ? "add" : "delete"](callId);
    this.#changed();
  }

  /** A call that a former page of mine left behind is rung back by the server, once it knows that we are here. */
  #arrived() {
    if (!this.#arriving || this.registration !== "registered") return;
    this.#arriving = false;
    if (this.lines.length === 0) post("/phone/ready").catch(() => {});
  }

  #changed() {
    this.#arrived();
    for (const line of this.lines) line.recordingPaused = this.#paused.has(Number(line.callId));
    const { ringing, talking, lines } = this.#agent;
    const ringback = lines.some((line) => line.ringback);
    this.#ringer.play(ringing && !ringing.autoAnswer ? (talking ? "knock" : "ring") : ringback ? "ringback" : null);
    this.#watchQuality();
    this.#view.draw();
  }

  #watchQuality() {
    const line = this.#agent.current?.live ? this.#agent.current : null;
    if (line === this.#watching?.line) return;
    this.#watching?.stop();
    this.#watching = line && { line, stop: watch(line, (quality) => this.#view.drawQuality(quality)) };
    if (!line) this.#view.drawQuality(null);
  }

  #ended(line) {
    if (this.lines.length === 0) this.#tabs.idle();
    if (line.incoming || line.endedBy === "local" || line.answeredAt) return;
    toast(t("call_failed", { number: line.shown, cause: line.cause ?? "" }), { mark: "phone-x" });
  }

  async #act({ name, line, value }) {
    try {
      await this.#actions[name](line, value);
    } catch (error) {
      const key = error.name === "NotAllowedError" ? "microphone_refused" : error.message;
      toast(error.problem ? error.message : t(key), { mark: "alert-circle" });
    }
  }

  #actions = {
    answer: (line) => this.#agent.answer(line),
    hangUp: (line) => this.#agent.hangUp(line),
    hold: (line) => this.#agent.toggleHold(line),
    mute: (line) => this.#agent.toggleMute(line),
    dtmf: (line, value) => line.dtmf(value),
    dial: (_, value) => this.dial(value),
    blind: (line, value) => this.#agent.blindTransfer(value, line),
    consult: (_, value) => this.#agent.consult(value),
    complete: () => this.#agent.completeTransfer(),
    cancel: () => this.#agent.cancelConsultation(),
    swap: () => this.#agent.swap(),
    confer: () => this.#agent.confer(),
    takeOver: () => this.takeOver(),
    microphone: () => this.#agent.renewMicrophone(),
    bookmark: async (line) => {
      await post(`/calls/${line.callId}/bookmarks`);
      toast(t("bookmarked"), { mark: "bookmark" });
    },
    recording: async (line, value) => {
      await post(`/calls/${line.callId}/recording`, { paused: value });
      this.#pause(Number(line.callId), value);
    },
  };

  /** Colleagues are dialled directly; everybody else through the server, which asks the law first. */
  async dial(number) {
    const wanted = number.replace(/[\s().-]/g, "");
    if (EXTENSION.test(wanted)) await this.#agent.dial(wanted);
    else await dial({ phone: wanted, phone_id: null, case_id: null });
  }

  answer() { this.#act({ name: "answer", line: this.#agent.ringing }); }
  hangUp() { this.#act({ name: "hangUp", line: this.#agent.current ?? this.#agent.ringing }); }
  toggleHold() { this.#act({ name: "hold", line: this.#agent.current }); }
  toggleMute() { this.#act({ name: "mute", line: this.#agent.current }); }
}

customElements.define("soft-phone", SoftPhone);
