/* One phone for many tabs: the last one wins, the others know it.

   Tabs of one browser tell each other directly; tabs of other browsers hear it from the server (live "phone.claimed"). */
import { reader } from "../i18n.js";

const OBJECTION = 80;

export const TAB = crypto.randomUUID?.() ?? String(Math.random()).slice(2);

export class Tabs extends EventTarget {
  #channel = new BroadcastChannel(`phone:${reader.login}`);
  #inCall;
  #superseded = false;

  /** `inCall` tells whether this tab has a call on, which nobody may take away. */
  constructor(inCall) {
    super();
    this.#inCall = inCall;
    this.owner = false;
    this.#channel.addEventListener("message", ({ data }) => this.#heard(data));
    document.addEventListener("phone.claimed", ({ detail }) => detail.tab !== TAB && this.#displaced());
    document.addEventListener("visibilitychange", () => this.#maybeReturn());
    window.addEventListener("pagehide", () => this.owner && this.#tell("gone"));
  }

  #tell(type) {
    this.#channel.postMessage({ type, tab: TAB });
  }

  /** Take the phone; true unless another tab objects because it has a call on. */
  async claim() {
    this.owner = true;
    this.vacant = false;
    this.#superseded = false;
    this.#tell("claim");
    await new Promise((resolve) => { setTimeout(resolve, OBJECTION); });
    return this.owner;
  }

  /** No call is on any more: give the phone up if another browser took it meanwhile. */
  idle() {
    if (this.#superseded && this.owner) this.#lose("elsewhere");
  }

  /** Another browser registered. A call that is on goes on here; the registration is gone either way. */
  #displaced() {
    if (!this.owner) return;
    this.#superseded = true;
    if (!this.#inCall()) this.idle();
  }

  #lose(why) {
    this.owner = false;
    this.dispatchEvent(new CustomEvent("lost", { detail: why }));
  }

  #heard({ type }) {
    if (type === "claim" && this.owner) {
      if (this.#inCall()) this.#tell("busy");
      else this.#lose("elsewhere");
    } else if (type === "busy" && this.owner && !this.#inCall()) {
      this.#lose("elsewhere_call");
    } else if (type === "gone" && !this.owner) {
      this.vacant = true;
      this.#maybeReturn();
    }
  }

  /** The tab with the phone was closed: the one that is looked at takes over. */
  #maybeReturn() {
    if (this.vacant && !this.owner && document.visibilityState === "visible") this.dispatchEvent(new Event("vacant"));
  }
}
