/* What supervisors say: messages stay until they are read, advice stays while the call does. */
import { t } from "./i18n.js";
import { post } from "./net.js";
import { toast } from "./toast.js";

const shown = new Map(), given = new Map();

function message({ message_id: id, by, text }) {
  if (shown.has(id)) return;
  const read = () => { shown.delete(id); post(`/messages/${id}/read`).catch(() => {}); };
  shown.set(id, toast(t("message_from", { by, text }), { mark: "message-circle", seconds: 0, action: { label: t("message_read"), run: read } }));
}

document.addEventListener("floor.message", ({ detail }) => message(detail));
function advise(detail) {
  if (!given.has(detail.note_id)) given.set(detail.note_id, { callId: detail.call_id, line: toast(t("advice_from", detail), { mark: "bulb", seconds: 0 }) });
}

function forget(isOver) {
  for (const [id, { callId, line }] of given) {
    if (!isOver(id, callId)) continue;
    line.remove();
    given.delete(id);
  }
}

document.addEventListener("snapshot", ({ detail }) => {
  (detail.messages ?? []).forEach(message);
  const stands = new Set((detail.advice ?? []).map((one) => one.note_id));
  forget((id) => !stands.has(id));
  (detail.advice ?? []).forEach(advise);
});
document.addEventListener("call.advice", ({ detail }) => advise(detail));
document.addEventListener("call.ended", ({ detail }) => forget((id, callId) => callId === detail.call_id));
document.addEventListener("call.merged", ({ detail }) => {
  for (const one of given.values()) if (detail.merged_ids.includes(one.callId)) one.callId = detail.call_id;
});
document.addEventListener("floor.read", ({ detail }) => {
  const counted = document.querySelector(`[data-message-read="${CSS.escape(String(detail.message_id))}"]`);
  if (counted) counted.textContent = t("message_read_by", { read: detail.read, sent: detail.sent });
});
