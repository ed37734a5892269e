// While one types: quick replies after a slash at the beginning of a word, people after an @ in a note. The arrows
// choose, Enter or Tab puts it in, Escape goes on without. The server finds them, and fills them in.
import { announce } from "./words.js";

const SLASH = /(^|\s)\/([^\s/@]{0,40})$/;
const AT = /(^|[^\w@])@([^@\n]{0,40})$/;
const WAIT = 120; // milliseconds that a hand rests between letters
const words = () => document.getElementById("composer-words").dataset;
let asked = 0;
let timer = 0;

const list = (form) => form.querySelector(".suggested");
const shows = (form) => !list(form).hidden;
const chosen = (form) => list(form).querySelector("[aria-selected='true']");
const isNote = (form) => form.querySelector("[name='note']:checked")?.value === "1";

// What is being typed before the caret: where it is asked for, the word, and where it begins.
function sought({ form, text } = {}) {
  const before = text.value.slice(0, text.selectionStart);
  const slash = before.match(SLASH);
  if (slash) return { what: "replies", word: slash[2], from: before.length - slash[2].length - 1 };
  const at = isNote(form) && before.match(AT);
  return at ? { what: "people", word: at[2], from: before.length - at[2].length - 1 } : null;
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("form.composer");
  if (!form || target.name !== "text") return;
  clearTimeout(timer);
  const found = sought({ form, text: target });
  if (!found) return hide(form);
  timer = setTimeout(() => ask(form, found), WAIT);
});

async function ask(form, { what, word }) {
  const turn = ++asked;
  const query = new URLSearchParams({ q: word });
  const answer = await fetch(`/inbox/${form.dataset.conversation}/${what}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (turn !== asked || !answer?.ok || answer.redirected || !sought({ form, text: form.text })) return;
  list(form).innerHTML = await answer.text();
  const count = list(form).childElementCount;
  if (!count) return hide(form);
  list(form).hidden = false;
  mark(form, list(form).firstElementChild);
  announce(count === 1 ? words().oneSuggested : words().suggested.replace("{n}", count));
}

function mark(form, option) {
  chosen(form)?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  form.text.setAttribute("aria-activedescendant", option.id);
}

function hide(form) {
  asked++;
  clearTimeout(timer);
  list(form).hidden = true;
  list(form).replaceChildren();
  form.text.removeAttribute("aria-activedescendant");
}

// Before the composer hears of it: Enter puts the suggestion in, and does not send.
document.addEventListener(
  "keydown",
  (event) => {
    const form = event.target.closest?.("form.composer");
    if (!form || event.target.name !== "text" || !shows(form) || event.isComposing) return;
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(form);
  },
  true,
);

const KEYS = {
  ArrowDown: (form) => mark(form, chosen(form).nextElementSibling ?? list(form).firstElementChild),
  ArrowUp: (form) => mark(form, chosen(form).previousElementSibling ?? list(form).lastElementChild),
  Enter: (form) => put(form, chosen(form)),
  Tab: (form) => put(form, chosen(form)),
  Escape: hide,
};

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".suggested > li");
  if (option) event.preventDefault(); // the box keeps the focus
});

document.addEventListener("click", ({ target }) => {
  const option = target.closest(".suggested > li");
  if (option) put(option.closest("form"), option);
});

document.addEventListener("focusout", ({ target }) => {
  const form = target.closest?.("form.composer");
  if (form && target.name === "text") hide(form);
});

function put(form, option) {
  const box = form.text;
  const found = sought({ form, text: box });
  const puts = option.dataset.puts;
  hide(form);
  if (!found) return;
  box.setRangeText(puts, found.from, box.selectionStart, "end");
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
