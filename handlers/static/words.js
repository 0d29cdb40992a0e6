/* Puts words on the page: what the server says of a link, and what only the browser can know. */

const find = (id) => document.getElementById(id);
const inWords = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});
const NOT_SEEN = [
  "You did not keep it? Press “I did not see it” in the Slack message: that secret is removed, and you get a new link.",
];

/** What the browser says by itself, by state. */
export const OWN = {
  empty: {
    state: "empty", tone: "stop", title: "Open it from the button in Slack",
    sentence: "The link’s own part is not in this address, so there is nothing to look at.",
    advice: ["If a secret was on this page before, it was shown once and is gone from here."],
  },
  offline: {
    state: "offline", tone: "wait", title: "No connection",
    sentence: "This page could not reach its server. Nothing is used up.",
    advice: ["Check your connection, then look again."],
    offer: { act: "look", label: "Look again" },
  },
  unheard: {
    state: "unheard", tone: "wait", title: "The answer did not arrive",
    sentence: "The connection broke after you pressed, so this page cannot tell whether the secret was made.",
    advice: ["Look again. If the page then says that it was shown, press “I did not see it” in the Slack message."],
    offer: { act: "look", label: "Look again" },
  },
  time: {
    state: "hidden", tone: "good", title: "The secret is hidden",
    sentence: "Five minutes have passed, so it is gone from this page. It will not be shown again.", advice: NOT_SEEN,
  },
  left: {
    state: "hidden", tone: "good", title: "The secret is hidden",
    sentence: "You left this page, so the secret is gone from it. It will not be shown again.", advice: NOT_SEEN,
  },
  pressed: {
    state: "hidden", tone: "good", title: "The secret is hidden",
    sentence: "It is gone from this page, and will not be shown again.", advice: NOT_SEEN,
  },
};

/** Show `words`; `focus` moves the reader to the heading, otherwise they are announced. */
export function show(words, { focus }) {
  const card = find("card");
  card.dataset.tone = words.tone;
  card.dataset.state = words.state;
  card.setAttribute("aria-busy", "false");
  find("title").textContent = words.title;
  find("sentence").textContent = words.sentence;
  find("advice").replaceChildren(...(words.advice ?? []).map((line) => element("p", line)));
  find("rows").replaceChildren(...(words.rows ?? []).map(row));
  find("more-rows").replaceChildren(...(words.more ?? []).map(row));
  find("more").hidden = !words.more?.length;
  find("more").open = false;
  offer(words.offer);
  find("said").textContent = focus ? "" : `${words.title}. ${words.sentence}`;
  if (focus) find("title").focus();
}

/** Say that the page is at work; the button stays where it is, but does nothing. */
export function busy(label, sentence) {
  find("card").setAttribute("aria-busy", "true");
  find("said").textContent = sentence;
  const button = find("offer");
  button.disabled = true;
  button.textContent = label;
}

function offer(offered) {
  const button = find("offer");
  button.hidden = !offered;
  button.disabled = false;
  button.textContent = offered?.label ?? "";
  button.dataset.act = offered?.act ?? "";
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row({ name, text, aside, moment, code }) {
  const line = document.createElement("div");
  const value = document.createElement("dd");
  if (moment) value.append(...times(moment, text));
  else value.append(code ? element("code", text) : text);
  if (aside) value.append(element("span", aside, "aside"));
  line.append(element("dt", name), value);
  return line;
}

function times(moment, inUtc) {
  const there = new Date(moment);
  const time = element("time", inUtc);
  time.dateTime = moment;
  if (there.getTimezoneOffset() === 0) return [time];
  time.textContent = inWords.format(there).replace(" at ", ", ");
  return [time, element("span", inUtc, "aside")];
}
