/* Timers that run, and the server's idea of now. */
let skew = 0;

/** The server's clock is the one that counts: a message said it was `at` when it was sent. */
export function setServerTime(at) {
  skew = Date.parse(at) - Date.now();
}

export const now = () => Date.now() + skew;

export function span(milliseconds) {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** Draw every timer of the page: counting up from data-since, or down to data-until. */
export function tick() {
  for (const timer of document.querySelectorAll("[data-timer]")) {
    const { since, until } = timer.dataset;
    const text = span(until ? Date.parse(until) - now() : now() - Date.parse(since));
    if (timer.textContent !== text) timer.textContent = text;
  }
}

setInterval(tick, 1000);
document.addEventListener("htmx:after:swap", tick);
tick();
