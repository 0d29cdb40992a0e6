/* Keeps a client secret for the minutes that it is on the page: masked, shown, copied, and then gone. */

const MINUTES = 5;
const MASK = "•".repeat(24);
const find = (id) => document.getElementById(id);

let kept = null; // The only place in memory; null when there is nothing to hide.
let ticking = 0;
let whenEmptied = () => {};

/** Put `secret` on the page, masked; `emptied` is called with the reason when it is gone again. */
export function fill(secret, env, emptied) {
  kept = { secret, env, ends: Date.now() + MINUTES * 60_000, warned: false };
  whenEmptied = emptied;
  mask();
  find("env").textContent = `${env.before}${MASK}${env.after}`;
  find("done").textContent = "";
  find("vault").hidden = false;
  ticking = setInterval(tick, 1000);
  tick();
}

/** Take the secret from the page and from memory. `reason`: "time", "left", "pressed" or "other". */
export function empty(reason) {
  if (!kept) return;
  kept = null;
  clearInterval(ticking);
  for (const id of ["value", "env", "done"]) find(id).textContent = "";
  find("vault").hidden = true;
  whenEmptied(reason);
}

function mask() {
  const value = find("value");
  value.textContent = MASK;
  value.setAttribute("aria-hidden", "true");
  find("masked").hidden = false;
  find("toggle").textContent = "Show";
}

function unmask() {
  const value = find("value");
  value.textContent = kept.secret;
  value.removeAttribute("aria-hidden");
  find("masked").hidden = true;
  find("toggle").textContent = "Mask";
}

function tick() {
  // The clock on the wall decides: a sleeping computer stops timers, not the time.
  const seconds = Math.ceil((kept.ends - Date.now()) / 1000);
  if (seconds <= 0) {
    empty("time");
    return;
  }
  const minutes = Math.ceil(seconds / 60);
  find("timer").textContent = seconds > 60 ? `Hides in ${minutes} minutes` : `Hides in ${seconds} seconds`;
  if (seconds <= 60 && !kept.warned) {
    kept.warned = true;
    find("done").textContent = "The secret hides in one minute.";
  }
}

/** Copy `text`; where the browser has no clipboard for us, select it the old way. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const paper = document.createElement("textarea");
    paper.value = text;
    paper.className = "unseen";
    document.body.append(paper);
    paper.select();
    const copied = document.execCommand("copy");
    paper.remove();
    return copied;
  }
}

async function copied(text, what) {
  const done = await copy(text);
  if (!kept) return;
  find("done").textContent = done
    ? `${what} in your clipboard until you copy something else.`
    : "Your browser did not let us copy. Press Show, select the secret, and copy it yourself.";
}

find("toggle").addEventListener("click", () => {
  if (!kept) return;
  if (find("value").hasAttribute("aria-hidden")) unmask();
  else mask();
});
find("copy-secret").addEventListener("click", () => kept && copied(kept.secret, "Copied. The secret is"));
find("copy-env").addEventListener("click", () => {
  if (kept) copied(`${kept.env.before}${kept.secret}${kept.env.after}`, "Copied. The .env lines, with the secret, are");
});
find("clear").addEventListener("click", () => empty("pressed"));
