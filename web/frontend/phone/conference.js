/* A three-way conference, mixed here: each side hears the microphone and every other side. */

export class Conference {
  #context = new AudioContext();
  #lines;

  constructor(lines) {
    this.#lines = lines;
  }

  async start() {
    await this.#context.resume();
    for (const line of this.#lines) {
      const mix = this.#context.createMediaStreamDestination();
      this.#context.createMediaStreamSource(line.microphone).connect(mix);
      for (const other of this.#lines) {
        if (other !== line) this.#context.createMediaStreamSource(other.remote).connect(mix);
      }
      await line.send(mix.stream.getAudioTracks()[0]);
    }
  }

  /** Back to the bare microphone on every line that is left. */
  stop() {
    for (const line of this.#lines.filter((one) => !one.over)) {
      const [track] = line.microphone.getAudioTracks();
      if (track?.readyState === "live") line.send(track);
    }
    this.#context.close();
  }
}
