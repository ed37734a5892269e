// Runs before anything is painted, so that the chosen theme never flashes. Without a choice, the system's.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage refused: follow the system
    }
  };
  const theme = read("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const panel = read("panel");
  if (panel === "closed" && innerWidth >= 1100) root.dataset.panel = panel;
})();
