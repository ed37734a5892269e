/* Bandeja web chat: <script src="https://HOST/widget.js" data-account="web_…" async></script>
   Optional: data-name, data-email, data-language. Text only ever becomes text nodes; nothing here writes HTML. */
(() => {
  const script = document.currentScript;
  const { account, name, email, language } = script?.dataset ?? {};
  if (!account || window.bandejaWebChat) return;
  window.bandejaWebChat = true;

  const LIMIT = 60_000; // bytes; the server takes 64 KB with everything around the text
  const STRINGS = {
    es: {
      open: "Abrir chat", close: "Cerrar chat", unread: "sin leer", write: "Escribe un mensaje", send: "Enviar",
      hello: "¡Hola! ¿En qué te ayudamos?", team: "Equipo", you: "Tú", sending: "Enviando…", refused: "No se envió",
      offline: "Sin conexión. Tu mensaje se enviará cuando vuelva.", long: "El mensaje es demasiado largo.",
      gone: "Este chat no está disponible ahora. Guardamos tu mensaje en este dispositivo.",
    },
    en: {
      open: "Open chat", close: "Close chat", unread: "unread", write: "Write a message", send: "Send",
      hello: "Hello! How can we help?", team: "Team", you: "You", sending: "Sending…", refused: "Not sent",
      offline: "No connection. Your message will be sent when it is back.", long: "The message is too long.",
      gone: "This chat is not available now. Your message is kept on this device.",
    },
    pt: {
      open: "Abrir chat", close: "Fechar chat", unread: "não lidas", write: "Escreva uma mensagem", send: "Enviar",
      hello: "Olá! Como podemos ajudar?", team: "Equipe", you: "Você", sending: "Enviando…", refused: "Não enviada",
      offline: "Sem conexão. Sua mensagem será enviada quando ela voltar.", long: "A mensagem é longa demais.",
      gone: "Este chat não está disponível agora. Guardamos sua mensagem neste dispositivo.",
    },
  };
  const CSS = `
    :host { all: initial; --fill: #2f5bd7; --on: #fff; --ground: #fff; --text: #1d2230; --muted: #5c6375; --line: #e2e4ea; --tint: #f0f1f5; }
    @media (prefers-color-scheme: dark) {
      :host { --ground: #1b1d24; --text: #eceef3; --muted: #a3a9b8; --line: #343842; --tint: #292c35; color-scheme: dark; }
    }
    * { box-sizing: border-box; margin: 0; font: 400 15px/1.45 system-ui, sans-serif; letter-spacing: normal; }
    [hidden] { display: none !important; }
    button { border: 0; background: none; color: inherit; cursor: pointer; padding: 0; }
    svg { display: block; width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
    :focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
    .bubble { position: fixed; z-index: 2147483000; inset: auto max(20px, env(safe-area-inset-right)) max(20px, env(safe-area-inset-bottom)) auto; width: 56px; height: 56px;
      display: grid; place-items: center; border-radius: 50%; background: var(--fill); color: var(--on); box-shadow: 0 4px 16px #0004; }
    .bubble:focus-visible { outline-color: var(--text); }
    .badge { position: absolute; top: -4px; right: -4px; min-width: 22px; padding: 0 6px; border-radius: 11px; background: #c4262e; color: #fff; font-size: 13px; font-weight: 600; line-height: 22px; }
    dialog { position: fixed; z-index: 2147483000; inset: auto 20px 88px auto; width: 376px; height: min(620px, 100dvh - 108px);
      max-width: none; max-height: none; padding: 0; border: 1px solid var(--line); border-radius: 14px; overflow: hidden;
      background: var(--ground); color: var(--text); box-shadow: 0 12px 40px #0004; }
    dialog[open] { display: flex; flex-direction: column; }
    .head { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 16px; background: var(--fill); color: var(--on); }
    h2 { flex: 1; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .head button, form button { width: 44px; height: 44px; display: grid; place-items: center; border-radius: 8px; }
    .head :focus-visible { outline-color: currentColor; outline-offset: -4px; }
    .log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; gap: 8px; }
    .log > :first-child { margin-top: auto; }
    .m { max-width: 84%; padding: 8px 12px; border-radius: 14px; background: var(--tint); align-self: flex-start; border-bottom-left-radius: 4px; }
    .m.visitor { align-self: flex-end; background: var(--fill); color: var(--on); border-radius: 14px 14px 4px; }
    .m p { white-space: pre-wrap; overflow-wrap: anywhere; }
    .m a { color: inherit; }
    .m small { display: block; font-size: 12px; color: var(--muted); }
    .m.visitor small { color: inherit; text-align: end; }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .state { padding: 0 16px 8px; color: var(--muted); font-size: 13px; }
    .state:empty { padding: 0; }
    form { display: flex; align-items: end; gap: 4px; padding: 8px; border-top: 1px solid var(--line); padding-bottom: max(8px, env(safe-area-inset-bottom)); }
    textarea { flex: 1; min-height: 44px; max-height: 140px; padding: 10px 12px; field-sizing: content; resize: none; border: 1px solid var(--muted); border-radius: 10px; background: var(--ground); color: var(--text); font-size: 16px; }
    textarea::placeholder { color: var(--muted); opacity: 1; }
    textarea:focus-visible { outline-offset: -2px; }
    form button { color: var(--text); }
    @media (max-width: 480px) { dialog { inset: var(--top, 0) 0 auto; width: 100%; height: var(--height, 100dvh); border: 0; border-radius: 0; } }
  `;

  // What this browser keeps: its token, what it wrote that is not in the history yet, the last message seen.
  let kept = { queue: [], seen: 0 };
  const shelf = `bandeja:${account}`;
  const recall = () => {
    try {
      kept = { ...kept, ...JSON.parse(localStorage.getItem(shelf)) };
    } catch {} // no storage here: the page remembers for as long as it is open
    return kept;
  };
  const keep = (news) => {
    kept = { ...recall(), ...news };
    try {
      localStorage.setItem(shelf, JSON.stringify(kept));
    } catch {}
  };
  const uuid = () =>
    crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("-");

  const call = async (path, options) => {
    const answer = await fetch(new URL(path, script.src), { credentials: "omit", cache: "no-store", ...options });
    if (answer.ok) return answer.json();
    throw Object.assign(new Error(path), { status: answer.status, wait: Number(answer.headers.get("retry-after")) });
  };
  const bearer = () => ({ authorization: `Bearer ${kept.token}` });

  const make = (tag, traits = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), traits);
    node.append(...inside);
    return node;
  };
  const icon = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(svg.namespaceURI, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };
  const linked = (text) =>
    text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)])/).map((part, at) =>
      at % 2 ? make("a", { href: part, textContent: part, target: "_blank", rel: "noopener noreferrer nofollow" }) : part,
    );

  let words, lang, stream, timer, sending, pause = 1000, last = 0;
  const rows = new Map();
  const badge = make("span", { className: "badge", hidden: true, ariaHidden: "true" });
  const bubble = make("button", { className: "bubble", type: "button", ariaExpanded: "false", ariaHasPopup: "dialog" });
  bubble.append(icon("M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3 21l2-5.8A8.4 8.4 0 1 1 21 11.5z"), badge);
  const title = make("h2", { id: "title" });
  const shut = make("button", { type: "button" }, icon("M6 6l12 12M18 6L6 18"));
  const log = make("div", { className: "log", role: "log", ariaLive: "polite", tabIndex: 0 });
  const state = make("p", { className: "state", role: "status" });
  const box = make("textarea", { rows: 1, id: "box", enterKeyHint: "send" });
  const form = make("form", {}, box, make("button", {}, icon("M4 12h15M13 6l6 6-6 6")));
  const panel = make("dialog", { role: "dialog" }, make("div", { className: "head" }, title, shut), log, state, form);
  panel.setAttribute("aria-labelledby", "title");

  const show = (message) => {
    const key = message.client_id || `m${message.id}`;
    const mine = message.from === "visitor";
    const row = rows.get(key) ?? make("div", { className: mine ? "m visitor" : "m" });
    const at = new Date(message.at);
    const note = message.refused ? words.refused : message.id || message.sent
      ? at.toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit" }) : words.sending;
    const who = mine ? words.you : message.author || words.team;
    row.replaceChildren(
      make("span", { className: "sr", textContent: `${who}: ` }),
      make("p", {}, ...linked(message.text)),
      make("small", { title: at.toLocaleString(lang), textContent: mine ? note : `${who} · ${note}` }),
    );
    row.at = [at.getTime(), message.id || Infinity];
    rows.set(key, row);
    const next = [...log.children].find((other) => other !== row && other.at && later(other.at, row.at));
    const follows = mine || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (row.parentNode !== log || row.nextSibling !== (next ?? null)) log.insertBefore(row, next ?? null);
    if (follows) log.scrollTop = log.scrollHeight;
  };
  const later = (one, other) => one[0] - other[0] > 0 || (one[0] === other[0] && one[1] > other[1]);

  const count = () => {
    if (panel.open && !document.hidden && last > kept.seen) keep({ seen: last, unread: 0 });
    badge.textContent = kept.unread > 9 ? "9+" : kept.unread;
    badge.hidden = !kept.unread;
    bubble.ariaLabel = panel.open ? words.close : kept.unread ? `${words.open} (${kept.unread} ${words.unread})` : words.open;
  };

  // The history since the last message shown; the bell only says that there is some.
  let fetching, again, first = true;
  const fetchNew = async () => {
    if (!kept.wrote) return;
    if (fetching) return void (again = true);
    fetching = true;
    try {
      do {
        again = false;
        const { messages, more } = await call(`widget/${account}/messages?after=${last}`, { headers: bearer() });
        const arrived = new Set(messages.map((message) => message.client_id));
        keep({ queue: recall().queue.filter((message) => !arrived.has(message.client_id)) });
        messages.forEach(show);
        const news = messages.filter((message) => message.from === "team" && message.id > kept.seen);
        last = Math.max(last, ...messages.map((message) => message.id));
        if (news.length) keep({ unread: (first ? 0 : kept.unread || 0) + news.length });
        first = false;
        again ||= more;
      } while (again);
      count();
    } catch (error) {
      if (error.status === 403) await renew().catch(() => {});
      else if (error.status !== 404) setTimeout(fetchNew, 5000);
    } finally {
      fetching = false;
    }
  };

  const listen = () => {
    if (!kept.wrote || stream?.readyState < 2) return;
    stream = new EventSource(new URL(`events/visitor?account=${account}&token=${kept.token}`, script.src));
    for (const kind of ["open", "changed", "resync"]) stream.addEventListener(kind, fetchNew);
  };

  // Sends what waits, in order; the client id makes a repeated sending harmless.
  const flush = async () => {
    clearTimeout(timer);
    if (sending) return;
    sending = true;
    try {
      let message;
      while ((message = recall().queue.find((each) => !each.sent))) {
        await post(message);
        pause = 1000;
      }
      state.textContent = "";
    } catch (error) {
      if (error.status === 403 || error.status === 401) await renew().catch(() => {});
      state.textContent = error.status === 404 ? words.gone : error.status ? "" : words.offline;
      timer = setTimeout(flush, error.wait * 1000 || (pause = Math.min(pause * 2, 60_000)));
    } finally {
      sending = false;
    }
  };
  const post = async (message) => {
    const body = JSON.stringify({ id: message.client_id, text: message.text, page: message.page, name, email });
    const others = () => recall().queue.filter((each) => each.client_id !== message.client_id);
    try {
      await call(`hooks/webchat/${account}`, { method: "POST", headers: { ...bearer(), "content-type": "application/json" }, body });
      message.sent = true;
      keep({ wrote: true, queue: [...others(), message] });
      show(message);
      listen();
      setTimeout(fetchNew, 1500);
    } catch (error) {
      if (![400, 413, 415].includes(error.status)) throw error;
      keep({ queue: others() });
      show({ ...message, refused: true });
    }
  };
  const say = () => {
    const text = box.value.trim();
    if (!text) return;
    if (new TextEncoder().encode(JSON.stringify(text)).length > LIMIT) return void (state.textContent = words.long);
    const message = { client_id: uuid(), from: "visitor", text, at: new Date().toISOString(), page: location.href };
    keep({ queue: [...recall().queue, message] });
    box.value = "";
    state.textContent = "";
    show(message);
    flush();
  };

  const open = () => {
    matchMedia("(max-width: 480px)").matches ? panel.showModal() : panel.show();
    bubble.ariaExpanded = "true";
    log.scrollTop = log.scrollHeight;
    box.focus();
    count();
  };
  panel.addEventListener("close", () => {
    bubble.ariaExpanded = "false";
    bubble.focus();
    count();
  });
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the site's own shortcuts are not for what is typed here
    if (event.key === "Escape") panel.close();
  });
  bubble.addEventListener("click", () => (panel.open ? panel.close() : open()));
  shut.addEventListener("click", () => panel.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
  });

  const renew = async () => {
    const session = await call(`widget/${account}/session`, { method: "POST", body: recall().token ?? "" });
    if (kept.token !== session.token) {
      stream?.close();
      keep({ token: session.token, wrote: false, queue: recall().queue.filter((each) => !each.sent) });
    }
    return session;
  };
  const dress = (session) => {
    lang = (session.language || language || navigator.language).slice(0, 2).toLowerCase();
    words = STRINGS[lang] ?? STRINGS[(lang = "en")];
    title.textContent = session.name;
    shut.ariaLabel = words.close;
    box.placeholder = box.ariaLabel = words.write;
    form.lastChild.ariaLabel = words.send;
    log.ariaLabel = session.name;
    const greeting = make("div", { className: "m", at: [0, 0] }, make("p", {}, session.greeting || words.hello));
    log.append(greeting);
    const host = make("div", { lang });
    if (session.colour) {
      const [red, green, blue] = session.colour.match(/\w\w/g).map((part) => (parseInt(part, 16) / 255) ** 2.2);
      host.style.setProperty("--fill", session.colour);
      host.style.setProperty("--on", red * 0.2126 + green * 0.7152 + blue * 0.0722 > 0.18 ? "#000" : "#fff");
    }
    const shade = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shade.adoptedStyleSheets = [sheet];
    shade.append(bubble, panel);
    document.body.append(host);
  };
  const start = async () => {
    try {
      dress(await renew());
    } catch (error) {
      if (error.status === 404) return console.warn(`Bandeja: there is no connected web chat ${account}.`);
      return setTimeout(start, (pause = Math.min(pause * 2, 60_000)));
    }
    recall().queue.forEach(show);
    count();
    const wake = () => {
      if (document.hidden) return;
      listen();
      fetchNew();
      flush();
    };
    const fit = () => {
      // A phone's keyboard covers the page without shrinking it: fit the panel to what is seen.
      panel.style.setProperty("--top", `${visualViewport.offsetTop}px`);
      panel.style.setProperty("--height", `${visualViewport.height}px`);
    };
    for (const kind of ["resize", "scroll"]) visualViewport?.addEventListener(kind, fit);
    document.addEventListener("visibilitychange", wake);
    addEventListener("online", wake);
    setInterval(() => stream?.readyState === 2 && wake(), 15_000);
    wake();
  };
  document.body ? start() : addEventListener("DOMContentLoaded", start);
})();
