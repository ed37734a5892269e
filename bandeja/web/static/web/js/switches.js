// The theme, whether the contact panel shows, and whether Enter sends: kept in this browser.
import { recall, remember } from "./storage.js";

const root = document.documentElement;
const wide = matchMedia("(width >= 1100px)");

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
  if (choice) choose(choice);
  if (event.target.closest("[data-enter-choice]")) {
    remember("enter", recall("enter") ? "" : "newline");
    tell();
  }
  if (event.target.closest("[data-panel-switch]")) switchPanel();
});

// Where it covers the thread, whoever opens it goes into it, and back to where it was opened.
function switchPanel() {
  showPanel(!panelShows());
  if (wide.matches) return;
  const opener = ".thread-head details:has([data-panel-switch]) > summary";
  document.querySelector(panelShows() ? ".panel-close" : opener)?.focus();
}

function choose(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  remember("theme", theme === "system" ? "" : theme);
  tell();
}

function tell() {
  const theme = recall("theme") ?? "system";
  for (const item of document.querySelectorAll("[data-theme-choice]"))
    item.setAttribute("aria-pressed", String(item.dataset.themeChoice === theme));
  for (const item of document.querySelectorAll("[data-enter-choice]"))
    item.setAttribute("aria-pressed", String(!recall("enter")));
}

const panelShows = () => (wide.matches ? root.dataset.panel !== "closed" : root.dataset.panel === "open");

export function showPanel(shows) {
  root.dataset.panel = shows ? "open" : "closed";
  if (wide.matches) remember("panel", shows ? "" : "closed");
  paintPanel();
}

function paintPanel() {
  for (const button of document.querySelectorAll("[data-panel-switch][aria-pressed]"))
    button.setAttribute("aria-pressed", String(panelShows()));
}

wide.addEventListener("change", () => {
  if (wide.matches && recall("panel") !== "closed") delete root.dataset.panel;
  else root.dataset.panel = "closed";
  paintPanel();
});

document.addEventListener("htmx:after:swap", () => {
  paintPanel();
  tell();
});
paintPanel();
tell();
