// A picture opens at its full size over the page; with a key held, in a tab of its own like any link. A quoted message
// is jumped to where it is on screen; where it is not, the link brings it.
import { open } from "./dialogs.js";

const dialog = document.getElementById("picture");

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const picture = event.target.closest("[data-enlarges]");
  if (picture && dialog) {
    event.preventDefault();
    enlarge(picture);
  }
  const quote = event.target.closest("[data-jumps]");
  const said = quote && document.getElementById(quote.dataset.jumps);
  if (said) {
    event.preventDefault();
    jump(said);
  }
});

function enlarge(picture) {
  const small = picture.querySelector("img");
  const whole = dialog.querySelector("img");
  whole.src = picture.href;
  whole.alt = small.alt;
  dialog.querySelector("a").href = picture.href;
  open(dialog);
}

dialog?.addEventListener("close", () => dialog.querySelector("img").removeAttribute("src"));

export function jump(said) {
  said.scrollIntoView({ block: "center" });
  said.classList.add("found");
  setTimeout(() => said.classList.remove("found"), 1600);
}
