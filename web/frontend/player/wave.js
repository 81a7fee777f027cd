/* The two waveforms: the debtor above, the collector below, drawn from peaks that the server worked out. */
import WaveSurfer from "wavesurfer.js";

const FULL_SCALE = 255;

/** Draws into `container`, which must not stand in the page yet, and follows `audio`; nothing of the sound is loaded. */
export function drawWave(container, audio, drawing, colours) {
  const lane = (colour) => ({ waveColor: colour, progressColor: colours.played });
  const wave = WaveSurfer.create({
    container,
    media: audio,
    peaks: drawing.channels.map((channel) => visible(channel)),
    duration: drawing.duration_ms / 1000,
    height: 44,
    barWidth: 2,
    barGap: 1,
    barMinHeight: 1,
    cursorColor: colours.cursor,
    cursorWidth: 2,
    dragToSeek: true,
    splitChannels: [lane(colours.debtor), lane(colours.collector)],
  });
  keepStyle(wave);
  return wave;
}

/** Peaks as wavesurfer wants them. Telephone speech is quiet: the square root shows it without clipping what is loud. */
function visible(channel) {
  return Float32Array.from(channel, (peak) => Math.sqrt(peak / FULL_SCALE));
}

/** The content security policy refuses style elements once they stand in the page; the same rules as an adopted sheet are
    welcome. So they are exchanged before. */
function keepStyle(wave) {
  const root = wave.getWrapper().getRootNode();
  const styles = [...root.querySelectorAll("style")];
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles.map((style) => style.textContent).join("\n"));
  root.adoptedStyleSheets = [sheet];
  for (const style of styles) style.remove();
}
