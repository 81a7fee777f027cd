/* The live board as data: one snapshot, then what changed. A number that is missing means a new snapshot. */
import { setServerTime } from "../time.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;
const QUIET = 45_000;
const KINDS = ["agents", "calls", "queues"];

export class BoardFeed extends EventTarget {
  #url;
  #socket = null;
  #seq = -1;
  #failures = 0;
  #quiet = 0;
  #again = 0;
  #closed = false;

  constructor(path) {
    super();
    this.#url = new URL(path, location.href);
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    for (const kind of KINDS) this[kind] = new Map();
  }

  open() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#seq = -1;
    socket.addEventListener("open", () => { this.#failures = 0; this.#listen(); this.#say("link", true); });
    socket.addEventListener("message", (event) => { this.#listen(); this.#take(JSON.parse(event.data)); });
    socket.addEventListener("close", () => this.#lost(socket), { once: true });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#again);
    this.#socket?.close();
  }

  #say(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  #listen() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#socket?.close(), QUIET);
  }

  #lost(socket) {
    if (this.#closed || socket !== this.#socket) return;
    this.#say("link", false);
    this.#failures += 1;
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures);
    this.#again = setTimeout(() => this.open(), ceiling / 2 + Math.random() * (ceiling / 2));
  }

  #take(message) {
    setServerTime(message.at);
    if (message.seq !== this.#seq + 1) { this.#socket.close(); return; }
    this.#seq = message.seq;
    const changed = { agents: new Set(), calls: new Set(), queues: new Set() };
    if (message.type === "snapshot") for (const kind of KINDS) this.#clear(kind, changed[kind]);
    for (const kind of KINDS) {
      for (const line of message.put[kind] ?? []) { this[kind].set(line.id, line); changed[kind].add(line.id); }
      for (const id of message.gone[kind] ?? []) { this[kind].delete(id); changed[kind].add(id); }
    }
    this.#say("change", changed);
  }

  #clear(kind, changed) {
    for (const id of this[kind].keys()) changed.add(id);
    this[kind].clear();
  }
}

/** How many collectors are in each state, as a map. */
export function byState(agents) {
  const counts = new Map();
  for (const { state } of agents) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** Who is in each call: the ids of its collectors, by its id. */
export function inCalls(agents) {
  const found = new Map();
  for (const { id, call_id: call, state } of agents) {
    if (call !== null && (state === "talking" || state === "hold")) found.set(call, [...(found.get(call) ?? []), id].sort((a, b) => a - b));
  }
  return found;
}

/** The share of callers answered in time, of those answered or lost; null without any. */
export function serviceLevel({ answered, abandoned, in_time: inTime }) {
  const all = answered + abandoned;
  return all ? inTime / all : null;
}
