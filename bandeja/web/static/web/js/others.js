// Who else is in a conversation. A page says what its person does every few seconds, and at once when that changes;
// what it hears of others it forgets by itself. Nothing of it is kept anywhere.
import { csrf } from "./csrf.js";

const BEAT = 8000; // milliseconds between two words of somebody who stays
const GAP = 3000; // the least between two words about the same conversation
const STALE = 15000; // after so long without a word somebody has gone
const present = new Map(); // "conversation:agent" → { c, a, doing, until }
let shown = "";
let typed = 0;
let said = { at: 0, doing: "", conversation: "" };
let later = null;

const opened = () => (document.hidden ? "" : (document.querySelector(".thread[data-conversation]")?.dataset.conversation ?? ""));
const doing = () => (Date.now() - typed < BEAT ? "writing" : "viewing");

function say(what, conversation = shown) {
  said = { at: Date.now(), doing: what, conversation };
  const body = new URLSearchParams({ doing: what });
  fetch(`/inbox/${conversation}/presence`, { method: "POST", body, headers: csrf(), keepalive: true }).catch(() => {});
}

// As soon as the last word is old enough; what holds by then is said.
function soon() {
  if (!shown || later) return;
  const wait = said.conversation === shown ? Math.max(0, said.at + GAP - Date.now()) : 0;
  later = setTimeout(() => {
    later = null;
    if (shown) say(doing());
  }, wait);
}

function look() {
  if (opened() === shown) return;
  if (shown) say("gone");
  shown = opened();
  typed = 0;
  soon();
  paint();
}

document.addEventListener("input", ({ target }) => {
  if (target.name !== "text" || !target.closest("form.composer")) return;
  const before = doing();
  typed = target.value.trim() ? Date.now() : 0;
  if (doing() !== before) soon();
});

setInterval(() => {
  if (shown && Date.now() - said.at >= BEAT - 500) say(doing());
}, BEAT);

document.addEventListener("htmx:after:swap", () => {
  look();
  paint();
});
document.addEventListener("visibilitychange", look);
window.addEventListener("pagehide", () => shown && say("gone"));
window.addEventListener("pageshow", look);

document.addEventListener("present", ({ detail }) => {
  const key = `${detail.c}:${detail.a}`;
  const isNew = !present.has(key);
  if (detail.doing === "gone") present.delete(key);
  else present.set(key, { ...detail, until: Date.now() + STALE });
  if (isNew && detail.doing !== "gone" && String(detail.c) === shown) soon(); // who has just come learns who is here
  paint();
});

setInterval(() => {
  for (const [key, { until }] of present) if (until < Date.now()) present.delete(key);
  paint();
}, 1000);

const colleagues = document.getElementById("colleagues");
const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });
const name = (agent) => colleagues.content.querySelector(`[data-agent="${agent}"]`)?.textContent ?? "";

// Those who write come before those who only look.
function sentence(others) {
  const writing = others.filter(({ doing }) => doing === "writing");
  const known = (writing.length ? writing : others).map(({ a }) => name(a)).filter(Boolean);
  if (!known.length) return "";
  const { viewing, allViewing, writing: writes, allWriting } = colleagues.dataset;
  const word = writing.length ? [writes, allWriting] : [viewing, allViewing];
  return word[known.length > 1 ? 1 : 0].replace("{names}", names.format(known));
}

function paint() {
  const rooms = grouped();
  const notice = document.getElementById("present");
  if (notice) write(notice, sentence(rooms.get(shown) ?? []));
  for (const row of document.querySelectorAll(".row")) mark(row, rooms.get(row.dataset.id) ?? []);
}

function grouped() {
  const rooms = new Map();
  for (const each of present.values()) rooms.set(String(each.c), [...(rooms.get(String(each.c)) ?? []), each]);
  return rooms;
}

function mark(row, others) {
  const told = sentence(others);
  const before = row.querySelector(".row-present");
  if (!told) return before?.remove();
  const shown = before ?? colleagues.content.querySelector(".row-present").cloneNode(true);
  shown.classList.toggle("writing", others.some(({ doing }) => doing === "writing"));
  if (shown.title !== told) shown.title = told;
  write(shown.querySelector(".hushed"), told);
  if (!before) row.querySelector(".row-snippet").after(shown);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

look();
