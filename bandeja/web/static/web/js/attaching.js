// Files for a message: chosen, dropped or pasted, they go up at once, each with its progress; the server answers with
// a token that goes along with the message, or says in a sentence why not. A form with data-attaches takes files.
import { csrf } from "./csrf.js";
import { announce, word } from "./words.js";

const own = (name) => document.getElementById("composer-words")?.dataset[name] ?? "";
const composer = (target) => target.closest?.("form.composer[data-attaches]");
const place = (form) => form.querySelector(".attached");
const sizes = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
const size = (bytes) => (bytes >= 1048576 ? `${sizes.format(bytes / 1048576)} MB` : `${sizes.format(bytes / 1024)} KB`);

export const files = (form) => [...place(form).children];
export const tokens = (form) => files(form).map(({ dataset }) => dataset.token).filter(Boolean);
export const rising = (form) => files(form).some(({ dataset }) => !dataset.token && !dataset.refused);
export const refused = (form) => files(form).some(({ dataset }) => dataset.refused);

// Takes the files away from a form; what it answers puts them back, into the one that is on screen by then.
export function lift(form) {
  const taken = files(form);
  place(form).replaceChildren();
  show(form);
  return (into) => {
    place(into).prepend(...taken);
    show(into);
  };
}

function show(form) {
  place(form).hidden = !place(form).childElementCount;
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-attach]")) composer(target)?.querySelector("input[type='file']").click();
  const line = target.closest("[data-detach]")?.closest("li");
  if (!line) return;
  const form = composer(line);
  line.request?.abort();
  line.remove();
  show(form);
  form.text.focus();
  told(form);
});

document.addEventListener("change", ({ target }) => {
  const form = target.type === "file" && composer(target);
  if (!form) return;
  attach(form, target.files);
  target.value = "";
});

document.addEventListener("paste", (event) => {
  const form = composer(event.target);
  if (!form || !event.clipboardData?.files.length) return;
  event.preventDefault();
  attach(form, event.clipboardData.files);
});

// Anywhere over the thread will do.
const dropped = (event) =>
  event.dataTransfer?.types.includes("Files") ? document.querySelector(".thread form.composer[data-attaches]") : null;

document.addEventListener("dragover", (event) => {
  const form = dropped(event);
  if (!form) return;
  event.preventDefault();
  form.classList.add("dragged");
});

document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) settle();
});

document.addEventListener("drop", (event) => {
  const form = dropped(event);
  settle();
  if (!form) return;
  event.preventDefault();
  attach(form, event.dataTransfer.files);
});

function settle() {
  document.querySelector("form.composer.dragged")?.classList.remove("dragged");
}

export function attach(form, chosen, voice = false) {
  for (const file of chosen) place(form).append(rise(form, file, voice));
  show(form);
  form.text.focus();
}

function rise(form, file, voice) {
  const line = document.getElementById("attached").content.firstElementChild.cloneNode(true);
  line.querySelector("b").textContent = file.name;
  line.querySelector(".meta").textContent = size(file.size);
  if (file.type.startsWith("image/")) picture(line, URL.createObjectURL(file));
  const body = new FormData();
  body.set("conversation", form.dataset.conversation);
  if (voice) body.set("voice", "on");
  body.set("file", file, file.name);
  const request = new XMLHttpRequest(); // fetch does not tell how much has gone up
  line.request = request;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    line.querySelector("progress").value = (100 * loaded) / total;
  });
  request.addEventListener("load", () => arrived(form, line, request));
  request.addEventListener("error", () => refuse(form, line, word("offline")));
  request.open("POST", form.dataset.attaches);
  for (const [name, value] of Object.entries(csrf())) request.setRequestHeader(name, value);
  request.send(body);
  return line;
}

function picture(line, address) {
  const shown = line.querySelector("img");
  shown.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  shown.addEventListener("error", () => (shown.hidden = true), { once: true });
  shown.src = address;
  shown.hidden = false;
}

function arrived(form, line, request) {
  const answer = parsed(request.responseText);
  if (request.status !== 201) return refuse(form, line, answer?.error ?? own("notUp"));
  line.dataset.token = answer.token;
  line.querySelector("progress").remove();
  told(form);
}

function refuse(form, line, why) {
  line.dataset.refused = "yes";
  line.querySelector("progress")?.remove();
  line.querySelector(".meta").textContent = why;
  announce(why);
  told(form);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// What is wrong is said below the box; nothing takes it away again.
export function say(form, error) {
  const line = form.querySelector(".error");
  line.hidden = !error;
  line.querySelector("span").textContent = error;
}

// Whoever waits to send hears when a file has come, or is out of the way.
function told(form) {
  form.dispatchEvent(new CustomEvent("attached", { bubbles: true }));
}
