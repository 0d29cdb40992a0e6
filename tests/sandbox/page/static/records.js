// The emulated tenant, the calls to it, and the bot's tables, as lists to read.

import { h, keep } from "./dom.js";
import { now, store } from "./store.js";

const DAY = 86_400_000;
const form = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function fact(name, ...value) {
  return [h("dt", {}, name), h("dd", {}, ...value)];
}

const code = (text) => h("code", {}, text);
const several = (all, none = "none") => (all.length ? h("ul", {}, ...all.map((one) => h("li", {}, one))) : h("span", { class: "muted" }, none));

function credential(password) {
  const ends = Date.parse(password.endDateTime);
  // Whole days of the calendar, UTC, as the bot counts them.
  const days = Math.floor(ends / DAY) - Math.floor(now() / DAY);
  const left = ends <= now() ? "ended" : days === 0 ? "today" : days === 1 ? "1 day left" : `${days} days left`;
  return h("div", { class: "credential" }, h("div", {}, password.displayName ?? "(no description)", " · begins with ", code(password.hint)),
    h("div", { class: days <= 30 ? "ends soon" : "ends" }, `Ends ${form.format(ends)}, ${left}`));
}

const scopeName = (scope) => `${scope.value ?? scope.id} · ${scope.resource ?? "unknown API"}`;

function application(one, principals) {
  const principal = principals.find((found) => found.appId === one.appId);
  return h("details", { class: "record", open: true }, h("summary", {}, h("span", { class: "record-name" }, one.displayName), h("span", { class: "record-about" }, one.deletedDateTime ? "deleted" : `${one.passwordCredentials.length} secret${one.passwordCredentials.length === 1 ? "" : "s"}`)),
    h("dl", {},
      fact("Client ID", code(one.appId)),
      fact("Service principal", principal ? code(principal.id) : h("span", { class: "muted" }, "none yet")),
      fact("Credentials", one.passwordCredentials.length ? one.passwordCredentials.map(credential) : h("span", { class: "muted" }, "none: nobody has looked at one")),
      fact("Owners", several(one.owners.map((owner) => owner.displayName))),
      fact("Reply URLs", several(one.redirectUris)),
      fact("Scopes asked for", several(one.scopes.map(scopeName))),
      fact("Created", form.format(new Date(one.createdDateTime)))));
}

function dated(one) {
  return JSON.stringify([one, Math.floor(now() / DAY)]);
}

export function drawTenant(panel) {
  const { tenant } = store;
  if (!tenant) return;
  const items = [
    { key: "id", content: tenant.tenantId, build: () => h("p", { class: "panel-words" }, "Tenant ", code(tenant.tenantId)) },
    { key: "none", content: String(tenant.applications.length), build: () => h("p", { class: "panel-words muted" }, tenant.applications.length ? `${tenant.applications.length} made by the bot` : "The bot has made no application yet.") },
    ...[...tenant.applications, ...tenant.deleted].map((one) => ({ key: one.id, content: dated([one, tenant.servicePrincipals.length]), build: () => application(one, tenant.servicePrincipals) })),
    { key: "grants", content: String(tenant.grants.length), build: () => h("p", { class: "panel-words muted" }, tenant.grants.length ? `${tenant.grants.length} grants` : "Delegated permission grants: none. The bot grants no consent.") },
  ];
  keep(panel, items, (item) => item, (item) => item.build());
}

const tone = (status) => (status === 0 || status >= 500 ? "bad" : status >= 400 ? "warn" : "good");

function call(one) {
  const [method, ...path] = one.call.split(" ");
  return h("li", { class: "call" }, h("span", { class: `method ${method.toLowerCase()}` }, method), h("span", { class: "path", title: path.join(" ") }, path.join(" ").replace("/v1.0", "")),
    h("span", { class: `status ${tone(one.status)}` }, one.status || "reset"), h("span", { class: "ms" }, `${Math.round(one.ms)} ms`));
}

export function drawCalls(panel) {
  const list = panel.querySelector("ol");
  panel.querySelector("p").hidden = store.calls.length > 0;
  keep(list, store.calls, (one) => ({ key: String(one.number), content: one.call }), call);
}

const cell = (value) => (value === null ? h("td", { class: "muted" }, "–") : h("td", { title: String(value) }, String(value)));

function table(one) {
  const head = h("tr", {}, ...one.columns.map((name) => h("th", { scope: "col" }, name)));
  const rows = one.rows.map((row) => h("tr", {}, ...row.map(cell)));
  const open = store.openTables?.has(one.name) ?? false;
  const node = h("details", { class: "record table", open }, h("summary", {}, h("span", { class: "record-name" }, one.name), h("span", { class: "record-about" }, one.count === 1 ? "1 row" : `${one.count} rows`)),
    rows.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": one.name }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows))) : h("p", { class: "muted panel-words" }, "Empty."));
  node.addEventListener("toggle", () => {
    store.openTables ??= new Set();
    store.openTables[node.open ? "add" : "delete"](one.name);
  });
  return node;
}

export function drawTables(panel) {
  const list = panel.querySelector("div");
  keep(list, store.database, (one) => ({ key: one.name, content: JSON.stringify(one) }), table);
}
