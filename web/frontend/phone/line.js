/* One call of the softphone: a SIP session with a simple state. */
import { now } from "../time.js";

const RINGBACK = 180;
const GATHERED = 400;

export class Line extends EventTarget {
  #session;
  #microphone;
  #holding = Promise.resolve();

  constructor(session, { incoming, number, name, callId = null, autoAnswer = false }) {
    super();
    this.#session = session;
    Object.assign(this, { incoming, number, name, callId, autoAnswer, shown: number });
    this.id = session.id;
    this.state = incoming ? "ringing" : "dialling";
    this.since = now();
    this.answeredAt = null;
    this.ringback = false;
    this.held = false;
    this.muted = false;
    this.cause = null;
    this.remote = new MediaStream();
    this.#follow();
  }

  get live() { return this.state === "talking"; }
  get over() { return this.state === "ended"; }
  get connection() { return this.#session.connection; }
  get session() { return this.#session; }

  #change(changes) {
    Object.assign(this, changes);
    this.dispatchEvent(new Event("change"));
  }

  #follow() {
    const session = this.#session;
    if (session.connection) this.#hear(session.connection);
    session.on("peerconnection", ({ peerconnection }) => this.#hear(peerconnection));
    session.on("progress", ({ response }) => this.#change({ ringback: response?.status_code === RINGBACK }));
    session.on("accepted", () => this.#change({ state: "talking", answeredAt: now(), ringback: false }));
    session.on("hold", ({ originator }) => originator === "local" && this.#change({ held: true }));
    session.on("unhold", ({ originator }) => originator === "local" && this.#change({ held: false }));
    session.on("muted", () => this.#change({ muted: true }));
    session.on("unmuted", () => this.#change({ muted: false }));
    session.on("ended", (event) => this.#end(event));
    session.on("failed", (event) => this.#end(event));
    // One local address is enough to reach the exchange: waiting for all of them only delays the answer.
    session.on("icecandidate", ({ ready }) => { this.gathering ??= setTimeout(ready, GATHERED); });
  }

  #hear(connection) {
    connection.addEventListener("track", ({ track }) => {
      this.remote.addTrack(track);
      this.#change({});
    });
  }

  #end({ cause, originator, message }) {
    clearTimeout(this.gathering);
    this.#stopMicrophone();
    this.#change({ state: "ended", cause, endedBy: originator, code: message?.status_code ?? null });
  }

  #stopMicrophone() {
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
  }

  /** The microphone's stream; a line stops it when it ends. */
  useMicrophone(stream) {
    this.#stopMicrophone();
    this.#microphone = stream;
  }

  get microphone() { return this.#microphone; }

  answer(stream, pcConfig) {
    this.useMicrophone(stream);
    this.#session.answer({ mediaStream: stream, pcConfig });
  }

  /** Say no to a ringing call (busy here), or end one. */
  hangUp() {
    if (this.over) return;
    if (this.incoming && this.state === "ringing") this.#session.terminate({ status_code: 486 });
    else this.#session.terminate();
  }

  /** After a broken link: tell the exchange where we are now (RFC 3311), or else its farewell goes where we were; what it
      no longer knows (481) is over. Sound has a way of its own and may go on all the while. */
  reclaim() {
    if (this.live) this.#session.sendRequest("UPDATE", {
      extraHeaders: [`Contact: ${this.#session.contact}`],
      eventHandlers: { onDialogError: () => this.hangUp() },
    });
  }

  /** One offer at a time: asked again while the last is on its way, the next waits for it. */
  hold(held = true) {
    this.#holding = this.#holding.then(() => this.#offerHold(held));
    return this.#holding;
  }

  #offerHold(held) {
    if (!this.live || held === this.held) return Promise.resolve();
    return new Promise((resolve) => {
      const sent = held ? this.#session.hold({}, resolve) : this.#session.unhold({}, resolve);
      if (!sent) resolve();
    });
  }

  mute(muted = true) {
    if (muted) this.#session.mute({ audio: true });
    else this.#session.unmute({ audio: true });
  }

  dtmf(tones) {
    this.#session.sendDTMF(tones, { transportType: "RFC2833" });
  }

  /** Send the other side to `target`; with `replaces`, into that line's place. Resolves when the exchange took it over. */
  transfer(target, replaces = null) {
    return new Promise((resolve, reject) => {
      this.#session.refer(target, {
        replaces: replaces?.session,
        eventHandlers: {
          accepted: () => resolve(),
          failed: () => reject(new Error("transfer_failed")),
          requestFailed: () => reject(new Error("transfer_failed")),
        },
      });
    });
  }

  /** Send another sound instead of the microphone (a conference's mix, a changed device). */
  async send(track) {
    const sender = this.connection?.getSenders().find((one) => one.track?.kind === "audio");
    await sender?.replaceTrack(track);
  }
}
