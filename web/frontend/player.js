/* <call-player recording="7" [base="/recordings/7"]>: hears and shows one recording.

   base/audio is the sound (by ranges), base/peaks what is drawn, base/marks the bookmarks and comments (GET, POST) and
   what the reader may do.
   Keys while it has the focus: space, ← → 5 s, [ ] speed, s skip silence, b bookmark. */
import { h, icon, isTyping, on } from "./dom.js";
import { t } from "./i18n.js";
import { ask, post } from "./net.js";
import { afterSilence, clock, nextSpeed } from "./player/time.js";
import { drawWave } from "./player/wave.js";

const STEP = 5;
const SPEED_KEY = "player-speed";
const SKIP_KEY = "player-skip-silence";

class CallPlayer extends HTMLElement {
  #drawing;
  #wave;
  #marks = [];

  connectedCallback() {
    if (this.#drawing !== undefined) return;
    this.#drawing = null;
    this.base = this.getAttribute("base") ?? `/recordings/${this.getAttribute("recording")}`;
    this.#build();
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#load();
  }

  disconnectedCallback() {
    this.audio.pause();
    this.#wave?.destroy();
  }

  /** Go to `seconds`. */
  seek(seconds) {
    this.audio.currentTime = Math.min(this.#duration, Math.max(0, seconds));
    this.#shown();
  }

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => this.#failed());
    else this.audio.pause();
  }

  get #duration() {
    return (this.#drawing?.duration_ms ?? 0) / 1000;
  }

  #build() {
    // Nothing is loaded before the first play: every play stands in the audit trail, looking at a page does not.
    this.audio = h("audio", { preload: "none", src: `${this.base}/audio` });
    this.audio.preservesPitch = true;
    this.labels = h("div", { class: "player-labels", "aria-hidden": "true" },
      h("span", { class: "player-debtor" }, t("player_debtor")), h("span", { class: "player-collector" }, t("player_collector")));
    this.flags = h("div", { class: "player-flags" });
    this.slider = h("input", { type: "range", class: "player-slider", min: 0, max: 0, step: 1, value: 0, "aria-label": t("player_position"), oninput: () => this.seek(Number(this.slider.value)) });
    this.list = h("ol", { class: "player-marks", "aria-label": t("player_marks") });
    this.message = h("p", { class: "player-message", role: "status" });
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("player"));
    this.field = h("div", { class: "player-field" }, this.flags);
    this.append(this.audio, h("div", { class: "player-wave" }, this.labels, this.field), this.slider, this.#controls(), this.message, this.list);
    this.#follow();
  }

  #controls() {
    const button = (name, label, run, props = {}) => h("button", { type: "button", class: "btn btn-square", "aria-label": label, title: label, onclick: run, ...props }, icon(name));
    this.playButton = button("player-play", t("player_play"), () => this.toggle());
    this.playButton.classList.add("btn-primary");
    this.time = h("span", { class: "player-time" }, "0:00");
    this.speed = h("output", { class: "player-speed", "aria-label": t("player_speed") });
    this.skip = h("button", { type: "button", class: "btn", "aria-pressed": "false", onclick: () => this.#setSkip(!this.skipping) }, icon("player-skip-forward"), t("player_skip_silence"));
    this.controls = h("div", { class: "player-controls" },
      this.playButton,
      button("rewind-backward-5", t("player_back"), () => this.seek(this.audio.currentTime - STEP)),
      button("rewind-forward-5", t("player_forward"), () => this.seek(this.audio.currentTime + STEP)),
      this.time,
      h("span", { class: "player-speeds" }, button("minus", t("player_slower"), () => this.#change(-1)), this.speed, button("plus", t("player_faster"), () => this.#change(1))),
      this.skip);
    this.#setSpeed(Number(localStorage.getItem(SPEED_KEY)) || 1);
    this.#setSkip(localStorage.getItem(SKIP_KEY) === "1");
    return this.controls;
  }

  #download() {
    const label = t("player_download");
    return h("a", { class: "btn btn-square", href: `${this.base}/audio?download=1`, "data-download": true, download: "", "hx-boost": "false", "aria-label": label, title: label }, icon("download"));
  }

  #form() {
    this.words = h("input", { class: "form-control", name: "text", maxLength: 1000, required: true, placeholder: t("player_mark_placeholder"), "aria-label": t("player_mark_placeholder"), onkeydown: (event) => event.key === "Escape" && this.focus() });
    return h("form", { class: "player-form", onsubmit: (event) => this.#mark(event) }, this.words,
      h("button", { class: "btn", value: "bookmark" }, icon("bookmark"), t("player_add_bookmark")),
      h("button", { class: "btn", value: "comment" }, icon("message"), t("player_add_comment")));
  }

  #follow() {
    const { audio } = this;
    audio.addEventListener("play", () => this.#playing(true));
    audio.addEventListener("pause", () => this.#playing(false));
    audio.addEventListener("timeupdate", () => this.#shown());
    audio.addEventListener("error", () => this.#failed());
  }

  async #load() {
    try {
      const [drawing, marks] = await Promise.all([ask(`${this.base}/peaks`), ask(`${this.base}/marks`)]);
      if (!this.isConnected) return;
      this.#drawing = drawing;
      this.slider.max = Math.ceil(this.#duration);
      this.#draw();
      if (marks.may_download) this.controls.append(this.#download());
      if (marks.may_mark) this.list.before(this.#form());
      this.#setSpeed(this.audio.defaultPlaybackRate);
      this.#showMarks(marks.items);
      this.#shown();
    } catch (problem) {
      this.message.textContent = problem.message;
    }
  }

  #draw() {
    const colour = (selector) => getComputedStyle(this.querySelector(selector)).color;
    const lanes = h("div", { class: "player-lanes" });
    this.#wave = drawWave(lanes, this.audio, this.#drawing, {
      debtor: colour(".player-debtor"), collector: colour(".player-collector"), played: colour(".player-time"), cursor: colour(".player-speed"),
    });
    this.#wave.on("interaction", (seconds) => this.seek(seconds));
    this.field.prepend(lanes);
  }

  #playing(now) {
    const label = t(now ? "player_pause" : "player_play");
    this.playButton.replaceChildren(icon(now ? "player-pause" : "player-play"));
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = label;
  }

  #failed() {
    this.message.textContent = t("player_failed");
  }

  #shown() {
    const at = this.audio.currentTime;
    const onward = this.skipping && !this.audio.paused ? afterSilence(this.#drawing?.silences ?? [], at * 1000) : null;
    if (onward !== null) this.audio.currentTime = onward / 1000;
    const text = `${clock(at)} / ${clock(this.#duration)}`;
    this.time.textContent = text;
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", text);
  }

  #change(step) {
    this.#setSpeed(nextSpeed(this.audio.playbackRate, step));
    localStorage.setItem(SPEED_KEY, this.audio.playbackRate);
  }

  #setSpeed(speed) {
    this.audio.defaultPlaybackRate = this.audio.playbackRate = speed;
    this.speed.textContent = `${speed}×`;
  }

  #setSkip(skipping) {
    this.skipping = skipping;
    this.skip.setAttribute("aria-pressed", String(skipping));
    localStorage.setItem(SKIP_KEY, skipping ? "1" : "");
  }

  #showMarks(marks) {
    this.#marks = [...marks].sort((a, b) => a.at_ms - b.at_ms);
    const place = (ms) => `${(100 * ms) / this.#drawing.duration_ms}%`;
    const spans = this.#drawing.pauses.map(([start, stop]) => {
      const span = h("span", { class: "player-paused", title: t("player_paused") });
      span.style.left = place(start);
      span.style.width = place(stop - start);
      return span;
    });
    const flags = this.#marks.map((mark) => {
      const flag = h("span", { class: "player-flag", "data-kind": mark.kind, title: mark.text });
      flag.style.left = place(mark.at_ms);
      return flag;
    });
    this.flags.replaceChildren(...spans, ...flags);
    this.list.replaceChildren(...this.#marks.map((mark) => h("li", {}, this.#jump(mark))));
  }

  #jump(mark) {
    return h("button", { type: "button", class: "player-jump", onclick: () => this.seek(mark.at_ms / 1000) },
      icon(mark.kind === "comment" ? "message" : "bookmark"), h("span", { class: "player-at" }, clock(mark.at_ms / 1000)), h("span", {}, mark.text));
  }

  async #mark(event) {
    event.preventDefault();
    const kind = event.submitter?.value ?? "bookmark";
    try {
      const mark = await post(`${this.base}/marks`, { at_ms: Math.round(this.audio.currentTime * 1000), kind, text: this.words.value });
      this.#showMarks([...this.#marks, mark]);
      this.words.value = "";
      this.message.textContent = t("player_marked", { at: clock(mark.at_ms / 1000) });
      this.focus();
    } catch (problem) {
      this.message.textContent = problem.message;
    }
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const slides = event.target === this.slider;
    if (!slides && isTyping(event.target)) return;
    if (event.key === " " && event.target.closest("button, a")) return;
    const run = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.audio.currentTime - STEP),
      ArrowRight: () => this.seek(this.audio.currentTime + STEP),
      "[": () => this.#change(-1),
      "]": () => this.#change(1),
      s: () => this.#setSkip(!this.skipping),
      b: () => this.words?.focus(),
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }
}

customElements.define("call-player", CallPlayer);

/** A button that plays a recording opens its player above the page, so that the page stays where it is. */
on("click", "[data-play]", (_event, button) => {
  const player = document.createElement("call-player");
  player.setAttribute("recording", button.dataset.play);
  if (button.dataset.base) player.setAttribute("base", button.dataset.base);
  const dialog = h("dialog", { class: "player-dialog", "aria-label": t("player"), onclose: () => dialog.remove() },
    h("header", {}, h("h2", {}, t("player")), h("button", { type: "button", class: "btn btn-plain push", onclick: () => dialog.close() }, t("close"))),
    h("div", { class: "body" }, player));
  document.body.append(dialog);
  dialog.showModal();
  player.focus();
  player.toggle();
});
