// Keeps Tab inside a dialog: after the last thing comes the first again.

const REACHABLE = "a[href], button, input, textarea, select, [tabindex='0']";

export function reachable(dialog) {
  return [...dialog.querySelectorAll(REACHABLE)].filter((node) => !node.disabled && node.tabIndex >= 0 && node.checkVisibility());
}

export function trapFocus(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.defaultPrevented) return;
    const all = reachable(dialog);
    const [edge, other] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
    if (document.activeElement !== edge && all.includes(document.activeElement)) return;
    event.preventDefault();
    other?.focus();
  });
}
