/* What supervisors say: messages stay until they are read, advice stays while the call does. */
import { t } from "./i18n.js";
import { post } from "./net.js";
import { toast } from "./toast.js";

const shown = new Map();

function message({ message_id: id, by, text }) {
  if (shown.has(id)) return;
  const read = () => { shown.delete(id); post(`/messages/${id}/read`).catch(() => {}); };
  shown.set(id, toast(t("message_from", { by, text }), { mark: "message-circle", seconds: 0, action: { label: t("message_read"), run: read } }));
}

document.addEventListener("floor.message", ({ detail }) => message(detail));
document.addEventListener("snapshot", ({ detail }) => (detail.messages ?? []).forEach(message));
document.addEventListener("call.advice", ({ detail }) => {
  const line = toast(t("advice_from", detail), { mark: "bulb", seconds: 0 });
  const over = ({ detail: { call_id: callId } }) => {
    if (callId !== detail.call_id) return;
    line.remove();
    document.removeEventListener("call.ended", over);
  };
  document.addEventListener("call.ended", over);
});
document.addEventListener("floor.read", ({ detail }) => {
  const counted = document.querySelector(`[data-message-read="${CSS.escape(String(detail.message_id))}"]`);
  if (counted) counted.textContent = t("message_read_by", { read: detail.read, sent: detail.sent });
});
