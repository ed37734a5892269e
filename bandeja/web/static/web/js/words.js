// Words that scripts say, translated by the page: <template id="words" data-failed="…">.
export const word = (name) => document.getElementById("words")?.dataset[name] ?? "";

// Says something to those who listen instead of looking. The same words again are only heard if they were gone between.
let saying = null;
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (!announcer) return;
  announcer.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => (announcer.textContent = text), 50);
}
