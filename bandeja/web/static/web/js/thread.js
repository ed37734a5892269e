import { jump } from "./pictures.js";
import { filters } from "./turns.js";

// The open thread: it stays at its foot while one is there, stays where one reads otherwise, and the row of the
// list that is open says so. On a phone, focus follows to what is on screen.
let atFoot = true;
let height = 0;
let shown = "";

const timeline = () => document.getElementById("timeline");

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.id !== "timeline") return;
    atFoot = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
    showWay();
    loadEarlier();
  },
  true,
);

// A refresh under way knows nothing of what is loaded meanwhile, and would take it away again.
function loadEarlier() {
  if (!timeline() || timeline().scrollTop >= 160) return;
  if (document.querySelector("#timeline.htmx-request")) return setTimeout(loadEarlier, 100);
  document.querySelector(".earlier:not(.htmx-request)")?.click();
}

document.addEventListener("htmx:before:swap", () => {
  height = timeline()?.scrollHeight ?? 0;
});

document.addEventListener("htmx:after:swap", (event) => {
  settle(event.detail.ctx.sourceElement.matches(".earlier"));
  markCurrent();
});

function settle(earlier) {
  const line = timeline();
  const thread = document.querySelector(".thread[data-conversation]");
  const opened = thread && thread.dataset.conversation !== shown;
  shown = thread?.dataset.conversation ?? "";
  if (!line) return;
  if (opened) follow(thread);
  const sought = opened && document.getElementById(location.hash.slice(1));
  const fresh = opened && document.getElementById("fresh");
  if (sought) jump(sought);
  else if (fresh) show(line, fresh);
  else if (opened || (atFoot && !earlier)) line.scrollTop = line.scrollHeight;
  else if (earlier) join(line);
}

// What was unread begins a third down: what it follows on stands above.
function show(line, fresh) {
  line.scrollTop = fresh.offsetTop - line.offsetTop - line.clientHeight / 3;
  atFoot = line.scrollHeight - line.scrollTop - line.clientHeight < 80;
  showWay();
}

// The way to the latest shows where one reads further up. A refresh tells of no more than MOST messages: for whoever
// reads above them it waits until they go there, or what they read would be taken from under their eyes.
const MOST = 280;
const way = () => document.getElementById("to-last");
const messages = () => timeline()?.querySelectorAll(".said") ?? [];

export const isDeep = () => !atFoot && messages().length > MOST;
export const firstShown = () => (messages().length > MOST ? "" : messages()[0]?.id.slice(1));

export function fallBehind() {
  way()?.setAttribute("data-behind", "");
}

function showWay() {
  if (!way()) return;
  way().hidden = atFoot;
  if (atFoot) way().removeAttribute("data-news");
}

document.addEventListener("click", ({ target }) => {
  const pressed = target.closest("#to-last");
  if (!pressed) return;
  if (pressed.hasAttribute("data-behind")) return void openAnew();
  timeline().scrollTop = timeline().scrollHeight;
  timeline().focus({ preventScroll: true });
});

// Its last part alone, at its foot.
function openAnew() {
  atFoot = true;
  return window.htmx.ajax("GET", `/inbox/${shown}?${filters()}`, "#open");
}

// Something was written below what one reads.
document.addEventListener("heard", () => {
  if (!atFoot) way()?.setAttribute("data-news", "");
});

// The older part ends on the day the newer one begins with: that day keeps one heading. What one was reading stays
// where it was, unless the browser anchored it already.
function join(line) {
  const days = new Set();
  for (const day of line.querySelectorAll(".day")) {
    if (days.has(day.id)) day.remove();
    days.add(day.id);
  }
  if (line.scrollTop < 160) line.scrollTop += line.scrollHeight - height;
}

function follow(thread) {
  atFoot = true;
  if (document.activeElement?.checkVisibility?.() && document.activeElement !== document.body) return;
  thread.querySelector("h1")?.focus({ preventScroll: true });
}

function markCurrent() {
  for (const row of document.querySelectorAll(".row")) {
    const current = row.dataset.id === shown;
    row.classList.toggle("current", current);
    row.querySelector(".row-link").toggleAttribute("aria-current", current);
  }
}

// What stands above the row's link, to have a tooltip, opens the row all the same.
document.addEventListener("click", ({ target }) => {
  if (!target.closest("a, label, input, button")) target.closest(".row")?.querySelector(".row-link").click();
});

// A conversation that one may no longer see leaves the screen.
document.addEventListener("htmx:response:error", ({ detail }) => {
  if (detail.ctx.response.status !== 404 || detail.ctx.place !== "open") return;
  leave();
});

// Marked unread: an open thread is a read one, so it is left at once.
document.addEventListener("left", ({ detail }) => {
  const thread = document.querySelector(".thread[data-conversation]");
  if (!thread || (detail.c !== "many" && !detail.c.includes(Number(thread.dataset.conversation)))) return;
  delete thread.dataset.conversation;
  leave();
});

function leave() {
  const url = `/inbox${location.search}`;
  return window.htmx.ajax("GET", url, { target: "#open", swap: "innerHTML", push: url });
}

settle(false);
markCurrent();
