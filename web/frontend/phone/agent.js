/* The softphone without its face: registration, lines, and what can be done with them. */
import JsSIP from "jssip";
import { Conference } from "./conference.js";
import { Line } from "./line.js";
import { t } from "../i18n.js";

const REGISTER_SECONDS = 90;
const FAREWELL = 3000;

function wantsAutoAnswer(request) {
  return request.getHeader("X-Callcenter-Auto-Answer") === "yes" || /auto-?answer/i.test(request.getHeader("Alert-Info") ?? "");
}

export class PhoneAgent extends EventTarget {
  #ua = null;
  #config = null;
  #devices;
  #conference = null;
  #wasCut = false;

  constructor(devices) {
    super();
    this.#devices = devices;
    this.registration = "off";
    this.lines = [];
    this.current = null;
    this.consulting = null;
  }

  get talking() { return this.lines.some((line) => line.live); }
  get ringing() { return this.lines.find((line) => line.incoming && line.state === "ringing") ?? null; }
  get other() { return this.lines.find((line) => line !== this.current && line.live) ?? null; }
  get inConference() { return this.#conference !== null; }

  #changed() { this.dispatchEvent(new Event("change")); }

  #become(registration) {
    this.registration = registration;
    this.#changed();
  }

  /** The exchange cannot hear that a ringing call is taken any more: it lets another phone ring, or this one anew. */
  #disconnected() {
    this.#wasCut = true;
    this.ringing?.hangUp();
    this.#become("disconnected");
  }

  #registered() {
    if (this.#wasCut) for (const line of this.lines) line.reclaim();
    this.#wasCut = false;
    this.#become("registered");
  }

  /** `config` is {uri, password, ws, display_name, ice}. */
  start(config) {
    this.stop();
    this.#wasCut = false;
    this.#config = config;
    const address = new URL(config.ws, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(address.href)],
      uri: config.uri,
      password: config.password,
      display_name: config.display_name,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
    });
    const mine = (handler) => (event) => this.#ua === ua && handler(event);
    ua.on("connecting", mine(() => this.#become("connecting")));
    ua.on("disconnected", mine(() => this.#disconnected()));
    ua.on("registered", mine(() => this.#registered()));
    ua.on("unregistered", mine(() => this.#become("unregistered")));
    ua.on("registrationFailed", mine(() => this.#become("failed")));
    ua.on("newRTCSession", mine((event) => this.#arrived(event)));
    this.#ua = ua;
    ua.start();
  }

  /** Leave: calls end, the registration is given back. `reason` is the state shown from now on. */
  stop(reason = "off") {
    const ua = this.#ua;
    this.#ua = null;
    ua?.stop();
    this.#become(reason);
  }

  #arrived({ originator, session, request }) {
    if (originator === "local") return;
    const identity = request.from;
    const line = new Line(session, {
      incoming: true,
      number: identity.uri.user === "anonymous" ? "" : identity.uri.user,
      name: request.getHeader("X-Callcenter-Watch") ? t("line_watch") : identity.uri.user === "anonymous" ? "" : (identity.display_name ?? ""),
      callId: request.getHeader("X-Callcenter-Call") ?? null,
      autoAnswer: wantsAutoAnswer(request),
    });
    const takesItself = line.autoAnswer && !this.talking;
    this.#add(line);
    this.dispatchEvent(new CustomEvent("offered", { detail: line }));
    if (takesItself) this.answer(line);
  }

  #add(line) {
    this.lines.push(line);
    line.addEventListener("change", () => this.#lineChanged(line));
    if (!this.current) this.current = line;
    this.#changed();
  }

  #lineChanged(line) {
    if (line.over && this.lines.includes(line)) {
      this.lines = this.lines.filter((one) => one !== line);
      if (this.lines.length < 2) this.#dissolve();
      if (this.consulting && (line === this.consulting.asked || line === this.consulting.customer)) this.#consultationOver(line);
      if (this.current === line) this.current = this.lines[0] ?? null;
      this.dispatchEvent(new CustomEvent("ended", { detail: line }));
    }
    this.#changed();
  }

  #consultationOver(line) {
    const { asked, customer } = this.consulting;
    this.consulting = null;
    if (line === asked && this.lines.includes(customer)) this.#take(customer);
  }

  /** Talk on one line; every other one is held. */
  async #take(line) {
    for (const one of this.lines) if (one !== line) await one.hold(true);
    this.current = line;
    await line.hold(false);
    this.#changed();
  }

  async answer(line = this.ringing) {
    if (!line) return;
    const stream = await this.#devices.microphone();
    if (line.over) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    for (const one of this.lines) if (one !== line) await one.hold(true);
    this.current = line;
    line.answer(stream, this.#pcConfig);
  }

  async dial(number) {
    const stream = await this.#devices.microphone();
    if (!this.#ua) return null;
    for (const one of this.lines) await one.hold(true);
    const session = this.#ua.call(number, { mediaStream: stream, pcConfig: this.#pcConfig });
    const line = new Line(session, { incoming: false, number, name: "" });
    line.useMicrophone(stream);
    this.current = line;
    this.#add(line);
    return line;
  }

  get #pcConfig() {
    return { iceServers: this.#config?.ice ?? [] };
  }

  hangUp(line = this.current ?? this.ringing) {
    line?.hangUp();
  }

  async toggleHold(line = this.current) {
    if (!line?.live) return;
    if (line.held) await this.#take(line);
    else await line.hold(true);
  }

  toggleMute(line = this.current) {
    if (line?.live) line.mute(!line.muted);
  }

  async blindTransfer(target, line = this.current) {
    await line.transfer(target);
    // The exchange ends our leg; should it forget, we say goodbye ourselves.
    setTimeout(() => line.hangUp(), FAREWELL);
  }

  /** Ask `target` first: the customer hears music, we talk to the colleague. */
  async consult(target) {
    const customer = this.current;
    const asked = await this.dial(target);
    if (!asked) return;
    this.consulting = { customer, asked };
    this.#changed();
  }

  async swap() {
    if (this.other) await this.#take(this.other);
  }

  async completeTransfer() {
    const { customer, asked } = this.consulting;
    await customer.transfer(asked.session.remote_identity.uri, asked);
    this.consulting = null;
    setTimeout(() => { customer.hangUp(); asked.hangUp(); }, FAREWELL);
  }

  async cancelConsultation() {
    this.consulting?.asked.hangUp();
  }

  /** All three hear each other. */
  async confer() {
    const live = this.lines.filter((line) => line.live);
    for (const line of live) await line.hold(false);
    this.#conference = new Conference(live);
    await this.#conference.start();
    this.#changed();
  }

  #dissolve() {
    this.#conference?.stop();
    this.#conference = null;
  }

  /** A device was changed: calls that are on go over to it. */
  async renewMicrophone() {
    for (const line of this.lines.filter((one) => one.live)) {
      const stream = await this.#devices.microphone();
      const [track] = stream.getAudioTracks();
      track.enabled = !line.muted;
      await line.send(track);
      line.useMicrophone(stream);
    }
  }
}
