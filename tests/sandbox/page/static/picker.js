// A menu in which one types to find and chooses one thing or several (WAI-ARIA, "Combobox with listbox popup").

import { freshId, h, icon } from "./dom.js";
import { float } from "./floating.js";

const PAUSE = 150;

// `find(query)` answers with groups [{label, options: [{value, text, description?, picture?}]}] or with a hint.
export class Picker {
  constructor({ find, multiple, chosen, placeholder, most = Infinity, label, changed, asks = false, clearable = false }) {
    Object.assign(this, { find, multiple, chosen: [...chosen], placeholder, most, changed, asks, clearable });
    this.options = [];
    this.at = -1;
    this.turn = 0;
    this.sheet = h("div", { class: "sheet listbox", role: "listbox", id: freshId("list"), "aria-label": label,
      "aria-multiselectable": multiple });
    this.sheet.setAttribute("popover", "manual");
    this.input = this.makeInput(label);
    this.chips = h("span", { class: "chips" });
    this.clear = h("button", { type: "button", class: "quiet clear", "aria-label": "Clear", on: { click: () => this.set([]) } }, icon("cross"));
    this.box = h("div", { class: "picker-box", on: { pointerdown: (event) => this.pressed(event) } },
      this.chips, this.input, this.clear, icon("down"));
    this.node = h("div", { class: multiple ? "picker multiple" : "picker" }, this.box, this.sheet);
    this.draw();
  }

  makeInput(label) {
    return h("input", {
      type: "text", role: "combobox", id: freshId("field"), autocomplete: "off", spellcheck: "false",
      "aria-label": label, "aria-expanded": "false", "aria-controls": this.sheet.id, "aria-autocomplete": "list",
      on: {
        input: () => this.typed(),
        keydown: (event) => this.key(event),
        blur: () => this.left(),
        focus: () => this.multiple || this.input.select(),
      },
    });
  }

  get open() {
    return this.sheet.matches(":popover-open");
  }

  get query() {
    const shown = this.multiple ? "" : this.chosen[0]?.text ?? "";
    return this.input.value === shown ? "" : this.input.value.trim();
  }

  pressed(event) {
    if (event.target.closest("button")) return;
    if (event.target !== this.input) event.preventDefault();
    this.input.focus();
    if (this.open && event.target !== this.input) this.hide();
    else this.ask();
  }

  // Opens the list for a search: what is chosen steps back into the placeholder until the list is gone.
  ask() {
    if (!this.open && !this.multiple) {
      this.input.placeholder = this.chosen[0]?.text ?? this.placeholder;
      this.input.value = "";
    }
    this.show();
  }

  typed() {
    this.show();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.fill(), this.asks ? PAUSE : 0);
  }

  left() {
    this.hide();
    if (this.multiple) this.input.value = "";
  }

  show() {
    if (this.open) return;
    this.input.setAttribute("aria-expanded", "true");
    this.hideSheet = float(this.sheet, this.box, { widthOfAnchor: true, hidden: () => this.hidden() });
    this.fill();
  }

  hide() {
    this.hideSheet?.();
  }

  hidden() {
    this.hideSheet = null;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.at = -1;
    if (!this.multiple) this.draw();
  }

  async fill() {
    const turn = (this.turn += 1);
    if (this.asks) this.sheet.setAttribute("aria-busy", "true");
    if (this.asks && !this.sheet.childElementCount) this.sheet.replaceChildren(h("p", { class: "hint" }, "Loading…"));
    const { groups = [], hint = "No results" } = await this.find(this.query);
    if (turn !== this.turn) return;
    this.sheet.removeAttribute("aria-busy");
    this.options = [];
    const drawn = groups.filter((group) => group.options.length).map((group) => this.drawGroup(group));
    this.sheet.replaceChildren(...(drawn.length ? drawn : [h("p", { class: "hint" }, hint)]));
    this.point(this.multiple && !this.query ? -1 : Math.max(0, this.options.findIndex(({ option }) => this.has(option))));
  }

  drawGroup({ label, options }) {
    const nodes = options.map((option) => this.drawOption(option));
    if (!label) return h("div", { class: "group" }, ...nodes);
    const id = freshId("group");
    return h("div", { class: "group", role: "group", "aria-labelledby": id }, h("div", { class: "group-label", id }, label), ...nodes);
  }

  drawOption(option) {
    const node = h("div", {
      class: "option", role: "option", id: freshId("option"), "aria-selected": String(this.has(option)),
      on: { pointerdown: (event) => event.preventDefault(), click: () => this.choose(option) },
    }, option.picture?.() ?? false, h("span", { class: "option-words" }, h("span", { class: "option-text" }, option.text),
      option.description ? h("span", { class: "option-about" }, option.description) : false),
      this.has(option) ? icon("tick") : false);
    this.options.push({ option, node });
    return node;
  }

  has(option) {
    return this.chosen.some((one) => one.value === option.value);
  }

  point(index) {
    this.options[this.at]?.node.classList.remove("pointed");
    this.at = this.options.length ? index : -1;
    const node = this.options[this.at]?.node;
    node?.classList.add("pointed");
    node?.scrollIntoView({ block: "nearest" });
    if (node) this.input.setAttribute("aria-activedescendant", node.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const size = this.options.length;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      if (!this.open) this.ask();
      else if (size) this.point((this.at + moves[event.key] + size) % size);
    } else if (event.key === "Enter") {
      if (this.open && this.at >= 0) this.choose(this.options[this.at].option);
    } else if (event.key === "Escape" && this.open) {
      this.hide();
    } else if (event.key === "Backspace" && this.multiple && !this.input.value && this.chosen.length) {
      this.set(this.chosen.slice(0, -1));
      return;
    } else {
      if (!this.open && !this.multiple && event.key.length === 1) this.input.select();
      return;
    }
    event.preventDefault();
    if (event.key === "Escape") event.stopPropagation();
  }

  choose(option) {
    const rest = this.chosen.filter((one) => one.value !== option.value);
    if (!this.multiple) {
      this.hide();
      this.set([option]);
    } else if (rest.length < this.chosen.length) {
      this.set(rest);
    } else if (this.chosen.length < this.most) {
      this.set([...this.chosen, option]);
    }
  }

  set(chosen) {
    this.chosen = chosen;
    this.input.value = "";
    this.draw();
    if (this.open) this.fill();
    this.input.focus();
    this.changed(chosen);
  }

  draw() {
    if (this.multiple) this.chips.replaceChildren(...this.chosen.map((option) => this.drawChip(option)));
    else this.input.value = this.chosen[0]?.text ?? "";
    this.input.placeholder = this.multiple && this.chosen.length ? "" : this.placeholder;
    this.clear.hidden = this.multiple || !this.clearable || !this.chosen.length;
  }

  drawChip(option) {
    const drop = () => this.set(this.chosen.filter((one) => one !== option));
    return h("span", { class: "chip" }, option.picture?.() ?? false, h("span", { class: "chip-text" }, option.text),
      h("button", { type: "button", class: "quiet", "aria-label": `Remove ${option.text}`, on: { click: drop } }, icon("cross")));
  }
}
