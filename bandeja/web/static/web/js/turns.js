// The last thing one asked for by hand is what is shown. A refresh that arrives while another thread or list is on its
// way, or that is about what has left the screen, takes nothing's place; neither does an answer that was overtaken.
// A refresh says its `place`, and what it is `about`.
const asked = new Map(); // place → the last request made by hand for it
const missed = new Map(); // place → what the refresh that gave way was about

const SHOWN = {
  open: () => document.querySelector(".thread[data-conversation]")?.dataset.conversation,
  list: () => filters(),
};

// The address without what only a thread asks for: from where its messages begin.
export function filters(search = location.search) {
  const query = new URLSearchParams(search);
  query.delete("from");
  return query.toString();
}

function placesOf(ctx) {
  if (ctx.quiet || ctx.swap === "none") return [];
  return Object.keys(SHOWN).filter((place) => ctx.target?.contains?.(document.getElementById(place) ?? document));
}

function isLate(ctx) {
  const places = placesOf(ctx);
  if (places.length) return places.every((place) => asked.get(place) !== ctx);
  return Boolean(ctx.place) && (asked.has(ctx.place) || ctx.about !== SHOWN[ctx.place]());
}

function giveWay(event) {
  const { ctx } = event.detail;
  if (!isLate(ctx)) return;
  if (ctx.place) missed.set(ctx.place, ctx.about);
  event.preventDefault();
}

document.addEventListener("htmx:before:request", (event) => {
  for (const place of placesOf(event.detail.ctx)) asked.set(place, event.detail.ctx);
  giveWay(event);
});
document.addEventListener("htmx:after:request", giveWay);

// Its answer may have been made before what the refresh was to tell of, or it came to nothing.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  for (const [place, last] of asked) {
    if (last !== ctx) continue;
    asked.delete(place);
    if (missed.has(place)) ring(place === "open" ? [Number(missed.get(place))] : []);
    missed.delete(place);
  }
});

function ring(c) {
  document.dispatchEvent(new CustomEvent("changed", { detail: { c } }));
}
