// What a rule's card does while it is typed: counts the reason, leaves when discarded, and takes the focus to what
// is wrong when a save was refused. All of it works without, only less promptly.
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
  document.querySelector(".add-rule").focus();
});

document.addEventListener("htmx:after:swap", focusWrong);
focusWrong();

function focusWrong() {
  const wrong = document.querySelector(".rule [aria-invalid='true']:not(:disabled)");
  if (wrong && !wrong.closest(".rule").contains(document.activeElement)) wrong.focus();
}
