// What a rule's card does while it is typed: counts the reason, leaves when discarded, and takes the focus to what
// there is to see once it was swapped. All of it works without, only less promptly.
document.addEventListener("input", ({ target }) => {
  const counter = document.querySelector(`[data-counts="${CSS.escape(target.id)}"]`);
  if (counter) count(counter, [...target.value.trim()].length, Number(target.dataset.most));
});

function count(counter, length, most) {
  counter.querySelector("output > span").textContent = length;
  counter.classList.toggle("over", length > most);
}

document.addEventListener("click", (event) => {
  const discard = event.target.closest("[data-discard]");
  if (!discard) return;
  event.preventDefault();
  discard.closest(".rule").remove();
  focusAdd();
});

document.addEventListener("input", ({ target }) => {
  const outdated = target.closest("form.rule")?.querySelector(".outdated");
  if (outdated && !["reason", "name", "active"].includes(target.name)) outdated.hidden = false;
});

document.addEventListener("htmx:after:swap", () => {
  const seen = document.querySelector(".hindsight[data-looked]");
  if (!seen) return;
  delete seen.dataset.looked;
  seen.querySelector("h3").focus();
});

document.addEventListener("htmx:after:swap", () => {
  const card = document.querySelector(".rule[data-arrived]");
  if (!card) return;
  delete card.dataset.arrived;
  (wrong(card) ?? card.querySelector("[autofocus]") ?? card.querySelector("h2")).focus();
});

document.addEventListener("done", () => setTimeout(focusAdd));

function wrong(place) {
  return place.querySelector(".versions, [aria-invalid='true']:not(:disabled)");
}

function focusAdd() {
  [...document.querySelectorAll(".add-rule")].find((link) => link.checkVisibility())?.focus();
}

(wrong(document) ?? document.querySelector(".hindsight[data-looked] > h3"))?.focus();
