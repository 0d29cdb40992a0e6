// A day to pick: a button that shows it, and a month to move about in (WAI-ARIA, "Date picker dialog").

import { today } from "./dates.js";
import { h, icon } from "./dom.js";
import { float } from "./floating.js";
import { now, person, store } from "./store.js";

const DAY = 86_400_000;
const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const asDay = (date) => date.toISOString().slice(0, 10);
const asDate = (day) => new Date(`${day}T00:00:00Z`);
const words = (date, options) => new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options }).format(date);
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function monthsLater(day, months) {
  const date = asDate(day);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last));
  return asDay(date);
}

export function calendar({ day, placeholder, label, changed, element, clearable }) {
  let chosen = day;
  let looked = null;
  let hide = () => {};
  const shown = h("span", { class: "day-text" });
  const button = h("button", { type: "button", class: "day", "aria-haspopup": "dialog", "aria-expanded": "false", "data-element": element, on: { click: toggle } }, icon("calendar"), shown, icon("down"));
  const clear = h("button", { type: "button", class: "quiet clear", "aria-label": `Clear ${label}`, on: { click: () => pick(null) } }, icon("cross"));
  const sheet = h("div", { class: "sheet month", role: "dialog", "aria-label": label, on: { keydown: key } });
  sheet.setAttribute("popover", "manual");
  const node = h("div", { class: "day-picker" }, button, clearable ? clear : false, sheet);
  draw();
  return node;

  function draw() {
    shown.textContent = chosen ? words(asDate(chosen), { month: "short", day: "numeric", year: "numeric" }) : placeholder;
    button.classList.toggle("empty", !chosen);
    button.setAttribute("aria-label", `${label}: ${shown.textContent}`);
    clear.hidden = !chosen;
  }

  function toggle() {
    if (sheet.matches(":popover-open")) return hide();
    looked = chosen || today(person(store.me)?.tz, now());
    button.setAttribute("aria-expanded", "true");
    hide = float(sheet, button, { hidden: () => button.setAttribute("aria-expanded", "false") });
    return drawMonth(true);
  }

  function drawMonth(focus) {
    const first = asDate(`${looked.slice(0, 7)}-01`);
    const start = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY;
    const weeks = Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, at) => asDay(new Date(start + (week * 7 + at) * DAY))));
    const turn = (months, name, way) => h("button", { type: "button", class: "quiet", "aria-label": name, on: { click: () => look(monthsLater(looked, months)) } }, icon(way));
    const row = (days) => h("div", { role: "row", class: "week" }, ...days.map(drawDay));
    sheet.replaceChildren(
      h("div", { class: "month-head" }, turn(-1, "Previous month", "left"), h("span", { "aria-live": "polite" }, words(first, { month: "long", year: "numeric" })), turn(1, "Next month", "right")),
      h("div", { role: "grid", "aria-label": words(first, { month: "long", year: "numeric" }) },
        h("div", { class: "week names", "aria-hidden": "true" }, ...WEEKDAYS.map((name) => h("span", {}, name))),
        ...weeks.filter((days) => days.some((one) => one.slice(0, 7) === looked.slice(0, 7))).map(row)),
    );
    if (focus) sheet.querySelector("[tabindex='0']")?.focus();
  }

  function drawDay(one) {
    const classes = ["date", one.slice(0, 7) === looked.slice(0, 7) ? "" : "other", one === today(person(store.me)?.tz, now()) ? "today" : ""];
    return h("button", {
      type: "button", role: "gridcell", class: classes.join(" ").trim(), tabindex: one === looked ? "0" : "-1",
      "aria-selected": String(one === chosen), "aria-label": words(asDate(one), { dateStyle: "full" }), "data-day": one,
      on: { click: () => pick(one) },
    }, String(asDate(one).getUTCDate()));
  }

  function look(day) {
    looked = day;
    drawMonth(true);
  }

  function pick(day) {
    chosen = day;
    hide();
    draw();
    button.focus();
    changed(day);
  }

  function key(event) {
    if (event.key in STEPS && event.target.matches(".date")) look(asDay(new Date(asDate(looked).getTime() + STEPS[event.key] * DAY)));
    else if (event.key === "PageDown" || event.key === "PageUp") look(monthsLater(looked, event.key === "PageDown" ? 1 : -1));
    else if (event.key === "Escape") {
      hide();
      button.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
