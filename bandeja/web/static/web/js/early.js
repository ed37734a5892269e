// What was just drawn is pressed or sent before htmx has seen it: it sees it now, in time for what was done.
const ASKS = "[hx-get], [hx-post], [hx-put], [hx-delete]";

function prepare({ target }) {
  const asking = target.closest?.(ASKS);
  if (asking && !asking.hasAttribute("data-htmx-powered")) window.htmx?.process(asking);
}

document.addEventListener("click", prepare, true);
document.addEventListener("submit", prepare, true);
