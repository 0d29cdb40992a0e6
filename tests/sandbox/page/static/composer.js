// Where one writes: a message, or a slash command with completion.

import { act } from "./api.js";
import { freshId, h, icon } from "./dom.js";
import { float } from "./floating.js";
import { toast } from "./toast.js";

const COMMANDS = [
  { text: "/register-app", about: "Register an application in Microsoft Entra ID" },
  { text: "/register-app list", about: "Your requests and applications" },
  { text: "/register-app status ", hint: "REQ-…", about: "Where one request stands" },
  { text: "/register-app help", about: "What you can type" },
];

export class Composer {
  // `where()` says which channel, and which thread if any; `named()` is what to call it.
  constructor(where, label) {
    this.where = where;
    this.at = 0;
    this.drafts = new Map();
    this.list = h("div", { class: "sheet completions", role: "listbox", id: freshId("commands"), "aria-label": "Slash commands" });
    this.list.setAttribute("popover", "manual");
    this.field = h("textarea", {
      rows: "1", "aria-label": label, role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list", autocomplete: "off",
      on: { input: () => this.typed(), keydown: (event) => this.key(event), blur: () => this.hide() },
    });
    this.send = h("button", { type: "submit", class: "send", "aria-label": "Send", disabled: true }, icon("send"));
    this.node = h("form", { class: "composer", on: { submit: (event) => this.submit(event) } }, this.field, this.send, this.list);
  }

  name(label) {
    this.field.placeholder = label;
    this.field.setAttribute("aria-label", label);
  }

  // What was begun elsewhere, or as somebody else, waits there.
  turnTo(place) {
    if (place === this.place) return;
    this.drafts.set(this.place, this.field.value);
    this.place = place;
    this.field.value = this.drafts.get(place) ?? "";
    this.resize();
    this.hide();
  }

  resize() {
    this.send.disabled = !this.field.value.trim();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 200)}px`;
  }

  get fitting() {
    const text = this.field.value;
    if (!text.startsWith("/") || text.includes("\n")) return [];
    return COMMANDS.filter((one) => one.text.startsWith(text) && one.text !== text);
  }

  typed() {
    this.resize();
    // What is a command already is sent by Enter; otherwise Enter takes the first that is offered.
    this.at = COMMANDS.some((one) => one.text.trim() === this.field.value.trim()) ? -1 : 0;
    this.draw();
  }

  draw() {
    const found = this.fitting;
    if (!found.length) return this.hide();
    this.list.replaceChildren(h("p", { class: "group-label" }, "Commands"), ...found.map((one, index) => h("div", {
      class: index === this.at ? "option pointed" : "option", role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(index === this.at),
      on: { pointerdown: (event) => event.preventDefault(), click: () => this.take(one) },
    }, h("span", { class: "option-words" }, h("span", { class: "option-text" }, one.text, one.hint ? h("span", { class: "muted" }, one.hint) : false), h("span", { class: "option-about" }, one.about)))));
    this.field.setAttribute("aria-expanded", "true");
    if (this.at < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    this.hideList ??= float(this.list, this.node, { widthOfAnchor: true, hidden: () => this.hidden() });
    return undefined;
  }

  hide() {
    this.hideList?.();
  }

  hidden() {
    this.hideList = null;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  take(command) {
    this.field.value = command.text;
    this.typed();
    this.field.focus();
  }

  key(event) {
    const found = this.hideList ? this.fitting : [];
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (found.length && event.key in moves) {
      const from = this.at < 0 && event.key === "ArrowUp" ? 0 : this.at;
      this.at = (from + moves[event.key] + found.length) % found.length;
      this.draw();
    } else if (found[this.at] && ["Tab", "Enter"].includes(event.key)) {
      const chosen = found[this.at];
      this.take(chosen);
      if (!chosen.hint) this.hide();
    } else if (event.key === "Escape" && this.hideList) {
      this.hide();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      this.node.requestSubmit();
    } else return;
    event.preventDefault();
  }

  async submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text) return;
    this.hide();
    this.field.value = "";
    this.typed();
    const answer = await act({ do: text.startsWith("/") ? "command" : "say", text, ...this.where() });
    if (!answer.error) return;
    toast(answer.error);
    this.field.value ||= text;
    this.typed();
  }
}
