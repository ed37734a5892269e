// Shows a page of our own when there is no connection, and what is pushed. It keeps nothing else: what people see is
// always what the server says now.
const NAME = "{{ name }}";
const OFFLINE = "{{ offline }}";
const KEPT = [OFFLINE{% for path in kept %}, "{{ path }}"{% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((kept) => kept.addAll(KEPT)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(begin()));

async function begin() {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (KEPT.includes(new URL(request.url).pathname)) event.respondWith(fetch(request).catch(() => caches.match(request)));
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

self.addEventListener("push", (event) => event.waitUntil(tell(event.data?.json() ?? {})));

// Who has Bandeja before their eyes sees it there.
async function tell({ title = "Bandeja", body = "", url = "/inbox", tag = "" }) {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.some(({ focused }) => focused)) return;
  await self.registration.showNotification(title, { body, tag, icon: "{{ icon }}", badge: "{{ badge }}", data: { url } });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(url) {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) return self.clients.openWindow(url);
  page.postMessage({ go: url });
  return page.focus();
}
