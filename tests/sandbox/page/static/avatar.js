// A person's picture: their initials on a colour of their own. The bot has its key.

import { h } from "./dom.js";
import { person, store } from "./store.js";

const COLOURS = 7;

export function avatar(id, size = "") {
  const one = person(id);
  if (one?.bot) return h("img", { class: `avatar bot ${size}`.trim(), src: "/static/bot.svg", alt: "" });
  if (!one) return h("span", { class: `avatar colour-slack ${size}`.trim(), "aria-hidden": "true" }, "S");
  const initials = one.name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  const colour = store.workspace.people.indexOf(one) % COLOURS;
  return h("span", { class: `avatar colour-${colour} ${size}`.trim(), "aria-hidden": "true" }, initials);
}
