// Going somewhere: within the inbox without a reload, as its own links do.
export function go(address) {
  const { pathname, search } = new URL(address, location.href);
  const thread = /^\/inbox\/\d+$/.test(pathname);
  if (thread && document.getElementById("open")) return openThread(`${pathname}${search || location.search}`);
  if (pathname === "/inbox" && document.getElementById("list")) return showList(search);
  location.assign(address);
}

async function openThread(address) {
  await window.htmx.ajax("GET", address, { target: "#open", swap: "innerHTML", push: address });
  document.getElementById("thread-name")?.focus({ preventScroll: true });
}

export function fetchList(search) {
  document.getElementById("q").value = new URLSearchParams(search).get("q") ?? "";
  return window.htmx.ajax("GET", `/inbox/list${search}`, { target: "#list", swap: "innerMorph" });
}

async function showList(search) {
  await fetchList(search);
  document.querySelector(".row-link")?.focus({ preventScroll: true });
}
