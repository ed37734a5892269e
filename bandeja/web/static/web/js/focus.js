// The focus is never nowhere: what leaves, hides or waits with it gives it to what stands nearest.
const TAKES = "a[href], button, summary, input:not([type='hidden']), select, textarea, [tabindex]:not([tabindex='-1'])";
const FIRST = "[autofocus], [aria-invalid='true'], .dialog-body :is(input, select, textarea, a[href], button)";
const SETTLES = 60; // milliseconds: others that know better give it first

let last = null; // what had it
let around = []; // what stood around that, from the inside out
let timer = 0;

const takes = (element) => element.isConnected && !element.disabled && element.checkVisibility({ visibilityProperty: true });
const firstIn = (place, which) => [...place.querySelectorAll(which)].find(takes);

document.addEventListener("focusin", ({ target }) => {
  last = target;
  around = [];
  for (let each = target.parentElement; each && each !== document.body; each = each.parentElement) around.push(each);
});

// Whoever presses beside everything means it to be nowhere.
document.addEventListener("pointerdown", ({ target }) => {
  if (!target.closest(`${TAKES}, label, [tabindex]`)) last = null;
});

for (const event of ["click", "close", "popstate", "htmx:after:swap", "htmx:finally:request"])
  window.addEventListener(event, settle, true);

function settle() {
  clearTimeout(timer);
  timer = setTimeout(mend, SETTLES);
}

function mend() {
  const { activeElement } = document;
  if (!last || (activeElement && activeElement !== document.body)) return;
  if (last.isConnected && last.disabled) return; // until what it asked for is answered
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const places = [...around, dialog ?? document.querySelector("main") ?? document.body];
  const place = places.find((each) => each.isConnected && (!dialog || dialog.contains(each)) && firstIn(each, TAKES));
  const stays = takes(last) && (!dialog || dialog.contains(last));
  const found = stays ? last : ((dialog && firstIn(dialog, FIRST)) ?? (place && firstIn(place, TAKES)));
  found?.focus({ preventScroll: true });
}
