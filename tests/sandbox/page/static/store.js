// What is known and what is looked at. Everything that is drawn is drawn from here.

const KEPT = "sandbox-view";

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

const before = kept();
export const store = {
  status: null,
  workspace: null,
  calls: [],
  tenant: null,
  database: [],
  me: before.me || null,
  places: before.places || {},
  read: before.read || {},
  tab: "messages",
  thread: null,
  behind: before.behind ?? matchMedia("(min-width: 1100px)").matches,
  behindTab: before.behindTab || "tenant",
  sidebar: false,
};

const listeners = [];
let waiting = false;

export function watch(listener) {
  listeners.push(listener);
}

export function update(changes) {
  Object.assign(store, changes);
  const { me, places, read, behind, behindTab } = store;
  sessionStorage.setItem(KEPT, JSON.stringify({ me, places, read, behind, behindTab }));
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    for (const listener of listeners) listener(store);
  });
}

export const person = (id) => store.workspace?.people.find((one) => one.id === id);
export const channel = (id) => store.workspace?.channels.find((one) => one.id === id);

export function channelsOf(personId) {
  return store.workspace.channels.filter((one) => one.kind === "public" || one.members.includes(personId));
}

export function seenBy(personId, place) {
  return place.messages.filter((message) => message.onlyFor === null || message.onlyFor === personId);
}

export const isReply = (message) => message.thread !== null && message.thread !== message.ts;

// The channel that this person looks at: their direct messages with the bot until they choose another.
export function placeOf(personId) {
  const theirs = channelsOf(personId);
  return theirs.find((one) => one.id === store.places[personId]) || theirs.find((one) => one.kind === "dm");
}

export function unread(personId, place) {
  const mark = Number(store.read[`${personId}/${place.id}`] || 0);
  return seenBy(personId, place).filter((message) => message.author !== personId && Number(message.ts) > mark).length;
}

export function markRead(personId, place) {
  const last = seenBy(personId, place).reduce((most, message) => Math.max(most, Number(message.ts)), 0);
  const name = `${personId}/${place.id}`;
  if (Number(store.read[name] || 0) < last) update({ read: { ...store.read, [name]: last } });
}

// The sandbox's time, in milliseconds: the computer's, moved forward.
export const now = () => Date.now() + (store.status?.travelled || 0) * 1000;
