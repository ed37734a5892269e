// <details class="menu"> closes on Escape, on a press outside, and after a choice inside.
const opened = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("pointerdown", (event) => {
  for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("click", (event) => {
  const item = event.target.closest(".menu-item");
  if (item) item.closest("details.menu")?.removeAttribute("open");
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of opened()) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  }
});

// Arrows go through an open menu, and a letter goes to the next item that begins with it.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu || event.ctrlKey || event.metaKey || event.altKey) return;
  const items = [...menu.querySelectorAll(".menu-sheet :is(.menu-item, a, button)")];
  const next = neighbour(items, items.indexOf(document.activeElement), event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

function neighbour(items, at, key) {
  if (key === "ArrowDown") return items[(at + 1) % items.length];
  if (key === "ArrowUp") return items.at(at > 0 ? at - 1 : -1);
  if (key.length > 1 || key === " ") return null;
  const starts = ({ textContent }) => textContent.trim().toLowerCase().startsWith(key.toLowerCase());
  return [...items.slice(at + 1), ...items.slice(0, at + 1)].find(starts);
}

// What a menu fetches when it opens is not fetched again when it closes.
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, sourceEvent } = event.detail.ctx;
  if (sourceEvent?.type === "toggle" && !sourceElement.open) event.preventDefault();
});

// A refresh must not shut what somebody is reading.
window.htmx?.registerExtension("kept-open", {
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.tagName === "DETAILS"),
});
