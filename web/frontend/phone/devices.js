/* Microphone, speaker and ringer: which ones, how loud, and a test of both. */

const KEPT = "phone-devices";
const ECHO_SECONDS = 5;
const ECHO_DELAY = 1;

export class Devices {
  constructor() {
    this.chosen = { microphone: "", speaker: "", ringer: "", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  }

  choose(use, deviceId) {
    this.chosen[use] = deviceId;
    localStorage.setItem(KEPT, JSON.stringify(this.chosen));
  }

  /** {inputs, outputs}; labels are empty until the microphone was allowed once. */
  async list() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return { inputs: all.filter((one) => one.kind === "audioinput"), outputs: all.filter((one) => one.kind === "audiooutput") };
  }

  /** The chosen microphone; the system's own when the chosen one is gone. Throws when the reader or the browser refuses. */
  async microphone() {
    if (!navigator.mediaDevices) throw new Error("no_secure_context");
    const wish = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const { microphone } = this.chosen;
    if (microphone) {
      try {
        return await navigator.mediaDevices.getUserMedia({ audio: { ...wish, deviceId: { exact: microphone } } });
      } catch (error) {
        if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
      }
    }
    return navigator.mediaDevices.getUserMedia({ audio: wish });
  }

  /** Send an element's or audio context's sound to the device chosen for `use`. */
  async route(sink, use) {
    const device = this.chosen[use];
    if (!sink.setSinkId || sink.sinkId === device) return;
    try {
      await sink.setSinkId(device);
    } catch (error) {
      // A device that is gone is forgotten: the system's own plays. A sound that is over already needs none.
      if (error.name === "NotFoundError") this.chosen[use] = "";
    }
  }
}

/** The level of a stream between 0 and 1, told to `draw` at every frame until the returned function is called. */
export function meter(stream, draw) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(stream).connect(analyser);
  let frame = 0;
  const step = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    draw(Math.min(1, Math.sqrt(power) * 4));
    frame = requestAnimationFrame(step);
  };
  step();
  return () => { cancelAnimationFrame(frame); context.close(); };
}

/** Hear yourself a second later, for a few seconds. */
export async function echo(devices, draw) {
  const stream = await devices.microphone();
  const context = new AudioContext();
  await devices.route(context, "speaker");
  const delay = context.createDelay(ECHO_DELAY);
  delay.delayTime.value = ECHO_DELAY;
  context.createMediaStreamSource(stream).connect(delay).connect(context.destination);
  const stopMeter = meter(stream, draw);
  await new Promise((resolve) => { setTimeout(resolve, (ECHO_SECONDS + ECHO_DELAY) * 1000); });
  stopMeter();
  for (const track of stream.getTracks()) track.stop();
  await context.close();
}
