// Ctrl+K, or Cmd+K: go to a conversation by the name of its contact, to a list or a page, or do what the page offers.
// What the page offers is whatever carries data-key; lists and pages stand in the template; names are asked for.
import { open } from "./dialogs.js";
import { go } from "./places.js";

const dialog = document.getElementById("palette");
const places = document.getElementById("palette-places");
const box = document.getElementById("palette-sought");
const listbox = document.getElementById("palette-found");
const PAUSE = 120; // milliseconds after the last letter until names are asked for
let timer = null;
let asked = 0;
let deeds = new Map(); // option → what it does

const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const matches = (name) => plain(box.value).split(/\s+/).every((word) => plain(name).includes(word));

document.addEventListener("keydown", (event) => {
  if (!dialog || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  else if (!document.querySelector("dialog[open]")) start();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-palette]") && dialog) start();
});

function start() {
  box.value = "";
  show([]);
  open(dialog);
  box.focus();
}

box?.addEventListener("input", () => {
  clearTimeout(timer);
  const turn = ++asked;
  show([]);
  if (box.value.trim()) timer = setTimeout(() => find(turn), PAUSE);
});

async function find(turn) {
  try {
    const answer = await fetch(`${dialog.dataset.finds}?${new URLSearchParams({ q: box.value })}`, { headers: { "HX-Request": "true" } });
    const found = document.createElement("template");
    found.innerHTML = answer.ok && !answer.redirected ? await answer.text() : "";
    if (turn === asked) show([...found.content.querySelectorAll("a")]);
  } catch {
    // no connection: what the page itself offers stands
  }
}

function show(found) {
  deeds = new Map();
  const { here, chosen, found: names, lists, settings, more } = places.dataset;
  const bulk = document.querySelector("#bulk:not([hidden])");
  const part = (name) => [...places.content.querySelectorAll(`[data-part="${name}"] :is(a, button)`)].filter(({ textContent }) => matches(textContent)).map(placed);
  const parts = [
    box.value.trim() ? [names, found.map(placed)] : null,
    bulk ? [chosen, offered(bulk)] : [here, offered(document.querySelector("#open:has(.thread[data-conversation])"))],
    [lists, part("lists")],
    [settings, part("settings")],
    [more, part("more")],
  ];
  listbox.replaceChildren(...parts.filter((each) => each?.[1].length).map(([title, options], at) => group(title, options, at)));
  dialog.querySelector(".palette-none").hidden = deeds.size > 0;
  choose(listbox.querySelector("[role=option]"));
}

// What stands in the page already: its own words, its own key.
function offered(place) {
  return [...(place?.querySelectorAll("[data-key]") ?? [])].map(offer).filter(Boolean);
}

function offer(button) {
  const name = named(button);
  if (!matches(name)) return null;
  const key = document.createElement("kbd");
  key.textContent = button.dataset.key.toUpperCase();
  const icon = button.querySelector("svg") ?? places.content.querySelector("[data-part='deed'] > svg");
  return option([icon.cloneNode(true), name, key], () => press(button));
}

function named(button) {
  const copy = button.cloneNode(true);
  copy.querySelector("kbd")?.remove();
  return button.dataset.name ?? button.getAttribute("aria-label") ?? (button.title.replace(/ \([^)]*\)$/, "") || copy.textContent.trim());
}

function press(button) {
  button.click();
  if (button.matches("details[open] > summary")) button.parentElement.querySelector(".menu-item")?.focus();
}

const placed = (link) => option([...link.cloneNode(true).childNodes], link.href ? () => go(link.getAttribute("href")) : () => doubled(link));

// A button of the template is not in the page: a copy that is does what it says.
function doubled(button) {
  const copy = button.cloneNode(true);
  copy.hidden = true;
  document.body.append(copy);
  copy.click();
  copy.remove();
}

function option(content, deed) {
  const made = document.createElement("div");
  made.className = "palette-option";
  made.setAttribute("role", "option");
  made.id = `palette-${deeds.size}`;
  made.append(...content);
  deeds.set(made, deed);
  return made;
}

function group(title, options, at) {
  const made = document.createElement("div");
  const heading = document.createElement("p");
  heading.id = `palette-part-${at}`;
  heading.textContent = title;
  heading.setAttribute("role", "presentation");
  made.setAttribute("role", "group");
  made.setAttribute("aria-labelledby", heading.id);
  made.append(heading, ...options);
  return made;
}

function choose(option) {
  for (const each of deeds.keys()) each.setAttribute("aria-selected", String(each === option));
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

box?.addEventListener("keydown", (event) => {
  const options = [...deeds.keys()];
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.isComposing) return;
  if (event.key === "ArrowDown") choose(options[(at + 1) % options.length]);
  else if (event.key === "ArrowUp") choose(options.at(at > 0 ? at - 1 : -1));
  else if (event.key === "Enter") act(options[at]);
  else return;
  event.preventDefault();
});

listbox?.addEventListener("click", ({ target }) => act(target.closest("[role=option]")));

function act(option) {
  const deed = deeds.get(option);
  if (!deed) return;
  dialog.close();
  deed();
}
