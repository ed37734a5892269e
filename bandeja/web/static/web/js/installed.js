// The service worker: a page for when there is no connection, and pushes. A press on one of those opens what it is about.
import { go } from "./places.js";

navigator.serviceWorker?.addEventListener("message", ({ data }) => data.go && go(data.go));
window.addEventListener("load", () => navigator.serviceWorker?.register("/sw.js").catch(() => {}));
