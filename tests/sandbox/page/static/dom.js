// Builds and keeps DOM nodes. Text only ever becomes a text node: nothing here parses HTML.

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(node.dataset, value);
    } else if (name === "value") {
      node.value = value;
    } else {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Lets `parent` hold one node for each item, in order; a node whose key and content are as before is kept as it is.
export function keep(parent, items, describe, build) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let place = parent.firstElementChild;
  for (const item of items) {
    const { key, content } = describe(item);
    let node = before.get(key);
    before.delete(key);
    if (!node || node.content !== content) {
      const fresh = build(item);
      fresh.dataset.key = key;
      fresh.content = content;
      if (node) {
        if (place === node) place = fresh;
        const hadFocus = focused && node.contains(focused);
        node.replaceWith(fresh);
        if (hadFocus) focusAgain(fresh, focused);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of before.values()) node.remove();
}

// After a message was redrawn under the reader's hands the focus goes to what took the place of its element.
function focusAgain(fresh, focused) {
  const same = focused.dataset.element && fresh.querySelector(`[data-element="${CSS.escape(focused.dataset.element)}"]`);
  (same || fresh).focus({ preventScroll: true });
}

let numbers = 0;
export const freshId = (word) => `${word}-${(numbers += 1)}`;

export function icon(name, label = "") {
  return h("span", { class: `icon icon-${name}`, ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) });
}
