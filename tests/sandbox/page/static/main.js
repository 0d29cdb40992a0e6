// The page: draws everything again from what is known, whenever that has changed.

import { listen } from "./api.js";
import { drawBehind, placeBehind } from "./behind.js";
import { drawConversation, drawThread, focusComposer, placeComposers } from "./conversation.js";
import { drawSidebar } from "./sidebar.js";
import { channelsOf, person, seenBy, store, update, watch } from "./store.js";
import { summary } from "./messages.js";
import { openModals } from "./modal.js";

const $ = (id) => document.getElementById(id);
const heard = new Map();

// Says new messages aloud to who listens; what was there at first, or when one became somebody else, is not new.
function announce() {
  for (const place of channelsOf(store.me)) {
    const all = seenBy(store.me, place);
    const name = `${store.me}/${place.id}`;
    const last = heard.get(name);
    heard.set(name, all.at(-1)?.ts ?? "0");
    if (last === undefined) continue;
    const fresh = all.filter((message) => Number(message.ts) > Number(last) && message.author !== store.me);
    if (fresh.length) $("live").textContent = fresh.map(summary).join(". ");
  }
}

function chooseSomebody() {
  const known = person(store.me);
  if (known?.role && !known.gone) return;
  update({ me: store.workspace.people.find((one) => one.role && !one.gone).id });
}

const drawModal = openModals();

function draw() {
  if (!store.workspace) return;
  chooseSomebody();
  drawSidebar();
  drawConversation();
  drawThread();
  drawBehind();
  drawModal();
  announce();
  document.body.dataset.ready = "true";
}

placeComposers();
placeBehind();
watch(draw);
document.addEventListener("visibilitychange", () => update({}));
$("menu").addEventListener("click", () => update({ sidebar: !store.sidebar }));
$("shade").addEventListener("click", () => update({ sidebar: false }));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (store.sidebar) update({ sidebar: false });
  else if (store.thread) {
    update({ thread: null });
    focusComposer();
  }
});
listen((lost) => ($("lost").hidden = !lost));
