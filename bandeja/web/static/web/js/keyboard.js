// Every action of the list and of the thread has a key; `?` shows them (dialogs.js). What carries data-key is pressed by that key:
// in the bulk bar while something is chosen, else in the thread. No key acts while one types, nor over an open dialog.
import { TYPED } from "./dialogs.js";
import { pickMore, pickNone, pickRow } from "./selection.js";

const rows = () => [...document.querySelectorAll(".row")];
const focused = () => document.activeElement?.closest?.(".row");
const current = () => focused() ?? document.querySelector(".row.current");
let place = -1;
let held = false;

function press(selector) {
  const found = document.querySelector(selector);
  found?.click();
  // A menu that a key opened is gone through by keys.
  if (found?.matches("details[open] > summary")) found.parentElement.querySelector(".menu-item")?.focus();
  return Boolean(found);
}

const pressKey = (key) => press(`${document.querySelector("#bulk:not([hidden])") ? "#bulk" : ":is(.thread, .panel)"} [data-key='${CSS.escape(key)}']`);

function move(step) {
  const all = rows();
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + step))];
  next?.querySelector(".row-link").focus();
  next?.scrollIntoView({ block: "nearest" });
}

function write(note) {
  const form = document.querySelector("form.composer");
  if (!form) return;
  form.querySelector(`[name='note'][value='${note}']`).click();
  form.text.focus();
}

function leave() {
  if (!pickNone()) press(".thread[data-conversation] .back");
}

const answerTheLast = () => [...document.querySelectorAll("#timeline .inbound [data-answers]")].at(-1)?.click();

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  x: () => pickRow(current()),
  X: () => pickRow(current(), true),
  A: pickMore,
  z: () => press("#bulks [data-key='z']"),
  1: () => press("#list .tabs a:first-child"),
  2: () => press("#list .tabs a:nth-child(2)"),
  f: () => press("#filters [data-more]"),
  v: () => press("#views > summary"),
  u: () => document.querySelector("#bulk:not([hidden])") || !focused()?.querySelector("[data-mark]") ? pressKey("u") : focused().querySelector("[data-mark]").click(),
  r: () => write(""),
  n: () => write("1"),
  q: answerTheLast,
  m: () => document.getElementById("timeline")?.focus(),
  "/": () => document.getElementById("q")?.focus(),
  Escape: leave,
};

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (target.matches(TYPED)) {
    if (event.key === "Escape") stopTyping(target);
    return;
  }
  if (target.closest(".menu-sheet") || (event.key.startsWith("Arrow") && !focused())) return;
  // With Caps Lock on a letter is still that letter.
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  if (key in KEYS) KEYS[key]();
  else if (key.length > 1 || key === " " || !pressKey(key)) return;
  event.preventDefault();
});

// Whoever stops typing goes on from where they are.
function stopTyping(target) {
  target.blur();
  if (target.closest(".thread")) document.getElementById("thread-name")?.focus({ preventScroll: true });
  else current()?.querySelector(".row-link").focus({ preventScroll: true });
}

// What leaves the page takes the focus with it, unless its place is remembered.
document.addEventListener("htmx:before:swap", () => {
  place = rows().indexOf(focused());
  held = Boolean(document.activeElement?.closest?.("#list, #open"));
});

document.addEventListener("htmx:after:swap", () => {
  if (!held || (document.activeElement && document.activeElement !== document.body)) return;
  const all = rows();
  const row = all[Math.min(Math.max(place, 0), all.length - 1)]?.querySelector(".row-link");
  const heading = place < 0 ? document.getElementById("thread-name") : null;
  (heading ?? row)?.focus({ preventScroll: true });
});

// A dialog gives the focus back by itself, unless whoever opened it is gone.
document.addEventListener(
  "close",
  () =>
    setTimeout(() => {
      if (document.activeElement && document.activeElement !== document.body) return;
      (document.getElementById("thread-name") ?? current()?.querySelector(".row-link"))?.focus({ preventScroll: true });
    }),
  true,
);
