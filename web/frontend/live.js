/* One websocket to the server: every message becomes an event of the document, named by its type.

   The server numbers messages; after a broken link we ask for what came after the last number we saw and get it, or a
   snapshot. Nothing is skipped, nothing is handled twice. */
import { reader } from "./i18n.js";
import { setServerTime } from "./time.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 4_000; // a pop must not wait for the link longer than a debtor waits for an answer
const QUIET = 45_000;

let socket = null;
let seen = null;
let failures = 0;
let quiet = 0;
let state = "connecting";

/** "connecting", "up" or "lost". */
export const linkState = () => state;

function become(next) {
  if (state === next) return;
  state = next;
  document.dispatchEvent(new CustomEvent("live.link", { detail: { state } }));
}

function address() {
  const url = new URL("/live", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (seen !== null) url.searchParams.set("after", seen);
  return url;
}

function take(message) {
  if (message.at) setServerTime(message.at);
  if (message.type !== "snapshot" && seen !== null && message.seq <= seen) return;
  if (Number.isInteger(message.seq)) seen = message.seq;
  document.dispatchEvent(new CustomEvent(message.type, { detail: message }));
}

/** The server sends something at least every half minute; a link that is silent for longer is dead, whatever TCP believes. */
function listen() {
  clearTimeout(quiet);
  quiet = setTimeout(() => socket?.close(), QUIET);
}

function retry() {
  clearTimeout(quiet);
  become("lost");
  failures += 1;
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
  setTimeout(connect, ceiling / 2 + Math.random() * (ceiling / 2));
}

function connect() {
  socket = new WebSocket(address());
  socket.addEventListener("open", () => { failures = 0; become("up"); listen(); });
  socket.addEventListener("message", (event) => { listen(); take(JSON.parse(event.data)); });
  socket.addEventListener("close", retry, { once: true });
}

if (reader.login) connect();
window.addEventListener("online", () => { if (state === "lost") { failures = 0; } });
