/* Money that comes in on a case of mine is said at once; the case's screen looks again by itself (refresh.js). */
import { on } from "./dom.js";
import { t } from "./i18n.js";
import { open, path } from "./page.js";
import { toast } from "./toast.js";

document.addEventListener("payment.came", ({ detail }) => {
  const href = `/cases/${detail.case_id}`;
  const action = path() === href ? undefined : { label: t("open_case"), run: () => open(href) };
  toast(t("payment_came", { amount: detail.amount, number: detail.case_number }), { mark: "cash", action });
});

on("click", "[data-print]", () => window.print());

/** Through the phone's own way of sharing; where there is none the text is copied. */
on("click", "[data-share]", async (_, button) => {
  const text = button.dataset.share;
  try {
    if (navigator.share) await navigator.share({ text });
    else {
      await navigator.clipboard.writeText(text);
      toast(t("copied"), { mark: "copy" });
    }
  } catch (refused) {
    if (refused.name !== "AbortError") throw refused;
  }
});
