// A short word at the foot of the page, about what could not be done.

const STAYS = 7000;
let leaving;

export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(leaving);
  leaving = setTimeout(() => (place.hidden = true), STAYS);
}
