// The list stays put while somebody reads further down: rows on screen change where they stand, and what would come
// above them is only counted, on a pill that leads back to the top. At the top it simply moves, but not while rows are
// being chosen: what is new would push chosen ones out.
import { fetchList } from "./places.js";
import { filters } from "./turns.js";

const NEAR = 8; // pixels from the top that still are the top
const MOST = 100; // rows that fit no screen

const pane = () => document.getElementById("rows-pane");
const picking = () => document.getElementById("list").classList.contains("picking");
const isHeld = (place) => place.scrollTop > NEAR || "keeps" in place.dataset || picking();

let behind = false; // rows out of sight may have changed since
let covered = false; // something came while a thread covered the list, as on a phone

export function refreshList() {
  const place = pane();
  if (!place) return null;
  covered = !place.checkVisibility(); // it has no height then, and would seem to be at its top
  if (covered) return null;
  return isHeld(place) ? refreshHeld(place) : refreshAll();
}

function refreshAll() {
  behind = false;
  const query = new URLSearchParams(location.search);
  query.set("count", document.querySelectorAll("#rows .row").length);
  return ask(`/inbox/list?${query}`, "#list");
}

function refreshHeld(place) {
  behind = true;
  const query = new URLSearchParams(location.search);
  query.set("ids", inSight(place).join(","));
  query.set("top", place.dataset.top ?? "");
  return ask(`/inbox/list/held?${query}`, "#news");
}

// A queue of its own: whoever chooses another filter waits for none.
const ask = (url, target) =>
  window.htmx.ajax("GET", url, { target, swap: "innerMorph", source: pane(), quiet: true, place: "list", about: filters() });

// What is on screen, and one screen above and below it.
function inSight(place) {
  const { top, bottom, height } = place.getBoundingClientRect();
  const near = (row) => {
    const box = row.getBoundingClientRect();
    return box.bottom > top - height && box.top < bottom + height;
  };
  return [...place.querySelectorAll("#rows .row")].filter(near).slice(0, MOST).map(({ dataset }) => dataset.id);
}

function toTop() {
  pane().scrollTop = 0;
  document.querySelector("#rows .row-link")?.focus({ preventScroll: true });
  return refreshAll();
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("#news [data-news]")) toTop();
  if (target.closest("[data-clears]")) document.getElementById("q").value = "";
});

// Whoever scrolls back to the top by hand has what is new as well, and what comes into sight is brought up to date.
let rest = null;
document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.id !== "rows-pane" || !behind) return;
    clearTimeout(rest);
    rest = setTimeout(refreshList, 150);
  },
  true,
);

// What one chose in a control stays chosen through a morph, whatever the list that came says.
let told = filters(); // by the address, which Back and Forward change, too
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id !== "list") return;
  const before = told;
  told = filters();
  if (ctx.quiet && told === before) return;
  for (const control of document.querySelectorAll("#filters select"))
    control.value = control.querySelector("option[selected]")?.value ?? "";
});

// Back and Forward bring the thread again and leave the list where it stands, unless they lead to other filters.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ctx.request.headers["HX-History-Restore-Request"]) return;
  const drawn = document.querySelector("#picked [name='query']").defaultValue;
  if (filters() !== filters(drawn)) fetchList(location.search);
});

function uncover() {
  if (covered && pane()?.checkVisibility()) refreshList();
}

document.addEventListener("htmx:after:swap", uncover);
document.addEventListener("left", () => setTimeout(uncover));
window.addEventListener("resize", uncover);
