// The conversation in the middle: its head and tabs, its messages, the bot's App Home; and the thread beside it.

import { act } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { drawList, entries } from "./messages.js";
import { Views } from "./modal.js";
import { channel, isReply, markRead, person, placeOf, seenBy, store, update } from "./store.js";

const $ = (id) => document.getElementById(id);
const composer = new Composer(() => ({ channel: placeOf(store.me).id }), "Message");
const replier = new Composer(() => ({ channel: store.thread.channel, thread: store.thread.ts }), "Reply…");
const home = new Views(() => store.workspace.homes[store.me]);
let homeShown = "";

export function placeComposers() {
  $("composer").append(composer.node);
  $("reply").append(replier.node);
  replier.name("Reply…");
  $("close-thread").addEventListener("click", () => {
    update({ thread: null });
    composer.field.focus();
  });
  for (const tab of ["home", "messages"]) $(`tab-${tab}`).addEventListener("click", () => openTab(tab));
}

function openTab(tab) {
  update({ tab });
  act({ do: "home", tab });
}

function drawHead(place) {
  const isDm = place.kind === "dm";
  const name = isDm ? person(store.workspace.bot).name : place.name;
  $("place-sign").replaceChildren(isDm ? h("img", { class: "avatar bot small", src: "/static/bot.svg", alt: "" }) : icon(place.kind === "private" ? "lock" : "hash"));
  $("place-name").textContent = name;
  $("place-about").textContent = isDm ? "" : `${place.members.filter((id) => !person(id)?.bot).length} members and Register App`;
  composer.turnTo(`${store.me}/${place.id}`);
  composer.name(isDm ? `Message ${name}` : `Message #${name}`);
  document.title = `${isDm ? name : `#${name}`} as ${person(store.me).name} | Register App sandbox`;
  $("tabs").hidden = !isDm;
  for (const tab of ["home", "messages"]) $(`tab-${tab}`).setAttribute("aria-selected", String(store.tab === tab));
}

function drawHome() {
  const view = store.workspace.homes[store.me];
  const shown = view ? `${store.me}/${view.hash}` : `${store.me}/none`;
  if (shown === homeShown) return;
  homeShown = shown;
  $("home").replaceChildren(...(view ? drawBlocks(view.blocks, home.surface) : [h("div", { class: "nothing-yet" }, h("img", { class: "avatar bot large", src: "/static/bot.svg", alt: "" }), h("h2", {}, "There is nothing here yet"), h("p", {}, "Register App has not published anything to your Home tab."))]));
}

function drawWelcome(place, count) {
  $("welcome").hidden = count > 0;
  const isDm = place.kind === "dm";
  $("welcome-title").textContent = isDm ? "Ask Register App for an application" : `This is #${place.name}`;
  $("welcome-words").textContent = isDm ? "Type /register-app below. What happens next is told to you here." : "Requests appear here, and approvers decide on them.";
}

export function drawConversation() {
  const place = placeOf(store.me);
  const onHome = place.kind === "dm" && store.tab === "home";
  drawHead(place);
  $("home").hidden = !onHome;
  $("talk").hidden = onHome;
  if (onHome) return drawHome();
  const all = seenBy(store.me, place).filter((message) => !isReply(message) || message.broadcast);
  drawWelcome(place, all.length);
  drawList($("messages"), $("scroller"), `${store.me}/${place.id}`, entries(place, all));
  if (document.visibilityState === "visible") markRead(store.me, place);
  return undefined;
}

export function drawThread() {
  const place = store.thread && channel(store.thread.channel);
  $("thread").hidden = !place;
  if (!place) return;
  $("thread-place").textContent = place.kind === "dm" ? person(store.workspace.bot).name : `#${place.name}`;
  replier.turnTo(`${store.me}/${place.id}/${store.thread.ts}`);
  const all = seenBy(store.me, place).filter((message) => message.ts === store.thread.ts || (isReply(message) && message.thread === store.thread.ts));
  drawList($("thread-messages"), $("thread-scroller"), `${store.me}/${place.id}/${store.thread.ts}`, entries(place, all, true));
}

export const focusComposer = () => composer.field.focus();
