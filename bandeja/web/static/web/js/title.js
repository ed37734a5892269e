// The page's title: whom one has open, and before it how many notices wait.
let waiting = "";

function plain() {
  const place = document.querySelector("[data-title]")?.dataset.title;
  if (!place) return document.title.replace(/^\(\d+\+?\) /, "");
  const name = document.getElementById("thread-name")?.textContent;
  return name ? `${name} · ${place}` : place;
}

export function entitle(count = waiting) {
  waiting = count;
  document.title = waiting ? `(${waiting}) ${plain()}` : plain();
}

document.addEventListener("htmx:finally:swap", () => entitle());
