/* Keeps the link's token in this tab while its person is away to sign in with Slack; what comes back takes it out. */

const NAME = "link";
const MINUTES = 10;

/** Keep `token` for some minutes; where the browser has no storage for us, the button in Slack brings it again. */
export function keep(token) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify({ token, until: Date.now() + MINUTES * 60_000 }));
  } catch {
    // Signing in goes on without it.
  }
}

/** Take out what was kept, or nothing. */
export function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    sessionStorage.removeItem(NAME);
    return kept && kept.until > Date.now() ? String(kept.token) : "";
  } catch {
    return "";
  }
}
