// Behind the scenes: the clock, the bot's process, trouble, and what there is in the tenant and in the database.

import { control } from "./api.js";
import { h, keep } from "./dom.js";
import { drawCalls, drawTables, drawTenant } from "./records.js";
import { now, store, update } from "./store.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);
const TABS = ["tenant", "calls", "stored"];
const TROUBLE = [
  ["graph_slow", "Graph is slow", "Every call takes two seconds longer"],
  ["graph_throttled", "Graph throttles", "429 with Retry-After"],
  ["graph_down", "Graph is down", "503 to every call"],
  ["replication_lag", "Entra replicates late", "What is new is not found three times"],
  ["slack_limited", "Slack limits the rate", "429 to every new message"],
  ["owner_left", "Alan has left", "His Slack account is deactivated"],
];
const BOT = {
  starting: ["Starting…", []],
  running: ["Running", [["freeze", "Freeze"], ["kill", "Kill"]]],
  frozen: ["Frozen, answers nobody", [["thaw", "Thaw"], ["kill", "Kill"]]],
  ended: ["Not running", [["start", "Start it"]]],
};

async function turn(wish) {
  const answer = await control(wish);
  if (answer.error) toast(answer.error);
}

export function placeBehind() {
  $("toggle-behind").addEventListener("click", () => update({ behind: !store.behind }));
  $("close-behind").addEventListener("click", () => {
    update({ behind: false });
    $("toggle-behind").focus();
  });
  for (const days of [1, 7]) $(`later-${days}`).addEventListener("click", () => turn({ do: "travel", days }));
  $("later-reminder").addEventListener("click", () => turn({ do: "travel", to: "next_reminder" }));
  for (const tab of TABS) {
    $(`tab-${tab}`).addEventListener("click", () => update({ behindTab: tab }));
    $(`tab-${tab}`).addEventListener("keydown", moveTab);
  }
  setInterval(drawTime, 1000);
}

function moveTab(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = TABS[(TABS.indexOf(store.behindTab) + step + TABS.length) % TABS.length];
  update({ behindTab: next });
  $(`tab-${next}`).focus();
}

const form = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const dayForm = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function drawTime() {
  if (!store.status) return;
  const text = `${form.format(now())} UTC`;
  if ($("time").textContent !== text) $("time").textContent = text;
  const due = store.status.nextReminder;
  $("next-reminder").textContent = due ? `Next reminder: ${dayForm.format(new Date(due))}` : "No secret is alive, so no reminder is due.";
  $("later-reminder").disabled = !due;
}

function drawBot() {
  const [words, turns] = BOT[store.status.bot];
  $("bot-state").textContent = words;
  $("bot-state").className = `bot-state ${store.status.bot}`;
  keep($("bot-turns"), turns, ([name]) => ({ key: name, content: name }), ([name, text]) => h("button", { type: "button", class: "button small", "data-element": "bot", on: { click: () => turn({ do: "bot", turn: name }) } }, text));
}

function drawTrouble() {
  const rows = TROUBLE.map(([name, title, about]) => ({ name, title, about, on: store.status.trouble[name] }));
  keep($("trouble"), rows, ({ name, on }) => ({ key: name, content: String(on) }), ({ name, title, about, on }) => {
    const node = h("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(on), "data-element": name, on: { click: () => turn({ do: "trouble", name, on: !on }) } },
      h("span", { class: "switch-words" }, h("span", { class: "switch-title" }, title), h("span", { class: "switch-about" }, about)), h("span", { class: "knob", "aria-hidden": "true" }));
    return h("li", {}, node);
  });
  const count = rows.filter((row) => row.on).length;
  $("trouble-count").textContent = count ? `${count} on` : "None";
  $("trouble-count").classList.toggle("on", count > 0);
}

const DRAW = { tenant: drawTenant, calls: drawCalls, stored: drawTables };

export function drawBehind() {
  document.body.classList.toggle("behind-open", store.behind);
  $("behind").hidden = !store.behind;
  $("toggle-behind").setAttribute("aria-expanded", String(store.behind));
  if (!store.status) return;
  drawTime();
  drawBot();
  drawTrouble();
  for (const tab of TABS) {
    const here = store.behindTab === tab;
    $(`tab-${tab}`).setAttribute("aria-selected", String(here));
    $(`tab-${tab}`).tabIndex = here ? 0 : -1;
    $(`panel-${tab}`).hidden = !here;
  }
  $("calls-count").textContent = store.calls.length ? String(store.calls[0].number) : "0";
  if (store.behind) DRAW[store.behindTab]($(`panel-${store.behindTab}`));
}
