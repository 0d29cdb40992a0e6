// Moments as Slack writes them (Slack, "Formatting message text", dates), in a person's own time zone.

const DAY = 86_400_000;

function parts(moment, tz, options) {
  return new Intl.DateTimeFormat("en-US", { timeZone: tz, ...options }).format(moment);
}

const dayKey = (moment, tz) => new Intl.DateTimeFormat("en-CA", { timeZone: tz }).format(moment);

function ordinal(text) {
  const day = Number(/\d+/.exec(text)[0]);
  const end = day % 100 > 10 && day % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][day % 10] || "th";
  return text.replace(/(\d+)/, `$1${end}`);
}

function pretty(moment, tz, now, usual) {
  const names = { 0: "today", [-1]: "yesterday", 1: "tomorrow" };
  const distance = Math.round((Date.parse(dayKey(moment, tz)) - Date.parse(dayKey(now, tz))) / DAY);
  return names[distance] || usual;
}

const long = (moment, tz) => ordinal(parts(moment, tz, { month: "long", day: "numeric" }));
const year = (moment, tz) => parts(moment, tz, { year: "numeric" });

const FORMS = {
  date_num: (moment, tz) => dayKey(moment, tz),
  date: (moment, tz) => `${long(moment, tz)}, ${year(moment, tz)}`,
  date_short: (moment, tz) => parts(moment, tz, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (moment, tz) => `${parts(moment, tz, { weekday: "long" })}, ${FORMS.date(moment, tz)}`,
  time: (moment, tz) => parts(moment, tz, { hour: "numeric", minute: "2-digit" }),
  time_secs: (moment, tz) => parts(moment, tz, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: (moment, tz, now) => ago(now - moment),
};
for (const name of ["date", "date_short", "date_long"]) {
  FORMS[`${name}_pretty`] = (moment, tz, now) => pretty(moment, tz, now, FORMS[name](moment, tz));
}

function ago(distance) {
  const minutes = Math.max(0, Math.round(distance / 60_000));
  if (minutes < 60) return `${minutes} minutes ago`;
  return minutes < 1440 ? `${Math.round(minutes / 60)} hours ago` : `${Math.round(minutes / 1440)} days ago`;
}

// A date with its form such as "{date_short_pretty} at {time}"; a form with an unknown word is given up (null).
export function format(seconds, form, tz, now) {
  const words = [...form.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  if (!words.every((word) => word in FORMS)) return null;
  const text = form.replace(/\{(\w+)\}/g, (_, word) => FORMS[word](seconds * 1000, tz, now));
  return text[0].toUpperCase() + text.slice(1);
}

export const clockTime = (seconds, tz) => FORMS.time(seconds * 1000, tz);
export const sameDay = (one, other, tz) => dayKey(one * 1000, tz) === dayKey(other * 1000, tz);
export const dayName = (seconds, tz, now) => {
  const usual = `${parts(seconds * 1000, tz, { weekday: "long" })}, ${long(seconds * 1000, tz)}`;
  const thisYear = year(seconds * 1000, tz) === year(now, tz);
  const text = pretty(seconds * 1000, tz, now, thisYear ? usual : `${usual}, ${year(seconds * 1000, tz)}`);
  return text[0].toUpperCase() + text.slice(1);
};
export const fullDate = (seconds, tz) => `${FORMS.date_long(seconds * 1000, tz)} at ${FORMS.time_secs(seconds * 1000, tz)}`;
export const today = (tz, now) => dayKey(now, tz);
