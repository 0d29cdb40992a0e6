// The interactive elements of Block Kit (Slack, "Block elements"). What is done with one goes to its `surface`:
//   state(block, element)           what it holds
//   hold(block, element, values)    it holds something else now (tells the bot where Slack would)
//   enter(block, element, text)     Enter was pressed in it
//   press(block, element, extra)    it was pressed
//   suggest(block, element, query)  the answer of an external menu

import { avatar } from "./avatar.js";
import { calendar } from "./calendar.js";
import { agreed } from "./confirm.js";
import { freshId, h, icon } from "./dom.js";
import { openMenu } from "./floating.js";
import { Picker } from "./picker.js";
import { plain, textObject } from "./richtext.js";
import { channelsOf, store } from "./store.js";

const nameOf = (block, element) => `${block.block_id}/${element.action_id}`;

function button(block, element, surface) {
  const style = { primary: "button primary", danger: "button danger" }[element.style] || "button";
  const shared = { class: style, "data-element": nameOf(block, element), "aria-label": element.accessibility_label };
  const press = async (event) => {
    event.preventDefault();
    if (await agreed(element.confirm)) {
      await surface.press(block, element, {}, node);
      if (element.url) open(element.url, "_blank", "noopener,noreferrer");
    }
  };
  const words = plain(element.text.text, element.text.emoji !== false);
  const node = element.url
    ? h("a", { ...shared, href: element.url, target: "_blank", rel: "noopener noreferrer", on: { click: press } }, words)
    : h("button", { ...shared, type: "button", on: { click: press } }, words);
  return node;
}

function overflow(block, element, surface) {
  const choose = (option) => async () => {
    if (await agreed(element.confirm)) await surface.press(block, element, { value: option.value }, node);
    if (option.url) open(option.url, "_blank", "noopener,noreferrer");
  };
  const entries = element.options.map((option) => h("button", { type: "button", role: "menuitem", class: "entry", on: { click: choose(option) } }, plain(option.text.text, true)));
  const menu = h("div", { class: "sheet menu", role: "menu" }, ...entries);
  menu.setAttribute("popover", "manual");
  const node = h("button", { type: "button", class: "button dots", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    "data-element": nameOf(block, element), on: { click: () => openMenu(node, menu, entries) } }, icon("dots"));
  return h("span", { class: "overflow" }, node, menu);
}

const HOW_TYPED = {
  url_text_input: { type: "url", inputmode: "url" },
  email_text_input: { type: "email", inputmode: "email" },
  number_input: { type: "text", inputmode: "decimal" },
};

function typed(block, element, surface, label) {
  const props = {
    ...(element.multiline ? { rows: "3" } : { type: "text", ...HOW_TYPED[element.type] }),
    id: freshId("field"), class: "field", "aria-label": label, autocomplete: "off", "data-element": nameOf(block, element),
    placeholder: element.placeholder?.text, maxlength: String(element.max_length ?? 3000), autofocus: element.focus_on_load,
    value: surface.state(block, element).value ?? "",
    on: {
      input: () => surface.hold(block, element, [node.value], { quiet: true }),
      change: () => surface.hold(block, element, [node.value]),
      keydown: (event) => event.key === "Enter" && !element.multiline && surface.enter(block, element, node.value),
    },
  };
  const node = h(element.multiline ? "textarea" : "input", props);
  return node;
}

const asOption = (option) => ({ value: option.value, text: option.text.text, description: option.description?.text });

function groupsOf(answer, query = "") {
  const fits = (option) => `${option.text} ${option.description ?? ""}`.toLowerCase().includes(query.toLowerCase());
  const groups = answer.option_groups?.map((group) => ({ label: group.label.text, options: group.options.map(asOption) }));
  return (groups ?? [{ options: (answer.options ?? []).map(asOption) }]).map((group) => ({ ...group, options: group.options.filter(fits) }));
}

const FINDERS = {
  static: ({ element }) => async (query) => ({ groups: groupsOf(element, query) }),
  external: ({ block, element, surface }) => async (query) => {
    const least = element.min_query_length ?? 3;
    if (query.length < least) return { hint: `Type at least ${least} characters` };
    return { groups: groupsOf(await surface.suggest(block, element, query)) };
  },
  users: () => async (query) => ({ groups: [{ options: people().filter((one) => one.text.toLowerCase().includes(query.toLowerCase())) }] }),
  conversations: () => async (query) => ({ groups: [{ options: rooms().filter((one) => one.text.toLowerCase().includes(query.toLowerCase())) }] }),
};

function people() {
  const there = store.workspace.people.filter((one) => !one.bot && !one.gone);
  return there.map((one) => ({ value: one.id, text: one.name, description: one.role, picture: () => avatar(one.id, "small") }));
}

const rooms = () => channelsOf(store.me).filter((one) => one.kind !== "dm").map((one) => ({ value: one.id, text: `# ${one.name}` }));

// What is chosen, as options to show: the state holds options, or ids of people and conversations.
function chosenIn(kind, state) {
  const { type, ...rest } = state;
  const held = [Object.values(rest)[0]].flat().filter((one) => one !== null && one !== undefined);
  if (kind === "users") return people().filter((one) => held.includes(one.value));
  if (kind === "conversations") return rooms().filter((one) => held.includes(one.value));
  return held.map(asOption);
}

function menu(block, element, surface, label) {
  const [, many, kind] = /^(multi_)?(static|external|users|conversations)_select$/.exec(element.type);
  const isInput = block.type === "input";
  const picker = new Picker({
    find: FINDERS[kind]({ block, element, surface }),
    multiple: Boolean(many),
    chosen: chosenIn(kind, surface.state(block, element)),
    placeholder: element.placeholder?.text ?? "Choose…",
    most: element.max_selected_items,
    label,
    asks: kind === "external",
    clearable: isInput && Boolean(block.optional),
    changed: async (chosen) => (await agreed(element.confirm)) && surface.hold(block, element, chosen.map((one) => one.value)),
  });
  picker.input.dataset.element = nameOf(block, element);
  if (element.focus_on_load) picker.input.setAttribute("autofocus", "");
  return picker.node;
}

function ticks(block, element, surface, label) {
  const single = element.type === "radio_buttons";
  const name = freshId("choice");
  const { selected_option: one, selected_options: several } = surface.state(block, element);
  const held = (single ? [one] : several ?? []).filter(Boolean).map((option) => option.value);
  const rows = element.options.map((option) => {
    const box = h("input", { type: single ? "radio" : "checkbox", name, value: option.value, on: { change } });
    box.checked = held.includes(option.value);
    return h("label", { class: "tick" }, box, h("span", {}, textObject(option.text), option.description ? h("span", { class: "option-about" }, textObject(option.description)) : false));
  });
  const node = h("div", { class: "ticks", role: single ? "radiogroup" : "group", "aria-label": label }, ...rows);
  return node;

  async function change() {
    const chosen = [...node.querySelectorAll("input:checked")].map((box) => box.value);
    if (await agreed(element.confirm)) surface.hold(block, element, chosen);
  }
}

function day(block, element, surface, label) {
  return calendar({
    day: surface.state(block, element).selected_date ?? null,
    placeholder: element.placeholder?.text ?? "Pick a date",
    label: label || element.placeholder?.text || "Date",
    element: nameOf(block, element),
    clearable: block.type === "input" && Boolean(block.optional),
    changed: async (chosen) => (await agreed(element.confirm)) && surface.hold(block, element, chosen ? [chosen] : []),
  });
}

function timeOfDay(block, element, surface, label) {
  const node = h("input", { type: "time", class: "field time", "aria-label": label || element.placeholder?.text || "Time", value: surface.state(block, element).selected_time ?? "",
    on: { change: () => surface.hold(block, element, node.value ? [node.value] : []) } });
  return node;
}

const DRAW = {
  button,
  overflow,
  plain_text_input: typed,
  url_text_input: typed,
  email_text_input: typed,
  number_input: typed,
  radio_buttons: ticks,
  checkboxes: ticks,
  datepicker: day,
  timepicker: timeOfDay,
};
for (const kind of ["static", "external", "users", "conversations"]) {
  DRAW[`${kind}_select`] = menu;
  DRAW[`multi_${kind}_select`] = menu;
}

export const isKnown = (element) => element.type in DRAW;

export function drawElement(block, element, surface, label = "") {
  return DRAW[element.type](block, element, surface, label);
}
