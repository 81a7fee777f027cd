/* The sounds of a campaign: a recording of the house's own can be heard where it is chosen, and a name is typed only where none is. */
import { on } from "./dom.js";
import { onContent } from "./page.js";

function show(select) {
  const { heard } = select.selectedOptions[0]?.dataset ?? {};
  const field = select.closest(".field"), player = field.querySelector("audio");
  field.querySelector("input").hidden = select.value !== "";
  player.pause();
  player.hidden = !heard;
  if (heard) player.src = heard;
}

on("change", "[data-sound]", (_, select) => show(select));
onContent((root) => root.querySelectorAll("[data-sound]").forEach(show));
