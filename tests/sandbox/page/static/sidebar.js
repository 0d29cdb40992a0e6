// Beside the conversation: the channels and direct messages of the person one is, and who else one can be.

import { avatar } from "./avatar.js";
import { h, icon, keep } from "./dom.js";
import { channelsOf, person, placeOf, store, unread, update } from "./store.js";

const $ = (id) => document.getElementById(id);

function badge(count, words) {
  return count ? h("span", { class: "badge", "aria-label": words }, String(count)) : false;
}

function room(place) {
  const here = placeOf(store.me)?.id === place.id;
  const count = unread(store.me, place);
  const name = place.kind === "dm" ? person(store.workspace.bot).name : place.name;
  const sign = place.kind === "dm" ? avatar(store.workspace.bot, "small") : icon(place.kind === "private" ? "lock" : "hash");
  const go = () => update({ places: { ...store.places, [store.me]: place.id }, thread: null, tab: "messages", sidebar: false });
  const classes = ["room", count && "unread"].filter(Boolean).join(" ");
  return h("button", { type: "button", class: classes, "aria-current": here ? "page" : false, "data-element": place.id, on: { click: go } }, sign, h("span", { class: "room-name" }, name), badge(count, `${count} unread`));
}

function drawRooms(list, places) {
  const items = places.map((place) => ({ place, content: [placeOf(store.me)?.id === place.id, unread(store.me, place), place.name].join("/") }));
  keep(list, items, ({ place, content }) => ({ key: place.id, content }), ({ place }) => h("li", {}, room(place)));
}

function unreadOf(id) {
  return channelsOf(id).reduce((sum, place) => sum + unread(id, place), 0);
}

function face(one) {
  const me = one.id === store.me;
  const count = me ? 0 : unreadOf(one.id);
  const be = () => update({ me: one.id, thread: null, tab: "messages", sidebar: false });
  return h("button", { type: "button", class: "face", "aria-pressed": String(me), disabled: one.gone, "data-element": one.id, on: { click: be } }, avatar(one.id),
    h("span", { class: "face-words" }, h("span", { class: "face-name" }, one.name), h("span", { class: "face-role" }, one.gone ? "Has left" : one.role)),
    badge(count, `${count} unread`));
}

export function drawSidebar() {
  const mine = channelsOf(store.me);
  drawRooms($("channels"), mine.filter((one) => one.kind !== "dm"));
  drawRooms($("apps"), mine.filter((one) => one.kind === "dm"));
  $("no-channels").hidden = mine.some((one) => one.kind !== "dm");
  const people = store.workspace.people.filter((one) => one.role);
  keep($("people"), people, (one) => ({ key: one.id, content: JSON.stringify([one, one.id === store.me, unreadOf(one.id)]) }), (one) => h("li", {}, face(one)));
  document.body.classList.toggle("sidebar-open", store.sidebar);
  $("menu").setAttribute("aria-expanded", String(store.sidebar));
}
