// What became of bulk actions, at the head of the list: asked for when one was begun, and while one is under way
// whenever the bell rings; said once to those who listen when it ends.
import { announce } from "./words.js";

const strip = () => document.getElementById("bulks");
const ended = () => [...document.querySelectorAll("#bulks [data-said]")];
let told = new Set(ended().map(({ id }) => id));

function refresh() {
  if (!strip()) return;
  window.htmx.ajax("GET", "/inbox/bulks", { target: "#bulks", swap: "outerMorph", source: strip(), quiet: true });
}

document.addEventListener("bulks", refresh);
document.addEventListener("rung", () => {
  if (strip()?.querySelector("progress")) refresh();
});

document.addEventListener("htmx:after:swap", () => {
  for (const item of ended()) if (!told.has(item.id)) announce(item.querySelector("p").textContent.trim());
  told = new Set(ended().map(({ id }) => id));
});
