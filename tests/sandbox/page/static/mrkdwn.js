// Reads Slack's mrkdwn into a tree of plain objects (Slack, "Formatting message text"). Pure: no DOM, no state.

const MARKS = { "*": "bold", _: "italic", "~": "strike" };
const WORD = /[\p{L}\p{N}]/u;
const URL_FORM = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?"')\]}]/;
const EMOJI_FORM = /^:([a-z0-9_+'-]+):/;
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

export const decode = (text) => text.replace(/&(?:lt|gt|amp);/g, (found) => ENTITIES[found]);

// A text as a list of blocks: {is: "lines" | "quote" | "list" | "pre", …}.
export function parse(text, { verbatim = false } = {}) {
  return text
    .split(/```([\s\S]+?)```/)
    .flatMap((part, index) => (index % 2 ? [{ is: "pre", text: decode(part.replace(/^\n|\n$/g, "")) }] : blocks(part, verbatim)));
}

function blocks(text, verbatim) {
  const trimmed = text.replace(/^\n|\n$/g, "");
  const found = [];
  if (!trimmed) return found;
  for (const line of trimmed.split("\n")) {
    const [is, rest] = kindOf(line);
    if (found.at(-1)?.is !== is) found.push({ is, lines: [] });
    found.at(-1).lines.push(inline(rest, verbatim));
  }
  return found;
}

function kindOf(line) {
  const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
  if (quote) return ["quote", quote[1]];
  const item = /^\s*[•◦▪] +(.*)$/.exec(line);
  return item ? ["list", item[1]] : ["lines", line];
}

// One line as a list of pieces: {is: "text" | "bold" | … | "link" | "user" | "date" | "emoji" | "code", …}.
export function inline(line, verbatim = false) {
  const pieces = [];
  let plain = "";
  let at = 0;
  while (at < line.length) {
    const found = piece(line, at, verbatim);
    if (!found) {
      plain += line[at];
      at += 1;
      continue;
    }
    if (plain) pieces.push({ is: "text", text: decode(plain) });
    plain = "";
    pieces.push(found.piece);
    at = found.end;
  }
  if (plain) pieces.push({ is: "text", text: decode(plain) });
  return pieces;
}

function piece(line, at, verbatim) {
  const sign = line[at];
  if (sign === "<") return angled(line, at);
  if (sign === "`") return code(line, at);
  if (sign === ":") return emoji(line, at);
  if (sign in MARKS) return marked(line, at, verbatim);
  if (sign === "h" && !verbatim && !WORD.test(line[at - 1] || "")) return bare(line, at);
  return null;
}

function code(line, at) {
  const end = line.indexOf("`", at + 1);
  return end > at + 1 ? { piece: { is: "code", text: decode(line.slice(at + 1, end)) }, end: end + 1 } : null;
}

function emoji(line, at) {
  const found = EMOJI_FORM.exec(line.slice(at));
  return found ? { piece: { is: "emoji", name: found[1] }, end: at + found[0].length } : null;
}

function bare(line, at) {
  const found = URL_FORM.exec(line.slice(at));
  if (!found) return null;
  const url = decode(found[0]);
  return { piece: { is: "link", url, label: [{ is: "text", text: url }] }, end: at + found[0].length };
}

// A mark opens at the edge of a word before something, and closes after something at the edge of a word.
function marked(line, at, verbatim) {
  const sign = line[at];
  if (WORD.test(line[at - 1] || "") || /\s|^$/.test(line[at + 1] || "") || line[at + 1] === sign) return null;
  for (let end = at + 1; end < line.length; end += 1) {
    const inner = line[end] === "`" ? code(line, end) : line[end] === "<" ? angled(line, end) : null;
    if (inner) end = inner.end - 1;
    else if (line[end] === sign && !/\s/.test(line[end - 1]) && !WORD.test(line[end + 1] || "")) {
      return { piece: { is: MARKS[sign], pieces: inline(line.slice(at + 1, end), verbatim) }, end: end + 1 };
    }
  }
  return null;
}

function angled(line, at) {
  const end = line.indexOf(">", at);
  if (end < 0) return null;
  const inner = line.slice(at + 1, end);
  const bar = inner.indexOf("|");
  const [target, label] = bar < 0 ? [inner, ""] : [inner.slice(0, bar), inner.slice(bar + 1)];
  const found = meant(target, label);
  return found ? { piece: found, end: end + 1 } : null;
}

function meant(target, label) {
  if (/^@[UWB]\w+$/.test(target)) return { is: "user", id: target.slice(1) };
  if (/^#C\w+$/.test(target)) return { is: "channel", id: target.slice(1), label: decode(label) };
  if (/^!subteam\^S\w+$/.test(target)) return { is: "group", id: target.slice(9), label: decode(label) };
  if (/^!(here|channel|everyone)$/.test(target)) return { is: "broadcast", name: target.slice(1) };
  if (target.startsWith("!date^")) return date(target, label);
  if (/^(https?:\/\/|mailto:)\S+$/.test(target)) {
    const url = decode(target);
    return { is: "link", url, label: label ? inline(label, true) : [{ is: "text", text: url.replace(/^mailto:/, "") }] };
  }
  return null;
}

function date(target, fallback) {
  const [, seconds, form, url] = target.split("^");
  if (!/^\d+$/.test(seconds) || !form) return null;
  return { is: "date", seconds: Number(seconds), form: decode(form), url: url || null, fallback: decode(fallback) };
}
