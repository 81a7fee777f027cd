/* Times within a recording. */

/** Seconds as m:ss, from an hour on as h:mm:ss. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const MARGIN_MS = 250;

/** Where to go on, in ms, when `at` lies in a silence both sides share; null when somebody may be heard. */
export function afterSilence(silences, at) {
  const found = silences.find(([start, stop]) => at >= start + MARGIN_MS && at < stop - MARGIN_MS);
  return found ? found[1] - MARGIN_MS : null;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

/** The next speed up (`step` 1) or down (-1). */
export function nextSpeed(current, step) {
  const nearest = SPEEDS.reduce((best, speed) => (Math.abs(speed - current) < Math.abs(best - current) ? speed : best));
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(nearest) + step))];
}
