// Tells the server, at most once a minute, that somebody is doing something here: whoever does nothing for long counts
// as away, as the workspace says. A hidden page that nobody touches tells nothing.
import { csrf } from "./csrf.js";

const EVERY = 60000; // milliseconds
let told = 0;

function tell() {
  const address = document.getElementById("own-menu")?.dataset.seen;
  if (!address || document.hidden || Date.now() - told < EVERY) return;
  told = Date.now();
  fetch(address, { method: "POST", headers: csrf(), keepalive: true }).catch(() => {
    told = 0; // not told: the next doing tells it
  });
}

for (const doing of ["pointerdown", "pointermove", "keydown", "visibilitychange"])
  document.addEventListener(doing, tell, { passive: true });
tell();
