// Dialogs: data-opens="id" opens one that is in the page; a reply swapped into #dialog-content opens the shared one.
// The event `done`, sent by the server with its answer, closes it. Focus goes back by itself: they are native.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  const filler = event.target.closest("[data-fills]");
  if (filler) fill(document.getElementById(filler.dataset.fills), filler.value);
  const dismisses = event.target.closest("dialog [data-dismiss]");
  if (dismisses && !dismisses.closest(".toast")) dismisses.closest("dialog").close();
  if (event.target.matches("dialog[open]") && outside(event) && event.target === pressed) event.target.close();
});

// Everywhere `?` tells the keys, but where one types.
export const TYPED = "input:not([type='checkbox'], [type='radio']), textarea, select";
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches(TYPED) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  open(document.getElementById("keys"));
});

// Text chosen with the mouse may end outside: that is no press there.
let pressed = null;
document.addEventListener("pointerdown", (event) => {
  pressed = outside(event) ? event.target : null;
});

document.addEventListener("htmx:after:swap", () => {
  const dialog = document.getElementById("dialog");
  if (dialog && !dialog.open && document.getElementById("dialog-content").childElementCount) open(dialog);
});

document.addEventListener("done", () => document.getElementById("dialog")?.close());

document.addEventListener(
  "close",
  (event) => {
    if (event.target.id === "dialog") document.getElementById("dialog-content").replaceChildren();
    carry();
  },
  true,
);

export function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  carry();
  dialog.querySelector("[autofocus], [aria-invalid='true']")?.focus();
}

// What is said while a dialog is open is said inside it: all else lies under its backdrop, and is silent.
function carry() {
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  for (const said of ["toasts", "announcer"].map((id) => document.getElementById(id)))
    if (said && said.parentElement !== top) top.append(said);
}

// A suggestion becomes what the field says, to be changed or sent with Enter.
function fill(field, text) {
  field.value = text;
  field.focus();
}

function outside({ target, clientX, clientY }) {
  const { left, right, top, bottom } = target.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
