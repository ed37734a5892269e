// Turning on pushes for this browser, and off again. It is known to the server by the address of its subscription.
import { csrf } from "../web/js/csrf.js";

const place = document.getElementById("devices");
const on = document.getElementById("device-on");
const said = document.getElementById("device-said");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(text) {
  said.hidden = !text;
  said.textContent = text ?? "";
}

async function paint() {
  if (!able) return say(place.dataset.unable);
  if (Notification.permission === "denied") return say(place.dataset.denied);
  const mine = await subscription();
  const listed = [...place.querySelectorAll("[data-endpoint]")].find(({ dataset }) => dataset.endpoint === mine?.endpoint);
  if (listed) listed.querySelector("[data-this]").hidden = false;
  on.hidden = Boolean(listed);
}

async function subscription() {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return worker?.pushManager.getSubscription();
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return say(place.dataset.denied);
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe(); // perhaps it was made with another key
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(place.dataset.key) });
  const { endpoint, keys } = made.toJSON();
  const answer = await fetch("/notifications/devices", { method: "POST", headers: csrf(), body: new URLSearchParams({ endpoint, ...keys }) });
  if (!answer.ok) throw new Error(answer.statusText);
  location.reload();
}

on.addEventListener("click", async () => {
  say("");
  on.disabled = true;
  await turnOn().catch(() => say(place.dataset.failed));
  on.disabled = false;
});

place.addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = able ? await subscription() : null;
  if (mine?.endpoint === event.target.closest("[data-endpoint]").dataset.endpoint) await mine.unsubscribe();
  event.target.submit();
});

paint();
