// What the server would not do, said plainly. A form's own errors are swapped in beside the field (422) by htmx.
import { toast } from "./toasts.js";
import { word } from "./words.js";

document.addEventListener("htmx:before:response", (event) => {
  const { raw } = event.detail.ctx.response;
  if (!raw.redirected || !new URL(raw.url).pathname.startsWith("/accounts/login")) return;
  event.preventDefault(); // signed out meanwhile: the page itself asks them to come in again
  location.reload();
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status === 422 || ctx.quiet) return;
  toast(word(ctx.response.status === 404 ? "gone" : "failed"));
});

document.addEventListener("htmx:error", (event) => {
  const { ctx, error } = event.detail;
  if (ctx && !ctx.quiet && error.name !== "AbortError") toast(word("offline")); // aborted: another one took its place
});
