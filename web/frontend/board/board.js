/* <live-board>: collectors, calls and queues as they are now. Rows change in place, so that focus stays where it is. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { tick } from "../time.js";
import { BoardFeed, byState, inCalls, serviceLevel } from "./feed.js";
import { Watch } from "./watch.js";

const STATES = ["available", "ringing", "talking", "hold", "wrap_up", "pause", "offline"];

export class LiveBoard extends HTMLElement {
  #feed = null;
  #watch = null;
  #words = {};
  #state = "";
  #inCalls = new Map();
  #rows = { agents: new Map(), calls: new Map(), queues: new Map() };

  connectedCallback() {
    this.#words = JSON.parse(this.dataset.words);
    this.#watch = new Watch(this, (calls) => this.#renewCalls(calls));
    this.#feed = new BoardFeed(this.dataset.url);
    this.#feed.addEventListener("change", ({ detail }) => this.#draw(detail));
    this.#feed.addEventListener("link", ({ detail }) => { this.querySelector("[data-link]").hidden = detail; });
    this.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-state]");
      if (chip) this.#filter(chip.dataset.state);
    });
    this.#feed.open();
  }

  disconnectedCallback() {
    this.#feed.close();
    this.#watch.stop();
  }

  #draw(changed) {
    this.#announce(changed.agents);
    const before = this.#inCalls;
    this.#inCalls = inCalls(this.#feed.agents.values());
    this.#table("agents", changed.agents, (one) => this.#agent(one), (one) => one.name);
    this.#table("calls", changed.calls, (one) => this.#call(one), (one) => one.since);
    this.#table("queues", changed.queues, (one) => this.#queue(one), (one) => this.#queueName(one.id));
    const others = ({ id }) => String(before.get(id)) !== String(this.#inCalls.get(id));
    this.#renewCalls(new Set([...this.#feed.calls.values()].filter((one) => changed.agents.has(one.user_id) || others(one)).map((one) => one.id)));
    this.#counts();
    tick();
  }

  /** Put the rows that changed where they belong; the others are left alone. */
  #table(kind, changed, draw, order) {
    const lines = this.#feed[kind], rows = this.#rows[kind], body = this.querySelector(`[data-rows=${kind}]`);
    for (const id of changed) {
      const line = lines.get(id);
      if (line) this.#renew(kind, id, draw(line));
      else { rows.get(id)?.remove(); rows.delete(id); }
    }
    if (![...changed].some((id) => rows.has(id) && !rows.get(id).isConnected)) { this.#empty(kind); return; }
    const sorted = [...lines.values()].sort((a, b) => String(order(a)).localeCompare(String(order(b))) || (a.id < b.id ? -1 : 1));
    sorted.forEach(({ id }, place) => {
      const row = rows.get(id);
      if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
    });
    this.#empty(kind);
  }

  #renewCalls(ids) {
    for (const id of ids) if (this.#feed.calls.has(id)) this.#renew("calls", id, this.#call(this.#feed.calls.get(id)));
    tick();
  }

  #renew(kind, id, cells) {
    const rows = this.#rows[kind];
    if (!rows.has(id)) rows.set(id, h("tr", { "data-id": String(id) }));
    const row = rows.get(id);
    const focused = row.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    row.replaceChildren(...cells);
    if (focused) row.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    if (kind === "agents") this.#hide(row, this.#feed.agents.get(id));
  }

  #empty(kind) {
    this.querySelector(`[data-none=${kind}]`).hidden = this.#feed[kind].size > 0;
    this.querySelector(`[data-table=${kind}]`).hidden = this.#feed[kind].size === 0;
  }

  #word({ word, icon: mark, tone }) {
    return h("span", { class: `state state-${tone}` }, icon(mark), h("span", { class: "state-word" }, ` ${word}`));
  }

  #stateOf({ state, reason }) {
    return { ...this.#words.states[state], ...(reason && state === "pause" ? { word: this.#words.reasons[reason] ?? reason } : {}) };
  }

  #queueName(code) { return this.#words.queues[code] ?? code; }

  #timer(since) {
    return since ? h("span", { class: "nowrap", "data-timer": true, "data-since": since }) : h("span", { class: "soft" }, "—");
  }

  #agent(one) {
    const alarms = one.alarms.map((kind) => this.#word(this.#words.alarms[kind]));
    return [
      h("th", { scope: "row" }, h("a", { href: `/agents/choose?id=${one.id}`, "data-focus": "agent" }, one.name)),
      h("td", {}, one.extension, one.phone ? null : h("span", { title: t("board_no_phone") }, " ", icon("phone-off"), h("span", { class: "visually-hidden" }, t("board_no_phone")))),
      h("td", {}, this.#word(this.#stateOf(one))),
      h("td", { class: "end" }, this.#timer(one.since)),
      h("td", {}, one.call_id ? h("a", { href: `/calls/${one.call_id}`, "data-focus": "call" }, t("board_call")) : null),
      h("td", {}, ...alarms),
    ];
  }

  #call(one) {
    const who = this.#feed.agents.get(one.user_id)?.name;
    return [
      h("th", { scope: "row" }, h("a", { href: `/calls/${one.id}`, "data-focus": "call" }, who ?? t("board_nobody"))),
      h("td", {}, this.#word(this.#words.directions[one.direction])),
      h("td", {}, this.#word(this.#words.phases[one.phase])),
      h("td", {}, one.queue ? this.#queueName(one.queue) : ""),
      h("td", { class: "end" }, this.#timer(one.since)),
      h("td", {}, h("span", { class: "row-line" }, ...this.#watch.buttons(one, this.#collectorsIn(one)))),
    ];
  }

  #collectorsIn({ id }) { return (this.#inCalls.get(id) ?? []).map((agent) => this.#feed.agents.get(agent)); }

  #queue(one) {
    const level = serviceLevel(one);
    return [
      h("th", { scope: "row" }, this.#queueName(one.id)),
      h("td", { class: "end" }, String(one.waiting)),
      h("td", { class: "end" }, this.#timer(one.since)),
      h("td", { class: "end" }, level === null ? "—" : `${Math.round(level * 100)} %`),
      h("td", { class: "end" }, String(one.answered)),
      h("td", { class: "end" }, String(one.abandoned)),
    ];
  }

  #counts() {
    const counts = byState(this.#feed.agents.values());
    const words = this.#words.states;
    const chips = STATES.filter((state) => counts.has(state) || state === this.#state).map((state) => h(
      "button", { type: "button", class: `chip chip-saved`, "data-state": state, "aria-pressed": String(this.#state === state), "aria-current": this.#state === state ? "true" : undefined },
      icon(words[state].icon), ` ${words[state].word}: ${counts.get(state) ?? 0}`));
    const focused = this.querySelector("[data-counts]").contains(document.activeElement) ? document.activeElement.dataset.state : null;
    this.querySelector("[data-counts]").replaceChildren(...chips);
    this.querySelector("[data-counts]").hidden = chips.length === 0;
    if (focused) this.querySelector(`[data-counts] [data-state=${focused}]`)?.focus();
  }

  #filter(state) {
    this.#state = this.#state === state ? "" : state;
    for (const [id, row] of this.#rows.agents) this.#hide(row, this.#feed.agents.get(id));
    this.#counts();
  }

  #hide(row, one) {
    row.hidden = Boolean(this.#state) && one?.state !== this.#state;
  }

  /** A new alarm is said once to whoever does not look, and stands in the list above until it is over. */
  #announce(changed) {
    const list = this.querySelector("[data-alarms]");
    const now = [...this.#feed.agents.values()].flatMap((one) => one.alarms.map((kind) => ({ one, kind, key: `${one.id} ${kind}` })));
    const keys = new Set(now.map(({ key }) => key));
    for (const item of [...list.children]) if (!keys.has(item.dataset.key) || changed.has(Number(item.dataset.key.split(" ")[0]))) item.remove();
    const shown = new Set([...list.children].map((item) => item.dataset.key));
    for (const { one, kind, key } of now) {
      if (shown.has(key)) continue;
      list.append(h("li", { class: "row-line", "data-key": key }, this.#word(this.#words.alarms[kind]), h("a", { href: `/agents/choose?id=${one.id}` }, one.name), this.#timer(one.since)));
    }
    this.querySelector("[data-alarm-area]").hidden = now.length === 0;
  }
}

customElements.define("live-board", LiveBoard);
