// Messages: the list of a channel, and what one looks like.

import { act } from "./api.js";
import { avatar } from "./avatar.js";
import { drawBlocks, warn } from "./blocks.js";
import { clockTime, dayName, fullDate, sameDay, today } from "./dates.js";
import { h, icon, keep } from "./dom.js";
import { mrkdwn, spoken } from "./richtext.js";
import { isReply, now, person, seenBy, store, update } from "./store.js";
import { toast } from "./toast.js";

// Short messages of one author within so many seconds stand under one name.
const TOGETHER = 300;
const isShort = (message) => message.blocks.length < 2;

function surfaceOf(place, message) {
  const about = (block, element) => ({ channel: place.id, ts: message.ts, version: message.version, block: block.block_id, action: element.action_id });
  const tell = async (wish, node) => {
    const answer = await act(wish);
    if (answer.error) toast(answer.error);
    if (node) warn(node, answer.notice);
    else if (answer.notice) toast(answer.notice);
  };
  return {
    state: (block, element) => firstState(element),
    hold: (block, element, values, { quiet = false } = {}) => quiet || tell({ do: "choose", ...about(block, element), values }),
    enter: () => {},
    press: (block, element, extra, node) => tell({ do: element.type === "overflow" ? "overflow" : "press", ...about(block, element), ...extra }, node),
    suggest: async () => ({}),
  };
}

function firstState(element) {
  return {
    type: element.type,
    value: element.initial_value ?? null,
    selected_option: element.initial_option ?? null,
    selected_options: element.initial_options ?? [],
    selected_date: element.initial_date ?? null,
    selected_user: element.initial_user ?? null,
  };
}

const nameOf = (id) => person(id)?.name ?? "Slackbot";

function body(place, message) {
  const edited = message.edited ? h("span", { class: "edited" }, " (edited)") : false;
  if (!message.blocks.length) return h("div", { class: "words" }, mrkdwn(message.text), edited);
  return h("div", { class: "words" }, ...drawBlocks(message.blocks, surfaceOf(place, message)), edited);
}

function repliesTo(place, message) {
  return seenBy(store.me, place).filter((one) => isReply(one) && one.thread === message.ts);
}

function threadLink(place, message, tz) {
  const replies = repliesTo(place, message);
  if (!replies.length) return false;
  const people = [...new Set(replies.map((one) => one.author))].slice(0, 4);
  const words = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return h("button", { type: "button", class: "thread-link", "data-element": "thread", on: { click: () => update({ thread: { channel: place.id, ts: message.ts } }) } },
    h("span", { class: "faces" }, ...people.map((id) => avatar(id, "small"))), h("strong", {}, words),
    h("span", { class: "muted" }, `Last reply ${clockTime(Number(replies.at(-1).ts), tz)}`));
}

function drawMessage({ place, message, together, day, inThread }) {
  const tz = person(store.me)?.tz;
  const seconds = Number(message.ts);
  const time = h("time", { class: "time", datetime: new Date(seconds * 1000).toISOString(), title: fullDate(seconds, tz) }, together ? clockTime(seconds, tz).replace(/ .*/, "") : clockTime(seconds, tz));
  const reply = () => update({ thread: { channel: place.id, ts: message.ts } });
  const head = together ? false : h("div", { class: "message-head" }, h("span", { class: "author" }, nameOf(message.author)),
    person(message.author)?.bot ? h("span", { class: "app-mark" }, "APP") : false, time);
  const canThread = !inThread && !message.onlyFor && !isReply(message);
  const article = h("article", { class: ["message", together && "together", message.onlyFor && "only"].filter(Boolean).join(" "), tabindex: "-1", "aria-label": `${nameOf(message.author)}, ${clockTime(seconds, tz)}` },
    h("div", { class: "gutter" }, together ? time : avatar(message.author)),
    h("div", { class: "message-body" },
      message.onlyFor ? h("div", { class: "only-you" }, icon("eye"), "Only visible to you") : false,
      head, body(place, message), inThread ? false : threadLink(place, message, tz)),
    canThread ? h("div", { class: "hover-bar" }, h("button", { type: "button", class: "quiet", "aria-label": "Reply in thread", title: "Reply in thread", on: { click: reply } }, icon("thread"))) : false);
  const divider = day ? h("div", { class: "day-line", role: "separator" }, h("span", {}, dayName(seconds, tz, now()))) : false;
  return h("li", {}, divider, article);
}

function describe(entry) {
  const { place, message, together, day, inThread } = entry;
  const tz = person(store.me)?.tz;
  const shown = day ? dayName(Number(message.ts), tz, now()) : "";
  const replies = inThread ? [] : repliesTo(place, message).map((one) => one.ts);
  // A new day makes "today" in a message's dates another word.
  return { key: `${store.me}/${place.id}/${message.ts}`, content: JSON.stringify([message, together, shown, replies, today(tz, now())]) };
}

export function entries(place, messages, inThread = false) {
  const tz = person(store.me)?.tz;
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const day = !inThread && (!before || !sameDay(Number(before.ts), Number(message.ts), tz));
    const near = before && before.author === message.author && isShort(before) && isShort(message) && Number(message.ts) - Number(before.ts) < TOGETHER;
    return { place, message, day, inThread, together: Boolean(near && !day && !message.onlyFor && !before.onlyFor) };
  });
}

// Draws into a list that stays scrolled to its end: when it was there, when another is shown, when one has just spoken.
export function drawList(list, scroller, name, all) {
  const fresh = list.dataset.shows !== name;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  const last = all.at(-1)?.message;
  const spoke = last && list.last !== last.ts && (last.author === store.me || last.onlyFor === store.me);
  list.dataset.shows = name;
  list.last = last?.ts;
  keep(list, all, describe, drawMessage);
  if (fresh || atEnd || spoke) scroller.scrollTop = scroller.scrollHeight;
}

export const summary = (message) => `${nameOf(message.author)}: ${spoken(message.text)}`;
