/* The case of a campaign before it is rung: by the button, or by itself when its time is up. Rung, the case is on screen. */
import { on } from "./dom.js";
import { post } from "./net.js";
import { onContent, open, path } from "./page.js";
import { toast } from "./toast.js";
import { t } from "./i18n.js";

/* What was shown is nobody's any more: the next one takes its place. */
const GONE = new Set(["campaign_entry_taken", "campaign_not_now"]);

on("click", "[data-ring-entry]", async (_, button) => {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await post(`/campaigns/entries/${button.dataset.ringEntry}/dial`);
    open(button.dataset.case);
  } catch (error) {
    toast(error.problem?.detail ?? t("network_error"), { mark: "hand-stop", seconds: 15 });
    if (GONE.has(error.problem?.code)) open(path());
    else button.disabled = false;
  }
});

onContent(() => {
  const counting = document.querySelector("[data-ring-entry][data-seconds]:not([data-counting])");
  if (!counting) return;
  counting.dataset.counting = "";
  setTimeout(() => counting.isConnected && counting.click(), Number(counting.dataset.seconds) * 1000);
});
