/* The wall display: figures that are read from across the room. No phone, no menu, no keyboard. */
import { h, icon } from "./dom.js";
import { span, now } from "./time.js";
import { BoardFeed, byState, serviceLevel } from "./board/feed.js";

const SHOWN = ["available", "talking", "ringing", "hold", "wrap_up", "pause"];
/** So many queues and alarms have a line; of the others their number. */
const ROOM = 6;
const wall = document.getElementById("wall");
const words = JSON.parse(wall.dataset.words);
const feed = new BoardFeed(wall.dataset.url);
const part = (name) => wall.querySelector(`[data-part=${name}]`);

const sum = (lines, value) => lines.reduce((total, one) => total + value(one), 0);

function figure(name, value, tone = "") {
  const element = part(name);
  if (element.textContent !== value) element.textContent = value;
  element.className = `wall-figure ${tone}`;
}

function longest(queues) {
  const since = queues.map((one) => one.since).filter(Boolean).sort()[0];
  return since ? span(now() - Date.parse(since)) : "0:00";
}

function level(queues) {
  const all = { answered: sum(queues, (q) => q.answered), abandoned: sum(queues, (q) => q.abandoned), in_time: sum(queues, (q) => q.in_time) };
  return serviceLevel(all);
}

function draw() {
  const queues = [...feed.queues.values()], agents = [...feed.agents.values()];
  const waiting = sum(queues, (one) => one.waiting), share = level(queues);
  figure("waiting", String(waiting), waiting ? "is-act" : "");
  figure("longest", longest(queues));
  figure("level", share === null ? "—" : `${Math.round(share * 100)}%`, share !== null && share < 0.8 ? "is-alert" : "is-live");
  figure("abandoned", String(sum(queues, (one) => one.abandoned)));
  figure("calls", String(feed.calls.size));
  drawStates(byState(agents));
  drawQueues(queues);
  drawAlarms(agents);
}

function drawStates(counts) {
  part("states").replaceChildren(...SHOWN.map((state) => h("div", { class: "wall-state" },
    h("span", { class: "wall-count" }, String(counts.get(state) ?? 0)),
    h("span", {}, icon(words.states[state].icon), ` ${words.states[state].word}`))));
}

function drawQueues(queues) {
  const worst = [...queues].sort((one, other) => other.waiting - one.waiting || (one.since ?? "~").localeCompare(other.since ?? "~"));
  part("queues").replaceChildren(...worst.slice(0, ROOM).map((one) => {
    const share = serviceLevel(one);
    return h("tr", {}, h("th", { scope: "row" }, words.queues[one.id] ?? one.id), h("td", {}, String(one.waiting)),
      h("td", {}, one.since ? span(now() - Date.parse(one.since)) : "0:00"),
      h("td", {}, share === null ? "—" : `${Math.round(share * 100)}%`), h("td", {}, String(one.abandoned)));
  }));
  if (queues.length > ROOM) part("queues").append(h("tr", {}, h("th", { scope: "row" }, `+${queues.length - ROOM}`)));
  part("no-queues").hidden = queues.length > 0;
}

function drawAlarms(agents) {
  const alarms = agents.flatMap((one) => one.alarms.map((kind) => `${one.name} · ${words.alarms[kind].word}`));
  part("alarms").replaceChildren(...alarms.slice(0, ROOM).map((text) => h("li", {}, icon("alarm"), ` ${text}`)));
  if (alarms.length > ROOM) part("alarms").append(h("li", {}, `+${alarms.length - ROOM}`));
}

feed.addEventListener("change", draw);
feed.addEventListener("link", ({ detail }) => { part("lost").hidden = detail; });
setInterval(() => { draw(); part("clock").textContent = new Date(now()).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }); }, 1000);
feed.open();
