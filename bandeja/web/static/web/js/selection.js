// Choosing rows: a click, a range with Shift, all on screen, all that match the filters wherever they are. While
// something is chosen the bulk bar takes the place of the filters. What was chosen survives a refresh of the list.
import { announce } from "./words.js";

const chosen = new Set();
let last = null;
let matching = null; // all that match: the filters' query, and how many that are, once it is known

const boxes = () => [...document.querySelectorAll(".row .row-pick > input")];
const ids = (found) => new Set(found.map(({ value }) => value)); // a search may show one conversation twice
const field = (name) => document.querySelector(`#picked [name='${name}']`);
const query = () => field("query")?.defaultValue ?? "";

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches?.(".row .row-pick > input")) pick(target, event.shiftKey);
  else if (target.matches?.("#pick-all")) pickShown(target.checked);
  else if (target.closest?.("[data-pick-every]")) pickEvery();
  else if (target.closest?.("[data-pick-none]")) drop();
  else return;
  paint();
});

function pick(box, range) {
  const all = boxes();
  if (matching) for (const shown of all) set(shown, true); // all but one is what is on screen but one
  matching = null;
  const from = all.findIndex(({ value }) => value === last);
  const to = all.indexOf(box);
  if (range && from >= 0)
    for (const between of all.slice(Math.min(from, to), Math.max(from, to) + 1)) set(between, box.checked);
  set(box, box.checked);
  last = box.value;
}

function set(box, on) {
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
}

function pickShown(on) {
  matching = null;
  for (const box of boxes()) set(box, on);
}

// How many there are is counted by the server, and said as soon as it is known.
async function pickEvery() {
  const asked = { query: query(), count: "" };
  matching = asked;
  const answer = await fetch(`/inbox/selection${asked.query}`).catch(() => null);
  if (matching !== asked || !answer?.ok) return;
  asked.count = await answer.text();
  paint();
  announce(said());
}

function drop() {
  chosen.clear();
  matching = null;
}

export function pickRow(row, range) {
  const box = row?.querySelector(".row-pick > input");
  box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: Boolean(range) }));
}

// The first press takes what is on screen, the next one all that match.
export function pickMore() {
  const all = ids(boxes());
  if (!all.size) return;
  if (!matching && chosen.size === all.size && hasMore()) pickEvery();
  else pickShown(true);
  paint();
  announce(said());
}

export function pickNone() {
  if (!chosen.size && !matching) return false;
  drop();
  paint();
  return true;
}

const hasMore = () => Boolean(document.getElementById("more"));

function paint() {
  const all = boxes();
  if (matching && matching.query !== query()) drop(); // other filters: these are others
  if (matching) for (const box of all) set(box, true);
  const present = ids(all);
  for (const id of chosen) if (!present.has(id)) chosen.delete(id); // it left the list: it is no longer chosen
  for (const box of all) {
    box.checked = chosen.has(box.value);
    box.closest(".row").classList.toggle("picked", box.checked);
  }
  paintBar(present.size);
}

function paintBar(total) {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const any = chosen.size > 0 || matching !== null;
  bar.hidden = !any;
  document.getElementById("list").classList.toggle("picking", any);
  const every = bar.querySelector("[data-pick-every]");
  every.hidden = Boolean(matching) || chosen.size < total || !hasMore();
  bar.querySelector("[data-count]").textContent = every.hidden ? said() : chosen.size; // no room for both in words
  const box = document.getElementById("pick-all");
  box.checked = any && chosen.size === total;
  box.indeterminate = any && chosen.size < total;
  field("ids").value = matching ? "" : [...chosen].join(",");
  field("every").value = matching ? "1" : "";
}

function said() {
  const { one, many, matching: all } = document.getElementById("bulk")?.dataset ?? {};
  if (matching) return all.replace("{n}", matching.count || "…");
  return (chosen.size === 1 ? one : many)?.replace("{n}", chosen.size) ?? "";
}

document.addEventListener("htmx:after:swap", paint);
document.addEventListener("unpick", pickNone);
paint();
