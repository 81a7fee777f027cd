/* Parts of a page that look again when something happened: data-refresh names the live messages, and with data-refresh-case
   those about another case do not count. The element needs an id. */
import { renew } from "./page.js";

const MESSAGES = ["call.answered", "call.held", "call.ended", "callback.due", "recording.ready", "agent.state", "case.changed"];

function look({ type, detail }) {
  for (const element of document.querySelectorAll("#page [data-refresh]")) {
    const { refresh, refreshCase } = element.dataset;
    const concerns = !refreshCase || detail.case_id === undefined || String(detail.case_id) === refreshCase;
    if (concerns && refresh.split(" ").includes(type)) renew(element);
  }
}

for (const type of MESSAGES) document.addEventListener(type, look);
