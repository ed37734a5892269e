// Choosing rows: a click, a range with Shift, all of them. While something is chosen the bulk bar takes the
// place of the filters. What was chosen survives a refresh of the list.
const chosen = new Set();
let last = null;

const boxes = () => [...document.querySelectorAll(".row .row-pick > input")];

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches?.(".row .row-pick > input")) pick(target, event.shiftKey);
  if (target.matches?.("#pick-all")) for (const box of boxes()) set(box, target.checked);
  if (target.closest?.("[data-pick-none]")) chosen.clear();
  else if (!target.matches?.(".row .row-pick > input, #pick-all")) return;
  paint();
});

function pick(box, range) {
  const all = boxes();
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

export function pickRow(row, range = false) {
  const box = row?.querySelector(".row-pick > input");
  box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: range }));
}

export function pickNone() {
  if (!chosen.size) return false;
  chosen.clear();
  paint();
  return true;
}

function paint() {
  const all = boxes();
  const present = new Set(all.map(({ value }) => value));
  for (const id of chosen) if (!present.has(id)) chosen.delete(id); // it left the list: it is no longer chosen
  for (const box of all) {
    box.checked = chosen.has(box.value);
    box.closest(".row").classList.toggle("picked", box.checked);
  }
  paintBar(all.length);
}

function paintBar(total) {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  bar.hidden = !chosen.size;
  document.getElementById("list").classList.toggle("picking", chosen.size > 0);
  bar.querySelector("[data-count]").textContent = (chosen.size === 1 ? bar.dataset.one : bar.dataset.many).replace("{n}", chosen.size);
  const box = document.getElementById("pick-all");
  box.checked = chosen.size === total;
  box.indeterminate = chosen.size > 0 && chosen.size < total;
  for (const input of bar.querySelectorAll("input[name='ids']")) input.value = [...chosen].join(",");
}

document.addEventListener("htmx:after:swap", paint);
document.addEventListener("unpick", pickNone);
paint();
