// The doorbell. The stream says what changed; the page asks for it by the ordinary address. The stream begins with
// what was said since the page was made, or since it broke; where that is not known any more, it says so, and the page
// asks for everything. While there is no stream it asks anyway.
import { refreshList } from "./listing.js";
import { fallBehind, firstShown, isDeep } from "./thread.js";
import { announce } from "./words.js";

const POLL = 15000;
const GATHER = 120; // milliseconds: a burst of rings is one refresh
const meta = document.querySelector('meta[name="stream"]');
let source = null;
let since = meta?.dataset.since ?? ""; // up to which instant everything was told
let wait = 1000;
let poll = null;
let asked = null;

function connect(token) {
  source?.close();
  source = new EventSource(`/events?${new URLSearchParams({ token, since })}`);
  source.addEventListener("open", up);
  on("changed", ({ c, read }) => {
    remember(c, read);
    ask(read && !showsUnread() ? [] : c);
  });
  for (const word of ["present", "notified"]) on(word, (detail) => document.dispatchEvent(new CustomEvent(word, { detail })));
  on("resync", () => {
    ask("many");
    document.dispatchEvent(new CustomEvent("notified"));
  });
  source.addEventListener("error", down);
}

function on(event, act) {
  source.addEventListener(event, ({ data, lastEventId }) => {
    since = lastEventId || since;
    act(JSON.parse(data));
  });
}

function up() {
  wait = 1000;
  clearInterval(poll);
  poll = null;
  paint();
}

function down() {
  poll ??= setInterval(() => ask("many"), POLL);
  paint();
  if (source.readyState !== EventSource.CLOSED) return; // the browser is trying again by itself
  setTimeout(renew, wait);
  wait = Math.min(wait * 2, 60000);
}

async function renew() {
  try {
    const answer = await fetch(meta.dataset.renew, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload(); // signed out meanwhile
    connect((await answer.json()).token);
  } catch {
    setTimeout(renew, wait);
  }
}

// A browser opens six streams to one server, and then waits: a page without a list keeps none while nobody looks.
document.addEventListener("visibilitychange", () => {
  if (!meta || document.getElementById("list")) return;
  if (document.hidden) source?.close();
  else renew();
});

function paint() {
  const offline = document.getElementById("offline");
  if (offline) offline.hidden = navigator.onLine;
}

let pending = null;

const FRESH = 10000;
const rung = new Map(); // conversation, or "many" → when the bell last rang for it
const readOf = new Map(); // the same, of when it only told that somebody has read

function remember(changed, read) {
  const now = Date.now();
  for (const known of [rung, readOf]) for (const [id, at] of known) if (now - at > FRESH) known.delete(id);
  for (const id of changed === "many" ? ["many"] : changed) (read ? readOf : rung).set(id, now);
}

// That somebody has read changes nothing in a thread that shows nothing unread: mostly it is who opens it now.
const showsUnread = () => Boolean(document.querySelector(".thread[data-unread]"));

// A thread that was being fetched while its bell rang may show what was before.
function askAgain(conversation) {
  const known = showsUnread() ? [rung, readOf] : [rung];
  if (known.some((each) => each.has("many") || each.has(conversation))) ask([conversation]);
}

export function ask(changed) {
  pending = pending === "many" || changed === "many" ? "many" : [...(pending ?? []), ...changed];
  asked ??= setTimeout(answer, GATHER);
}

async function answer() {
  const changed = pending;
  pending = asked = null;
  away ||= document.hidden;
  document.dispatchEvent(new Event("rung"));
  await Promise.allSettled([refreshList(), refreshThread(changed)]);
}

let away = false; // something came while nobody looked
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !away) return;
  away = false;
  ask("many");
});

let looked = {}; // the last message that somebody had before them, and of which conversation
function look() {
  const { conversation, last } = document.querySelector(".thread[data-conversation]")?.dataset ?? {};
  if (!document.hidden) looked = { conversation, last };
}
document.addEventListener("htmx:after:swap", look);
look();

function refreshThread(changed) {
  const thread = document.querySelector(".thread[data-conversation]");
  if (!thread || (changed !== "many" && !changed.includes(Number(thread.dataset.conversation)))) return null;
  if (isDeep()) return fallBehind();
  if (document.querySelector(".earlier.htmx-request")) return setTimeout(() => ask(changed), GATHER);
  const query = new URLSearchParams(location.search);
  const from = firstShown() || thread.dataset.from;
  if (from) query.set("from", from);
  if (thread.dataset.fresh) query.set("fresh", thread.dataset.fresh);
  if (document.hidden) query.set("unseen", "1"); // nobody is looking: it stays unread
  const { conversation } = thread.dataset;
  if (looked.conversation === conversation) query.set("last", looked.last); // marked unread since, it stays so
  const source = document.getElementById("timeline"); // a queue of its own: whoever opens another thread waits for none
  return window.htmx.ajax("GET", `/inbox/${conversation}?${query}`, { target: "#open", swap: "innerMorph", source, quiet: true, place: "open", about: conversation });
}

document.addEventListener("changed", ({ detail }) => ask(detail?.c ?? "many"));
window.addEventListener("online", () => ask("many"));
window.addEventListener("offline", paint);
document.addEventListener("htmx:after:swap", () => {
  const said = document.querySelector(".thread[data-last]");
  if (!said) return;
  const conversation = Number(said.dataset.conversation);
  if (heard.conversation !== said.dataset.conversation) askAgain(conversation);
  else if (showsUnread() && readOf.delete(conversation)) ask([conversation]); // read while this was being fetched
  if (heard.conversation === said.dataset.conversation) tell(said.dataset);
  heard = { ...said.dataset };
});

// Said to those who listen instead of looking: the contact wrote, or the conversation closed under one's hands.
function tell({ last, news, state, closing }) {
  if (state === "closed" && heard.state === "open") return announce(closing);
  if (!last || last === heard.last) return;
  announce(news);
  document.dispatchEvent(new Event("heard"));
}
let heard = {};

if (meta) connect(meta.content);
