// A small sheet that floats beside its anchor, above dialogs too, and goes away on Escape or a press elsewhere.

const GAP = 4;

function place(sheet, anchor, widthOfAnchor) {
  const at = anchor.getBoundingClientRect();
  const edge = 8;
  if (widthOfAnchor) sheet.style.width = `${at.width}px`;
  const { width, height } = sheet.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - edge;
  const above = at.top - GAP - edge;
  const up = height > below && above > below;
  sheet.style.maxHeight = `${Math.max(120, up ? above : below)}px`;
  sheet.style.left = `${Math.max(edge, Math.min(at.left, innerWidth - width - edge))}px`;
  sheet.style.top = up ? "auto" : `${at.bottom + GAP}px`;
  sheet.style.bottom = up ? `${innerHeight - at.top + GAP}px` : "auto";
}

// Shows `sheet` (which stands beside `anchor` in the document); the answer hides it again.
export function float(sheet, anchor, { widthOfAnchor = false, hidden = () => {} } = {}) {
  sheet.setAttribute("popover", "manual");
  if (sheet.matches(":popover-open")) return () => {};
  sheet.showPopover();
  const follow = () => (anchor.isConnected ? place(sheet, anchor, widthOfAnchor) : hide());
  const elsewhere = (event) => {
    if (!sheet.contains(event.target) && !anchor.contains(event.target)) hide();
  };
  const grown = new ResizeObserver(follow);
  function hide() {
    if (sheet.isConnected && sheet.matches(":popover-open")) sheet.hidePopover();
    grown.disconnect();
    removeEventListener("scroll", follow, true);
    removeEventListener("resize", follow);
    removeEventListener("pointerdown", elsewhere, true);
    hidden();
  }
  follow();
  grown.observe(sheet);
  grown.observe(anchor);
  addEventListener("scroll", follow, true);
  addEventListener("resize", follow);
  addEventListener("pointerdown", elsewhere, true);
  return hide;
}

// Opens a menu of entries {text, description?, choose} below its button.
export function openMenu(button, menu, entries) {
  let index = 0;
  const hide = float(menu, button, { hidden: () => button.setAttribute("aria-expanded", "false") });
  button.setAttribute("aria-expanded", "true");
  const step = (by) => {
    index = (index + by + entries.length) % entries.length;
    entries[index].focus();
  };
  menu.onkeydown = (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) step(moves[event.key]);
    else if (event.key === "Escape" || event.key === "Tab") {
      hide();
      button.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  menu.onclick = hide;
  entries[0]?.focus();
}
