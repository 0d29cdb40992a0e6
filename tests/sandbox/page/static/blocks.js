// The blocks of Block Kit (Slack, "Blocks"). A block that is not known here is shown as what it is.

import { freshId, h, icon } from "./dom.js";
import { drawElement, isKnown } from "./elements.js";
import { textObject } from "./richtext.js";

const TEXTS = ["mrkdwn", "plain_text"];

function section(block, surface) {
  const about = block.accessory;
  return h("div", { class: about ? "section with-accessory" : "section" },
    h("div", { class: "section-words" },
      block.text ? textObject(block.text) : false,
      block.fields ? h("div", { class: "fields" }, ...block.fields.map((field) => h("div", { class: "one-field" }, textObject(field)))) : false),
    about ? h("div", { class: "accessory" }, elementOrJson(block, about, surface)) : false);
}

function context(block) {
  return h("div", { class: "context" }, ...block.elements.map((element) => (TEXTS.includes(element.type) ? textObject(element) : json(element))));
}

function input(block, surface) {
  const label = h("span", { class: "label-text" }, block.label.text);
  const [error, hint] = [freshId("error"), freshId("hint")];
  const field = elementOrJson(block, block.element, surface, block.label.text);
  const control = field.matches("input, textarea, [role='radiogroup'], [role='group']") ? field : field.querySelector("[role='combobox'], button");
  control?.setAttribute("aria-describedby", `${error} ${hint}`);
  if (!block.optional && control?.matches("input, textarea")) control.setAttribute("aria-required", "true");
  return h("div", { class: "input", "data-block": block.block_id },
    h("label", { class: "label", for: control?.id || false }, label, block.optional ? h("span", { class: "optional" }, " (optional)") : false),
    field,
    h("p", { class: "error", id: error, hidden: true }),
    h("p", { class: "hint", id: hint, hidden: !block.hint }, block.hint?.text ?? ""));
}

function json(value) {
  return h("figure", { class: "unknown" },
    h("figcaption", {}, `This page cannot draw “${value.type}”; it is:`),
    h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2)));
}

function elementOrJson(block, element, surface, label) {
  return isKnown(element) ? drawElement(block, element, surface, label) : json(element);
}

const DRAW = {
  header: (block) => h("h3", { class: "header" }, textObject(block.text)),
  section,
  context,
  divider: () => h("hr", { class: "divider" }),
  actions: (block, surface) => h("div", { class: "actions" }, ...block.elements.map((element) => elementOrJson(block, element, surface))),
  input,
};

export function drawBlocks(blocks, surface) {
  return blocks.map((block) => h("div", { class: `block block-${block.type}`, "data-block-id": block.block_id }, DRAW[block.type]?.(block, surface) ?? json(block)));
}

// Slack's sign that the bot did not answer.
export function warn(node, notice) {
  node.parentElement?.querySelector(":scope > .warning")?.remove();
  if (notice) node.after(h("span", { class: "warning", role: "alert", title: notice }, icon("warning", notice)));
}
