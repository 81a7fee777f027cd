/* The ring and the ringback tone, made of sine waves: no file to load, so it rings at once. */

const RING = { tones: [440, 480], on: 0.9, every: 2.4, volume: 0.25 };
const KNOCK = { tones: [440], on: 0.15, every: 4, volume: 0.08 };
const RINGBACK = { tones: [425], on: 1, every: 5, volume: 0.1 };

export class Ringer {
  #devices;
  #context = null;
  #playing = null;
  #timer = 0;

  constructor(devices) {
    this.#devices = devices;
  }

  /** "ring", "knock" (a second call while talking), "ringback" or null for silence. */
  play(kind) {
    if (this.#playing === kind) return;
    this.#playing = kind;
    clearInterval(this.#timer);
    this.#context?.close();
    this.#context = null;
    if (!kind) return;
    const cadence = { ring: RING, knock: KNOCK, ringback: RINGBACK }[kind];
    this.#context = new AudioContext();
    this.#devices.route(this.#context, kind === "ringback" ? "speaker" : "ringer");
    const burst = () => this.#burst(cadence);
    burst();
    this.#timer = setInterval(burst, cadence.every * 1000);
  }

  #burst({ tones, on, volume }) {
    const context = this.#context;
    const start = context.currentTime;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(volume, start + 0.02);
    gain.gain.setValueAtTime(volume, start + on - 0.05);
    gain.gain.linearRampToValueAtTime(0, start + on);
    gain.connect(context.destination);
    for (const frequency of tones) {
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(gain);
      tone.start(start);
      tone.stop(start + on);
    }
  }
}
