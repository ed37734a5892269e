// Every action of the list has a key; `?` shows them. No key acts while one types, nor over an open dialog.
import { open } from "./dialogs.js";
import { pickMore, pickNone, pickRow } from "./selection.js";

const rows = () => [...document.querySelectorAll(".row")];
const focused = () => document.activeElement?.closest?.(".row");
const press = (selector) => document.querySelector(selector)?.click();
const here = () => focused() ?? document.querySelector(".row.current");
// With rows chosen a key is for them, else for the open thread.
const act = (key, single = ".thread") =>
  press(`${document.querySelector("#bulk:not([hidden])") ? "#bulk" : single} [data-key='${key}']`);
// Read or unread: the chosen, else the row in focus, else the open thread.
const mark = () => {
  if (document.querySelector("#bulk:not([hidden])")) return act("u");
  return (focused()?.querySelector("[data-mark]") ?? document.querySelector(".thread [data-key='u']"))?.click();
};
let place = -1;

function move(step) {
  const all = rows();
  const from = all.indexOf(focused() ?? document.querySelector(".row.current"));
  const next = all[Math.max(0, Math.min(all.length - 1, from + step))];
  next?.querySelector(".row-link").focus();
  next?.scrollIntoView({ block: "nearest" });
}

function write(note) {
  const form = document.querySelector("form.composer");
  if (!form) return;
  form.querySelector(`[name='note'][value='${note}']`).checked = true;
  form.text.focus();
}

function leave() {
  if (!pickNone()) press(".thread[data-conversation] .back");
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => focused() && move(1),
  ArrowUp: () => focused() && move(-1),
  x: () => pickRow(here()),
  X: () => pickRow(here(), true),
  A: pickMore,
  e: () => act("e"),
  t: () => act("t"),
  l: () => act("l", ".panel"),
  u: mark,
  U: () => act("U"),
  z: () => press("#bulks [data-key='z']"),
  f: () => press("#filters [data-more]"),
  v: () => press("#views > summary"),
  r: () => write(""),
  n: () => write("1"),
  i: () => press(".thread [data-panel-switch]"),
  "/": () => document.getElementById("q")?.focus(),
  "?": () => open(document.getElementById("keys")),
  Escape: leave,
};

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (target.matches("input:not([type='checkbox'], [type='radio']), textarea, select")) {
    if (key === "Escape") target.blur();
    return;
  }
  if (!(key in KEYS)) return;
  if (key.startsWith("Arrow") && !focused()) return;
  event.preventDefault();
  KEYS[key]();
});

// A row that leaves the list takes the focus with it, unless its place is remembered.
document.addEventListener("htmx:before:swap", () => {
  place = rows().indexOf(focused());
});

document.addEventListener("htmx:after:swap", () => {
  if (place < 0 || (document.activeElement && document.activeElement !== document.body)) return;
  const all = rows();
  all[Math.min(place, all.length - 1)]?.querySelector(".row-link").focus({ preventScroll: true });
});
