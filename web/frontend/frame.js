/* The frame: navigation, menus, look, progress, and what to do when a page cannot be swapped in. */
import { h, on } from "./dom.js";
import { post } from "./net.js";
import { onContent } from "./page.js";

const frame = document.getElementById("frame");
const toggle = document.getElementById("nav-toggle");
const NARROW = matchMedia("(max-width: 991px)");
/* The phone takes a third column: without it the words of the navigation have room much earlier. */
const MIDDLE = matchMedia(frame?.classList.contains("with-phone") ? "(max-width: 1439px)" : "(max-width: 1199px)");
const KEPT = "nav-wide";

function applyNav() {
  const kept = localStorage.getItem(KEPT);
  const wide = kept === null ? !MIDDLE.matches : kept === "1";
  frame?.classList.toggle("wide-nav", wide);
  frame?.classList.toggle("narrow-nav", !wide);
  toggle?.setAttribute("aria-expanded", String(NARROW.matches ? frame.classList.contains("nav-open") : wide));
}

function toggleNav() {
  if (NARROW.matches) frame.classList.toggle("nav-open");
  else localStorage.setItem(KEPT, frame.classList.contains("wide-nav") ? "0" : "1");
  applyNav();
}

/** The navigation is not swapped, so the entry of the page on screen is found by its address: the longest that fits. */
function markCurrent() {
  const links = [...document.querySelectorAll("#nav a")];
  const fits = links.filter((link) => link.pathname === location.pathname || (link.pathname !== "/" && location.pathname.startsWith(`${link.pathname}/`)));
  const best = fits.sort((a, b) => b.pathname.length - a.pathname.length)[0];
  for (const link of links) {
    if (link === best) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (best) bringIntoSight(best);
}

/** Scrolls the navigation alone, never the page. */
function bringIntoSight(link) {
  const side = document.getElementById("nav");
  const [here, around] = [link.getBoundingClientRect(), side.getBoundingClientRect()];
  if (here.top < around.top || here.bottom > around.bottom) side.scrollTop += here.top - around.top - side.clientHeight / 2;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.bsTheme;
  else document.documentElement.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
  }
  post("/me/theme", { theme }).catch(() => {});
}

let line = null;
function progress(shown) {
  line?.remove();
  line = shown ? h("div", { class: "progress-line" }) : null;
  if (line) document.body.append(line);
}

toggle?.addEventListener("click", toggleNav);
MIDDLE.addEventListener("change", applyNav);
NARROW.addEventListener("change", applyNav);
applyNav();

on("click", "[data-theme]", (_, button) => setTheme(button.dataset.theme));
onContent((root) => root.querySelectorAll("dialog[data-show]").forEach((dialog) => {
  dialog.removeAttribute("data-show");
  dialog.showModal();
}));
on("click", "[data-open]", (_, button) => document.getElementById(button.dataset.open)?.showModal());
on("click", "[data-close]", (_, button) => button.closest("dialog")?.close());
on("click", ".menu-body :is(a, button.menu-item)", (_, item) => { item.closest("details.menu").open = false; });
document.addEventListener("click", (event) => {
  closeMenus(event.target);
  if (!event.target.closest?.("#nav, #nav-toggle")) frame?.classList.remove("nav-open");
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

onContent(markCurrent);
document.addEventListener("htmx:after:history:update", markCurrent);
// A form that comes back with faults is gone on with at the first of them.
document.addEventListener("htmx:finally:request", (event) => {
  if (event.detail.ctx?.target?.id === "page") document.querySelector("#page [aria-invalid=true]")?.focus();
});
document.addEventListener("htmx:before:request", () => progress(true));
document.addEventListener("htmx:finally:request", () => progress(false));
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  const isPage = ctx.target === document.getElementById("page");
  const empty = tasks.some((task) => task.type === "main" && !task.fragment.childElementCount);
  if (isPage && empty) {
    // An answer without a page in it (signed out, another server's error): the browser shows it as it is.
    event.preventDefault();
    location.assign(ctx.response?.raw?.url ?? location.href);
  }
});
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "page") document.getElementById("page")?.focus({ preventScroll: true });
});
