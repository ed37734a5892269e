// What a request that changes something shows, to prove that it comes from one of our pages. It changes when one signs in
// again in another tab: then what the page was made with holds no more, and the cookie says what does.
const inPage = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
const token = () => document.cookie.match(/(?:^|; )bandeja_csrf=([^;]+)/)?.[1] ?? inPage();

export const csrf = () => ({ "X-CSRFToken": token() });

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  Object.assign(ctx.request.headers, csrf());
});

// A form carries its own, whoever sends it.
document.addEventListener(
  "submit",
  ({ target }) => {
    const field = target.querySelector("[name='csrfmiddlewaretoken']");
    if (field) field.value = token();
  },
  true,
);
