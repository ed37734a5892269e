// Toasts tell what was done and offer the way back. The server sends them as the event `toast`:
// {text, undo: {method, url}}. They leave after a while, and wait while they are read.
import { go } from "./places.js";
import { announce, word } from "./words.js";

const STAY = 6000;

document.addEventListener("toast", ({ detail }) => toast(detail.text, detail.undo));

export function toast(text, undo, address) {
  const shown = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  shown.querySelector("p").textContent = text;
  if (undo) offer(shown, undo);
  if (address) lead(shown, address);
  document.getElementById("toasts").append(shown);
  announce(text);
  stay(shown);
}

function offer(shown, undo) {
  const button = shown.querySelector("button.way");
  button.hidden = false;
  button.addEventListener("click", () => {
    shown.remove();
    window.htmx.ajax(undo.method, undo.url, { source: document.body, swap: "none", values: undo.values });
  });
}

function lead(shown, address) {
  const link = shown.querySelector("a.way");
  link.hidden = false;
  link.href = address;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    shown.remove();
    go(address);
  });
}

function stay(shown) {
  let timer = setTimeout(() => shown.remove(), STAY);
  shown.addEventListener("pointerenter", () => clearTimeout(timer));
  shown.addEventListener("focusin", () => clearTimeout(timer));
  shown.addEventListener("pointerleave", () => {
    timer = setTimeout(() => shown.remove(), STAY / 2);
  });
}

document.addEventListener("click", (event) => {
  event.target.closest(".toast [data-dismiss]")?.closest(".toast").remove();
});

for (const shown of document.querySelectorAll("[data-toast]")) stay(shown);

export const failed = () => toast(word("failed"));
