// The question before an act (Slack, "Confirmation dialog object").

import { freshId, h } from "./dom.js";
import { textObject } from "./richtext.js";
import { trapFocus } from "./trap.js";

// Resolves to whether the person agreed; without a question they do.
export function agreed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const [title, words] = [freshId("title"), freshId("words")];
    const came = document.activeElement;
    const answer = (yes) => {
      dialog.close();
      dialog.remove();
      if (came?.isConnected) came.focus();
      resolve(yes);
    };
    const style = confirm.style === "danger" ? "button danger solid" : "button primary";
    const dialog = h("dialog", { class: "confirm", role: "alertdialog", "aria-labelledby": title, "aria-describedby": words,
      on: { cancel: (event) => { event.preventDefault(); answer(false); } } },
      h("h2", { id: title }, confirm.title.text),
      h("div", { id: words }, textObject(confirm.text)),
      h("div", { class: "dialog-feet" },
        h("button", { type: "button", class: "button", on: { click: () => answer(false) } }, confirm.deny.text),
        h("button", { type: "button", class: style, autofocus: true, on: { click: () => answer(true) } }, confirm.confirm.text)));
    trapFocus(dialog);
    document.body.append(dialog);
    dialog.showModal();
  });
}
