// Enter sends, Shift+Enter is a new line; for whoever wants it so, Enter is one too. Ctrl+Enter always sends. What is
// typed is kept in this browser until it is sent, and that it was a note as well; what could not be sent comes back into
// the box with the reason. Each sending has an id of its own: a repeated one writes nothing.
import { files, lift, refused, rising, say, tokens } from "./attaching.js";
import { recall, remember } from "./storage.js";
import { toast } from "./toasts.js";
import { word } from "./words.js";

const draft = (form) => `draft:${form.dataset.conversation}`;
const note = (form) => `draft-note:${form.dataset.conversation}`;
const mode = (form, is) => form.querySelector(`[name="note"][value="${is}"]`);

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing on plain http
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte, at) => ([4, 6, 8, 10].includes(at) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

let last = null; // the composer that was on screen before: another one takes its place when the time to answer ends
const unsent = new Map(); // conversation → what could not be sent after it was left

function restore() {
  const form = document.querySelector("form.composer:not([data-ready])");
  if (!form) return;
  form.dataset.ready = "yes";
  form.text.value = recall(draft(form)) ?? "";
  const wasNote = last?.dataset.conversation === form.dataset.conversation && mode(last, "1").checked;
  if (wasNote || recall(note(form))) mode(form, "1").checked = true;
  last = form;
  for (const back of unsent.get(form.dataset.conversation) ?? []) complete(form, back);
  unsent.delete(form.dataset.conversation);
}

function keep(form) {
  const text = form.text.value.trim() ? form.text.value : "";
  remember(draft(form), text);
  remember(note(form), text && mode(form, "1").checked ? "1" : "");
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("form.composer");
  if (form && ["text", "note"].includes(target.name)) keep(form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.composer");
  if (!form || event.key !== "Enter" || event.shiftKey || event.isComposing || event.target.name !== "text") return;
  if (recall("enter") && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.composer")) return;
  event.preventDefault();
  submit(event.target);
});

// It waits for files that are on their way up; one that was refused has to be taken away first.
function submit(form) {
  if (!form.text.value.trim() && !files(form).length) return;
  const waits = rising(form);
  form.toggleAttribute("data-waits", waits);
  if (waits) say(form, document.getElementById("composer-words").dataset.uploading);
  else if (refused(form)) say(form, document.getElementById("composer-words").dataset.notUp);
  else send(form);
}

document.addEventListener("attached", ({ target }) => {
  if (!target.hasAttribute("data-waits")) return;
  say(target, "");
  if (!rising(target)) submit(target);
});

// Answering a message: its line stands above the box until it is sent or taken away.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-answers]");
  const form = button && document.querySelector(".thread form.composer");
  if (!form) return;
  answer(form, button.dataset.answers, button.dataset.excerpt);
  if (button.dataset.answers) mode(form, "").click();
  form.text.focus();
});

function answer(form, message, excerpt) {
  const line = form.querySelector(".answering");
  form.reply_to.value = message ?? "";
  line.hidden = !message;
  line.querySelector("p").textContent = message ? excerpt : "";
}

async function send(form) {
  const body = contents(form);
  const key = JSON.stringify([body.get("text"), body.getAll("uploads"), body.get("reply_to"), body.get("note")]);
  body.set("client_id", form.dataset.failed === key ? form.dataset.clientId : uuid());
  say(form, "");
  const answered = form.querySelector(".answering p").textContent;
  form.text.value = "";
  keep(form);
  answer(form, "");
  const putBack = lift(form);
  const pending = preview(form, body);
  const name = document.getElementById("thread-name").textContent;
  const error = await post(form.action, body);
  if (error) {
    pending?.remove();
    return giveBack(form, { name, body, key, error, answered, putBack });
  }
  document.dispatchEvent(new CustomEvent("changed", { detail: { c: [Number(form.dataset.conversation)] } }));
}

function contents(form) {
  const body = new FormData(form);
  for (const token of tokens(form)) body.append("uploads", token);
  return body;
}

async function post(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (answer.redirected) return word("signedOut");
    if (answer.ok) return "";
    return answer.status === 422 ? await answer.text() : word(answer.status === 404 ? "gone" : "failed");
  } catch {
    return word("offline");
  }
}

// Whoever has gone on to somebody else is told, and finds it with the reason when they come back.
function giveBack(form, back) {
  const { conversation } = form.dataset;
  const box = document.querySelector(`form.composer[data-conversation="${conversation}"]`);
  const sent = back.body.get("text");
  const since = (box ? box.text.value : recall(draft(form))) ?? "";
  const text = since ? `${sent}\n${since}` : sent;
  if (since) back.key = "";
  remember(draft(form), text);
  if (back.body.get("note")) remember(note(form), "1"); // not for the contact, whatever one writes now
  if (!box) {
    unsent.set(conversation, [...(unsent.get(conversation) ?? []), back]);
    return toast(`${back.name}: ${back.error}`, null, `/inbox/${conversation}`);
  }
  box.text.value = text;
  if (back.body.get("note")) mode(box, "1").checked = true;
  complete(box, back);
  box.text.focus();
}

// All but the text, which is a draft like any other.
function complete(form, { body, key, error, answered, putBack }) {
  putBack(form);
  if (body.get("reply_to")) answer(form, body.get("reply_to"), answered);
  form.dataset.failed = key;
  form.dataset.clientId = body.get("client_id");
  say(form, error);
}

function preview(form, body) {
  const timeline = document.getElementById("timeline");
  const group = document.getElementById("pending")?.content.firstElementChild.cloneNode(true);
  if (!timeline || !group) return null;
  group.className = `group ${body.get("note") ? "note" : "outbound"}`;
  group.querySelector(".words").textContent = body.get("text").trim() || word("sendingFiles");
  timeline.append(group);
  timeline.scrollTop = timeline.scrollHeight;
  return group;
}

document.addEventListener("htmx:after:swap", restore);
restore();
