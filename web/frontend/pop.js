/* The screen pop: the caller's card opens while it still rings. Who calls is painted from the message itself, at once; the
   case takes its place as soon as it is here.

   Nobody's work is thrown away: when something was typed here, or another call is on, the case waits beside as a card. */
import { h, icon } from "./dom.js";
import { dirty } from "./forms.js";
import { t } from "./i18n.js";
import { open, path } from "./page.js";
import { toast } from "./toast.js";

const offers = new Map();
let popped = null;

const area = () => document.getElementById("pops");
const busy = (callId) => dirty() || document.querySelector("soft-phone")?.talksBeside?.(callId) === true;

function card(offer) {
  const who = offer.name ?? offer.number ?? t("number_hidden");
  return h(
    "article",
    { class: "pop-card row-line", "data-offer": offer.call_id, role: "alert" },
    icon("phone-incoming"),
    h("div", {}, h("div", { class: "strong" }, who), h("div", { class: "small" }, [offer.case_number, offer.creditor].filter(Boolean).join(" · "))),
    h("a", { class: "btn btn-primary push", href: offer.url, onclick: (event) => { event.preventDefault(); withdrawCard(offer.call_id); open(offer.url); } }, t("open_case")),
    h("button", { type: "button", class: "btn btn-plain btn-square", "aria-label": t("close"), onclick: () => withdrawCard(offer.call_id) }, icon("x")),
  );
}

function withdrawCard(callId) {
  area()?.querySelector(`[data-offer="${CSS.escape(String(callId))}"]`)?.remove();
}

/** `offer` is {call_id, url, number, name, case_number, creditor}; url is the case, or the page to choose a caller. */
function show(offer) {
  if (offers.has(offer.call_id)) return;
  offers.set(offer.call_id, offer);
  if (path() === offer.url || !offer.url) return;
  area()?.append(card(offer));
  if (busy(offer.call_id)) return;
  popped = { callId: offer.call_id, url: offer.url, from: path() };
  open(offer.url);
}

/** A card whose case is on screen has said what it had to say, also when its call was answered before the page was here. */
function opened() {
  for (const link of area()?.querySelectorAll("[data-offer] a") ?? []) if (link.getAttribute("href") === path()) link.closest("[data-offer]").remove();
}

/** The caller gave up or another took the call: what was opened for it goes, unless it is being worked on. */
function withdraw(callId, reason) {
  const offer = offers.get(callId);
  if (!offers.delete(callId)) return;
  withdrawCard(callId);
  if (popped?.callId === callId && path() === popped.url && !dirty()) open(popped.from);
  if (popped?.callId === callId) popped = null;
  toast(t(reason === "answered_elsewhere" ? "pop_answered_elsewhere" : "pop_withdrawn", { name: offer.name ?? offer.number ?? "" }), { mark: "phone-off" });
}

function settle(callId) {
  offers.delete(callId);
  if (popped?.callId === callId) popped = null;
}

document.addEventListener("htmx:after:history:update", opened);
document.addEventListener("call.offered", ({ detail }) => show(detail));
document.addEventListener("call.withdrawn", ({ detail }) => withdraw(detail.call_id, detail.reason));
document.addEventListener("call.answered", ({ detail }) => settle(detail.call_id));
document.addEventListener("call.ended", ({ detail }) => { settle(detail.call_id); withdrawCard(detail.call_id); });
document.addEventListener("call.merged", ({ detail }) => {
  for (const callId of detail.merged_ids) { settle(callId); withdrawCard(callId); }
});
document.addEventListener("snapshot", ({ detail }) => {
  const standing = new Map((detail.offers ?? []).map((offer) => [offer.call_id, offer]));
  for (const callId of [...offers.keys()]) if (!standing.has(callId)) withdraw(callId, "withdrawn");
  // The end of a call that was taken may have been missed: its card stays only for the call that is still on. After it
  // the collector's state names the call he has still to say something about.
  const on = detail.agent && detail.agent.state !== "wrap_up" ? detail.agent.call_id : null;
  for (const element of area()?.querySelectorAll("[data-offer]") ?? []) {
    const callId = Number(element.dataset.offer);
    if (!standing.has(callId) && on !== callId) element.remove();
  }
  for (const offer of standing.values()) show(offer);
});
document.addEventListener("phone.open-case", () => {
  const offer = [...offers.values()].at(-1);
  if (offer) { withdrawCard(offer.call_id); open(offer.url); }
});
