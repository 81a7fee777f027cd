/* Parts of a page that look again when something happened: data-refresh names the live messages, and with data-refresh-case
   those about another case do not count. The element needs an id.

   A part in which somebody is typing waits until the focus has left it: a swap would swallow a letter, or a digit of a sum.
   The parts within it that hold no field look again all the same. */
import { isTyping } from "./dom.js";
import { renew } from "./page.js";

const MESSAGES = ["call.answered", "call.held", "call.ended", "callback.due", "recording.ready", "agent.state", "case.changed"];
/* One change is told in several messages, milliseconds apart: they are one look. */
const GATHER_MS = 20;
const waiting = new Set();
const due = new Set();
let looking = false;
/* What was told while another page was on its way: it may have been drawn before. */
let told = null;

const typingIn = (element) => element.contains(document.activeElement) && isTyping(document.activeElement);

function concerns(element, type, detail) {
  const { refresh, refreshCase } = element.dataset;
  const here = !refreshCase || detail.case_id === undefined || String(detail.case_id) === refreshCase;
  return here && refresh.split(" ").includes(type);
}

function soon(element) {
  due.add(element.id);
  if (looking) return;
  looking = true;
  setTimeout(lookAgain, GATHER_MS);
}

/** What comes while the page is fetched is for the next look: this one may be older. */
async function lookAgain() {
  const elements = [...due].map((id) => document.getElementById(id)).filter((element) => element);
  due.clear();
  try {
    if (elements.length) await renew(...elements);
  } finally {
    looking = false;
    due.forEach((id) => { const element = document.getElementById(id); if (element) soon(element); });
  }
}

function look({ type, detail }) {
  told?.push({ type, detail });
  const renewed = [];
  for (const element of document.querySelectorAll("#page [data-refresh]")) {
    if (!concerns(element, type, detail) || renewed.some((outer) => outer.contains(element))) continue;
    if (typingIn(element)) waiting.add(element.id);
    else { renewed.push(element); soon(element); }
  }
}

for (const type of MESSAGES) document.addEventListener(type, look);

// Typing may have begun while the answer was on its way.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx: { sourceElement, target }, tasks } = event.detail;
  if (sourceElement !== target || !target?.dataset.refresh) return;
  for (const task of tasks.filter((one) => one.target.dataset?.refresh && typingIn(one.target))) {
    tasks.splice(tasks.indexOf(task), 1);
    waiting.add(task.target.id);
    task.target.querySelectorAll("[data-refresh]").forEach(soon);
  }
});
document.addEventListener("focusout", ({ relatedTarget }) => {
  for (const id of waiting) {
    const element = document.getElementById(id);
    if (element?.contains(relatedTarget)) continue;
    waiting.delete(id);
    if (element) soon(element);
  }
});
const isPage = ({ ctx }) => ctx.target?.id === "page";
document.addEventListener("htmx:before:request", ({ detail }) => { if (isPage(detail)) told = []; });
document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (!isPage(detail)) return;
  waiting.clear();
  const late = told ?? [];
  told = null;
  late.forEach(look);
});
