// The bell: what one is told of. The stream says that there is something; what it is, is asked for by its address.
// The title counts what waits. A sound is made once, by one of the pages, and not for what is on the screen already.
import { csrf } from "./csrf.js";
import { forget, recall, remember } from "./storage.js";
import { entitle } from "./title.js";
import { announce } from "./words.js";

const bell = document.getElementById("bell");
const GATHER = 150; // milliseconds
let timer = null;

document.addEventListener("notified", ask);
bell?.addEventListener("toggle", () => bell.open && ask());

function ask() {
  if (!bell) return;
  timer ??= setTimeout(async () => {
    timer = null;
    await window.htmx.ajax("GET", "/notifications", { target: "#bell-sheet", swap: "innerMorph", source: bell });
    tell(bell.querySelector(".bell-head")?.dataset);
  }, GATHER);
}

function tell(told) {
  if (!told) return;
  count(told.count);
  if (!told.at || told.at <= (recall("told") ?? "")) return readHere();
  remember("told", told.at);
  if (isShown(told.about)) return readHere();
  if (told.heard) chime();
  announce(told.said);
}

function count(text) {
  const shown = document.getElementById("bell-count");
  shown.textContent = text;
  shown.hidden = !text;
  badge(text);
}

function badge(text) {
  entitle(text);
  if (text) navigator.setAppBadge?.(Number.parseInt(text, 10)).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

const shown = () => (document.hidden ? null : document.querySelector(".thread[data-conversation]")?.dataset.conversation);
const isShown = (conversation) => Boolean(conversation) && shown() === conversation;

// What is on the screen has been seen.
function readHere() {
  const conversation = shown();
  if (!conversation || !bell?.querySelector(`[data-waits="${conversation}"]`)) return;
  fetch("/notifications/read", { method: "POST", headers: csrf(), body: new URLSearchParams({ conversation }) }).then(
    ({ ok }) => ok && ask(), // a refused one would be asked again without end
    () => {},
  );
}

document.addEventListener("htmx:after:swap", ({ target }) => {
  if (!bell?.contains(target)) readHere();
});
document.addEventListener("visibilitychange", readHere);

// Two soft tones; a browser that has heard no press yet plays nothing.
function chime() {
  const audio = new AudioContext();
  [659, 880].forEach((pitch, turn) => {
    const [tone, loudness] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + turn * 0.12;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, at);
    loudness.gain.exponentialRampToValueAtTime(0.12, at + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.45);
  });
  setTimeout(() => audio.close(), 1500);
}

// Whoever signs out is told nothing more on this device, and leaves no unsent words to who comes next.
document.addEventListener("submit", (event) => {
  if (!event.target.action.endsWith("/accounts/logout/") || event.target.dataset.left) return;
  event.preventDefault();
  event.target.dataset.left = "yes";
  forget("draft:");
  remember("told", "");
  Promise.race([turnOff(), new Promise((done) => setTimeout(done, 1500))]).finally(() => event.target.submit());
});

async function turnOff() {
  const worker = await navigator.serviceWorker?.getRegistration("/");
  const mine = await worker?.pushManager?.getSubscription();
  if (!mine) return;
  await fetch(`/notifications/devices?${new URLSearchParams({ endpoint: mine.endpoint })}`, { method: "DELETE", headers: csrf() });
  await mine.unsubscribe();
}

const waiting = document.getElementById("bell-count")?.textContent;
if (waiting) {
  badge(waiting);
  ask();
}
