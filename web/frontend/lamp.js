/* The bar: telephony lamp, my agent state, what is due. */
import { h, icon, on } from "./dom.js";
import { t } from "./i18n.js";
import { linkState } from "./live.js";
import { post } from "./net.js";
import { toast } from "./toast.js";

const LAMPS = {
  up: ["circle-check", "telephony_up"],
  down: ["alert-triangle", "telephony_down"],
  lost: ["plug-connected-x", "reconnecting"],
};
let telephony = document.getElementById("lamp")?.dataset.state ?? "up";

function drawLamp(detail) {
  const lamp = document.getElementById("lamp");
  if (!lamp) return;
  const shown = linkState() === "lost" ? "lost" : telephony;
  const [mark, key] = LAMPS[shown];
  lamp.dataset.state = shown;
  lamp.replaceChildren(icon(mark), h("span", { class: "word" }, t(key)));
  if (detail) document.querySelector("[data-lamp-detail]").textContent = detail;
}

function setTelephony({ up, detail, since }) {
  telephony = up ? "up" : "down";
  if (since) document.querySelector("[data-lamp-since] [data-timer]")?.setAttribute("data-since", since);
  drawLamp(detail);
}

/** `agent` is {state, word, icon, tone, since, reason}. */
function setAgent(agent) {
  const menu = document.getElementById("agent-state");
  if (!menu || !agent) return;
  menu.querySelector("[data-agent-badge]").replaceChildren(
    h("span", { class: `state state-${agent.tone}` }, icon(agent.icon), h("span", { class: "state-word" }, ` ${agent.word}`)),
  );
  menu.querySelector("[data-timer]").dataset.since = agent.since;
  for (const item of menu.querySelectorAll("[data-agent-state]")) {
    const pressed = item.dataset.agentState === agent.state && item.dataset.reason === (agent.reason ?? "");
    item.setAttribute("aria-pressed", String(pressed));
  }
}

function setNotices(count) {
  const badge = document.querySelector("[data-notices]");
  if (!badge || !Number.isInteger(count)) return;
  badge.textContent = count;
  badge.hidden = count === 0;
}

on("click", "[data-agent-state]", async (_, item) => {
  try {
    await post("/me/state", { state: item.dataset.agentState, reason: item.dataset.reason });
  } catch (error) {
    toast(error.problem ? error.message : t("network_error"), { mark: "alert-circle" });
  }
});
document.addEventListener("live.link", () => drawLamp());
document.addEventListener("telephony.status", ({ detail }) => setTelephony(detail));
document.addEventListener("agent.state", ({ detail }) => { if (detail.mine !== false) setAgent(detail); });
document.addEventListener("agent.alarm", ({ detail }) => {
  toast(t(`alarm_${detail.kind}`, { word: detail.word, minutes: detail.minutes }), { mark: "alarm", seconds: 30 });
});
document.addEventListener("agent.sent", ({ detail }) => {
  const key = detail.signed_out ? "agent_signed_out" : "agent_sent";
  toast(t(key, { by: detail.by, word: detail.word, why: detail.why }), { mark: "user-cog", seconds: 0 });
});
document.addEventListener("callback.due", ({ detail }) => {
  setNotices(detail.due_count);
  const key = { soon: "callback_soon", moved: "callback_moved" }[detail.what] ?? "callback_due";
  toast(t(key, { name: detail.name ?? detail.number ?? "", reason: detail.reason ?? "" }), { mark: "calendar-time" });
});
document.addEventListener("snapshot", ({ detail }) => {
  if (detail.telephony) setTelephony(detail.telephony);
  setAgent(detail.agent);
  setNotices(detail.due_count);
});
