/* A click on a number. The server asks the law first; what it forbids is explained here, with the next lawful moment. */
import { confirmed } from "./confirm.js";
import { on } from "./dom.js";
import { reader, t } from "./i18n.js";
import { post } from "./net.js";
import { toast } from "./toast.js";

/* By the debtor's clock, as the contact panel of his case says it. */
function moment(iso, zone) {
  return new Intl.DateTimeFormat(reader.language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone ?? reader.zone }).format(new Date(iso));
}

function explain({ reason, detail, next_allowed_at: next, zone }) {
  const why = reason ?? detail ?? t("refused");
  return next ? `${why} ${t(zone ? "allowed_from_there" : "allowed_from", { time: moment(next, zone) })}` : why;
}

async function refused(error, order) {
  if (error.status === 409 && error.problem.may_override) {
    const because = await confirmed(explain(error.problem), { yes: t("call_anyway"), field: t("override_reason") });
    if (because) await dial({ ...order, override_reason: because });
    return;
  }
  toast(error.problem ? explain(error.problem) : t("network_error"), { mark: "hand-stop", seconds: 15 });
}

/** Order a call: {phone, phone_id, case_id}. The exchange rings this phone first, which answers by itself. */
export async function dial(order) {
  try {
    await post("/calls/dial", order);
  } catch (error) {
    await refused(error, order);
  }
}

on("click", "[data-dial]", async (_, button) => {
  if (button.disabled) return;
  button.disabled = true;
  const { dial: phone, phoneId, caseId } = button.dataset;
  await dial({ phone, phone_id: phoneId ? Number(phoneId) : null, case_id: caseId ? Number(caseId) : null });
  button.disabled = false;
});
