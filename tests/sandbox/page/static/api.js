// The way to the sandbox's server. A person's acts are carried out one after the other, as hands do.

import { store, update } from "./store.js";

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return { error: "The sandbox does not answer. Is it still running?" };
  }
  try {
    return await answer.json();
  } catch {
    return { error: `The sandbox answered ${answer.status}.` };
  }
}

let last = Promise.resolve();

// `wish` may be a function: then it is asked at the moment when its turn has come.
export function act(wish) {
  const me = store.me;
  last = last.then(() => post("/api/act", { as: me, ...(typeof wish === "function" ? wish() : wish) }));
  return last;
}

export const control = (wish) => post("/api/control", wish);

export function listen(lost) {
  const stream = new EventSource("/api/stream");
  for (const name of ["status", "workspace", "calls", "tenant", "database"]) {
    stream.addEventListener(name, (event) => update({ [name]: JSON.parse(event.data) }));
  }
  stream.addEventListener("open", () => lost(false));
  stream.addEventListener("error", () => lost(true));
}
