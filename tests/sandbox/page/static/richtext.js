// Draws what mrkdwn.js has read, and plain text with emoji.

import { format } from "./dates.js";
import { h } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { inline, parse } from "./mrkdwn.js";
import { channel, now, person, store } from "./store.js";

const TAGS = { bold: "strong", italic: "em", strike: "s" };

export function emoji(name) {
  if (!EMOJI.has(name)) return document.createTextNode(`:${name}:`);
  return h("img", { class: "emoji", src: `/static/emoji/${name}.svg`, alt: `:${name}:`, title: `:${name}:` });
}

const link = (url, ...label) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...label);

const DRAW = {
  text: (piece) => piece.text,
  code: (piece) => h("code", {}, piece.text),
  emoji: (piece) => emoji(piece.name),
  link: (piece) => link(piece.url, ...piece.label.map(draw)),
  user: (piece) => mention(`@${person(piece.id)?.name ?? piece.id}`, piece.id === store.me),
  channel: (piece) => mention(`#${channel(piece.id)?.name || piece.label || piece.id}`, false),
  group: (piece) => mention(`@${store.workspace.groups.find((one) => one.id === piece.id)?.handle ?? piece.label}`, false),
  broadcast: (piece) => mention(`@${piece.name}`, true),
  date: drawDate,
};

function mention(text, isMe) {
  return h("span", { class: isMe ? "mention me" : "mention" }, text);
}

function drawDate(piece) {
  const text = format(piece.seconds, piece.form, person(store.me)?.tz, now()) ?? piece.fallback;
  const node = h("time", { datetime: new Date(piece.seconds * 1000).toISOString(), title: piece.fallback }, text);
  return piece.url ? link(piece.url, node) : node;
}

function draw(piece) {
  if (piece.is in TAGS) return h(TAGS[piece.is], {}, ...piece.pieces.map(draw));
  return DRAW[piece.is](piece);
}

function lines(all) {
  return all.flatMap((line, index) => [...(index ? [h("br")] : []), ...line.map(draw)]);
}

const BLOCKS = {
  lines: (block) => h("span", { class: "lines" }, ...lines(block.lines)),
  quote: (block) => h("blockquote", {}, ...lines(block.lines)),
  list: (block) => h("ul", { class: "bullets" }, ...block.lines.map((line) => h("li", {}, ...line.map(draw)))),
  pre: (block) => h("pre", {}, block.text),
};

export function mrkdwn(text, verbatim = false) {
  return h("div", { class: "rich" }, ...parse(text, { verbatim }).map((block) => BLOCKS[block.is](block)));
}

// Plain text knows no marks; with `emoji` its names of emoji are drawn.
export function plain(text, withEmoji = false) {
  if (!withEmoji) return text;
  return text.split(/(:[a-z0-9_+'-]+:)/).map((part, index) => (index % 2 ? emoji(part.slice(1, -1)) : part));
}

// A text object of Block Kit.
export function textObject(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, Boolean(object.verbatim));
  return h("div", { class: "rich plain" }, plain(object.text, object.emoji !== false));
}

// The text of a message as one line, for who only hears or glances at it.
export function spoken(text) {
  const say = (piece) => {
    if (piece.pieces || piece.label?.map) return (piece.pieces || piece.label).map(say).join("");
    const node = draw(piece);
    return typeof node === "string" ? node : piece.is === "emoji" ? "" : node.textContent;
  };
  return text.split("\n").map((line) => inline(line).map(say).join("")).join(" ").trim();
}
