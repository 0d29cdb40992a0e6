// The modal in front of the person: drawn from the view that the bot sent, with what was typed kept through changes.

import { act } from "./api.js";
import { drawBlocks, warn } from "./blocks.js";
import { h, icon } from "./dom.js";
import { store } from "./store.js";
import { toast } from "./toast.js";
import { trapFocus } from "./trap.js";

const FIELDS = { datepicker: "selected_date", timepicker: "selected_time" };

export class Views {
  constructor(view) {
    this.view = view;
    this.held = new Map();
    this.untold = new Map();
  }

  // What is new since the bot's side was last told.
  drain() {
    const typed = [...this.untold.values()];
    this.untold.clear();
    return typed;
  }

  about(block, element) {
    return { view: this.view().id, block: block.block_id, action: element.action_id };
  }

  async tell(wish, node) {
    const id = this.view().id;
    const answer = await act(() => ({ view: id, typed: this.drain(), ...wish }));
    if (answer.error) toast(answer.error);
    if (node) warn(node, answer.notice);
    return answer;
  }

  get surface() {
    const keyOf = (block, element) => `${this.view().id}/${block.block_id}/${element.action_id}`;
    const put = (block, element, values, more = {}) => {
      const entry = { block: block.block_id, action: element.action_id, values, ...more };
      this.held.set(keyOf(block, element), this.heldState(element, values));
      this.untold.set(keyOf(block, element), entry);
    };
    return {
      state: (block, element) => this.held.get(keyOf(block, element)) ?? this.view().state.values[block.block_id]?.[element.action_id] ?? {},
      hold: (block, element, values, { quiet = false } = {}) => {
        put(block, element, values);
        this.edited(block);
        return quiet || this.tell({ do: "view_fill" });
      },
      enter: (block, element, text) => {
        put(block, element, [text], { enter: true });
        return block.dispatch_action && this.tell({ do: "view_fill" });
      },
      press: (block, element, extra, node) => this.tell({ do: element.type === "overflow" ? "view_overflow" : "view_press", ...this.about(block, element), ...extra }, node),
      suggest: async (block, element, query) => (await this.tell({ do: "suggest", ...this.about(block, element), query })).found ?? {},
    };
  }

  // A typed text and a day are kept here as they are; a chosen option is known by what the bot's side says of it.
  heldState(element, values) {
    if (element.type.endsWith("input")) return { type: element.type, value: values[0] };
    if (element.type in FIELDS) return { type: element.type, [FIELDS[element.type]]: values[0] ?? null };
    return undefined;
  }

  edited() {}
}

class Modal extends Views {
  constructor() {
    super(() => this.top);
    this.stopped = {};
    this.title = h("h2", { id: "modal-title" });
    this.body = h("div", { class: "modal-body" });
    this.feet = h("div", { class: "dialog-feet" });
    this.notice = h("p", { class: "modal-notice", role: "alert", hidden: true });
    const cross = h("button", { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => this.close(true) } }, icon("cross"));
    this.form = h("form", { novalidate: true, on: { submit: (event) => this.submit(event) } },
      h("div", { class: "modal-head" }, h("img", { class: "avatar bot small", src: "/static/bot.svg", alt: "" }), this.title, cross), this.body, this.notice, this.feet);
    this.dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title", on: { cancel: (event) => { event.preventDefault(); this.close(false); } } }, this.form);
    trapFocus(this.dialog);
    document.body.append(this.dialog);
  }

  draw() {
    const stack = store.workspace?.modals[store.me] ?? [];
    this.top = stack.at(-1);
    if (!this.top) return this.hide();
    const shown = `${this.top.id}/${this.top.hash}`;
    if (this.shown !== shown) this.build(stack.length);
    this.shown = shown;
    this.mark();
    if (!this.dialog.open) this.show();
  }

  show() {
    this.came = document.activeElement;
    this.dialog.showModal();
    this.focusFirst();
  }

  hide() {
    this.shown = null;
    if (!this.dialog.open) return;
    this.dialog.close();
    if (this.came?.isConnected) this.came.focus();
  }

  build(depth) {
    const focused = document.activeElement?.dataset?.element;
    this.stopped = {};
    this.title.textContent = this.top.title?.text ?? "";
    this.body.replaceChildren(...drawBlocks(this.top.blocks, this.surface));
    const close = h("button", { type: "button", class: "button", on: { click: () => this.close(false) } }, this.top.close?.text ?? (depth > 1 ? "Back" : "Cancel"));
    this.send = this.top.submit ? h("button", { type: "submit", class: "button primary" }, this.top.submit.text) : null;
    this.feet.replaceChildren(close, ...(this.send ? [this.send] : []));
    if (!this.dialog.open) return;
    const same = focused && this.body.querySelector(`[data-element="${CSS.escape(focused)}"]`);
    if (same) same.focus();
    else this.focusFirst();
  }

  focusFirst() {
    const first = this.body.querySelector("[autofocus]") ?? this.body.querySelector("input, textarea, button") ?? this.feet.querySelector("button");
    first.focus();
  }

  edited(block) {
    delete this.stopped[block.block_id];
    if (this.top.errors) delete this.top.errors[block.block_id];
    this.mark();
  }

  // Puts what is wrong beside its field: what the client stopped, or the bot's own words.
  mark() {
    const errors = { ...this.top.errors, ...this.stopped };
    for (const node of this.body.querySelectorAll(".input")) {
      const text = errors[node.dataset.block] ?? "";
      const place = node.querySelector(".error");
      if (place.textContent !== text) place.textContent = text;
      place.hidden = !text;
      node.classList.toggle("wrong", Boolean(text));
      const control = node.querySelector("input, textarea, button.day");
      if (text) control?.setAttribute("aria-invalid", "true");
      else control?.removeAttribute("aria-invalid");
    }
    this.notice.textContent = this.top.notice ?? "";
    this.notice.hidden = !this.top.notice;
  }

  async submit(event) {
    event.preventDefault();
    if (!this.send || this.send.getAttribute("aria-busy")) return;
    const { send } = this;
    send.setAttribute("aria-busy", "true");
    const answer = await this.tell({ do: "submit" });
    send.removeAttribute("aria-busy");
    this.stopped = answer.stopped ?? {};
    if (!answer.closed && this.top) {
      this.mark();
      this.awaitErrors(send);
    }
  }

  // The bot's own words arrive with the next picture of the workspace.
  awaitErrors(send) {
    const first = () => this.body.querySelector(".input.wrong input, .input.wrong textarea, .input.wrong button");
    if (first()) return first().focus();
    this.waiting = () => send.isConnected && first()?.focus();
    return undefined;
  }

  async close(everything) {
    await this.tell({ do: "close", everything });
  }
}

export function openModals() {
  const modal = new Modal();
  return () => {
    modal.draw();
    if (modal.top && modal.waiting && modal.body.querySelector(".input.wrong")) {
      modal.waiting();
      modal.waiting = null;
    }
  };
}
