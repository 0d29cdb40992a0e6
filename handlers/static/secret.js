/* The one-time page: takes the token from the address, looks, reveals on a press, and tells the server it was seen. */

import { keep, takeKept } from "./kept.js";
import { empty, fill } from "./vault.js";
import { OWN, busy, show } from "./words.js";

const PATIENCE = 90_000;
const button = document.getElementById("offer");

let token = ""; // The only place that keeps it, but for a sign-in: not the address, not the history, no storage.
let turn = 0; // An answer that belongs to an earlier turn is dropped unread.

function takeToken() {
  const found = location.hash.slice(1);
  if (location.hash || location.href.endsWith("#")) history.replaceState(null, "", location.pathname);
  return found;
}

function post(act, keepalive = false) {
  return fetch(`/secret/${act}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
    cache: "no-store",
    redirect: "error",
    keepalive,
    signal: AbortSignal.timeout(PATIENCE),
  });
}

async function ask(act) {
  try {
    const words = await (await post(act)).json();
    return words.state ? words : OWN.unheard;
  } catch {
    return act === "reveal" ? OWN.unheard : OWN.offline;
  }
}

async function perform(act, { focus }) {
  const mine = ++turn;
  if (act === "reveal") busy("Making the secret…", "Microsoft Entra is making the secret.");
  else busy("Looking…", "");
  const { secret, env, ...words } = await ask(act);
  if (mine !== turn) return;
  if (words.state === "shown") hold(secret, env);
  show(words, { focus });
}

function hold(secret, env) {
  fill(secret, env, (reason) => reason in OWN && show(OWN[reason], { focus: reason !== "left" }));
  post("seen", true).catch(() => {}); // Whether the word arrives changes nothing on this page.
  token = "";
}

function signIn() {
  keep(token);
  location.assign("/secret/sign-in");
}

function begin() {
  const kept = takeKept();
  token = takeToken() || kept;
  empty("other");
  if (token) perform("look", { focus: false });
  else show(OWN.empty, { focus: false });
}

button.addEventListener("click", () => {
  if (button.disabled || !button.dataset.act) return;
  if (button.dataset.act === "sign_in") signIn();
  else perform(button.dataset.act, { focus: true });
});
window.addEventListener("hashchange", () => location.hash && begin());
// A page may be kept whole for Back and Forward, whatever Cache-Control says; it is kept without the secret.
window.addEventListener("pagehide", () => {
  turn += 1;
  empty("left");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  empty("left");
  if (token) perform("look", { focus: false });
});
begin();
