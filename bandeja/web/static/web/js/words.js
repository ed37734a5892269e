// Words that scripts say, translated by the page: <template id="words" data-failed="…">.
export const word = (name) => document.getElementById("words")?.dataset[name] ?? "";

// Says something to those who listen instead of looking.
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}
