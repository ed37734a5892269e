// Times that stay true while the page is open. The browser only subtracts instants the server gave it:
// `data-now` is the server's clock when it drew the page, so a wrong clock on this machine changes nothing.
import { word } from "./words.js";

const root = document.documentElement;
const zone = root.dataset.zone;
const dates = (options) => new Intl.DateTimeFormat(root.lang, { timeZone: zone, ...options });
const HOUR = dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = dates({ year: "numeric", month: "2-digit", day: "2-digit" });
const WEEKDAY = dates({ weekday: "short" });
const DATE = dates({ day: "numeric", month: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(root.lang, { style: "short", numeric: "always" });

let latest = 0;
let offset = 0;

export const now = () => Date.now() + offset;

function setByServer() {
  const seen = Math.max(0, ...[...document.querySelectorAll("[data-now]")].map(({ dataset }) => Date.parse(dataset.now)));
  if (seen <= latest) return;
  latest = seen;
  offset = seen - Date.now();
}

export function remaining(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

export function coarse(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]])
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${seconds} s`;
}

export function calm(milliseconds) {
  if (milliseconds >= 3600000) return remaining(milliseconds);
  return milliseconds >= 60000 ? `${Math.floor(milliseconds / 60000)} min` : "< 1 min";
}

export function short(at) {
  const minutes = Math.floor((now() - at) / 60000);
  if (minutes < 1) return word("moment");
  if (minutes < 60) return RELATIVE.format(-minutes, "minute");
  const day = DAY.format(at);
  if (day === DAY.format(now())) return HOUR.format(at);
  if (day === DAY.format(now() - 86400000)) return word("yesterday");
  if (now() - at < 6 * 86400000) return WEEKDAY.format(at);
  return null; // dates do not change: what the server wrote stands
}

const write = (element, text) => {
  if (text !== null && element.textContent !== text) element.textContent = text;
};

function tick() {
  for (const element of document.querySelectorAll("[data-deadline]")) count(element);
}

const URGENT = 5 * 60000;
const STYLES = { coarse, calm };
const over = new Set(); // deadlines whose end was told

function count(element) {
  const left = Date.parse(element.dataset.deadline) - now();
  write(element.querySelector("[data-left]") ?? element, (STYLES[element.dataset.style] ?? remaining)(left));
  if (element.dataset.from) element.hidden = now() < Date.parse(element.dataset.from);
  if (element.dataset.style !== "calm") element.closest("[data-urgent-within], .chip")?.classList.toggle("urgent", left < urgency(element));
  if (left <= 0 && !over.has(element.dataset.deadline)) {
    over.add(element.dataset.deadline); // told once: what is drawn anew may still wait for the sweep
    setTimeout(() => document.dispatchEvent(new CustomEvent("changed", { detail: { c: "many" } })), 1500);
  }
}

// Amber in the last five minutes, or in the last quarter of a short rule's time.
const urgency = (element) => Math.min(URGENT, Number(element.dataset.quarter ?? URGENT));

function age() {
  for (const element of document.querySelectorAll("time[data-ago]")) write(element, short(Date.parse(element.dateTime)));
}

export function refresh() {
  setByServer();
  tick();
  age();
}

document.addEventListener("htmx:after:swap", refresh);
document.addEventListener("visibilitychange", refresh);
setInterval(tick, 1000);
setInterval(age, 20000);
refresh();
