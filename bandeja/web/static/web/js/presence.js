// Tells the server, at most once a minute, that somebody is doing something here: whoever does nothing for long counts
// as away, as the workspace says. A hidden page that nobody touches tells nothing, nor one that follows on another.
import { csrf } from "./csrf.js";
import { recall, remember } from "./storage.js";

const EVERY = 60000; // milliseconds
const { seen: address, agent } = document.getElementById("own-menu")?.dataset ?? {};
const key = `seen:${agent}`;
let told = Number(recall(key));

function tell() {
  if (!address || document.hidden || Math.abs(Date.now() - told) < EVERY) return;
  told = Date.now();
  remember(key, String(told));
  fetch(address, { method: "POST", headers: csrf(), keepalive: true }).catch(() => {
    told = 0; // not told: the next doing tells it
    remember(key, "");
  });
}

for (const doing of ["pointerdown", "pointermove", "keydown", "visibilitychange"])
  document.addEventListener(doing, tell, { passive: true });
tell();
