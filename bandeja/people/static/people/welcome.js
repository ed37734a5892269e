// What only the browser knows or can do on the welcome page: its time zone, and showing what is typed as a password.
const zone = document.querySelector("[name=time_zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

for (const box of document.querySelectorAll("[data-reveals]")) {
  const secret = document.getElementById(box.dataset.reveals);
  box.closest("[hidden]").hidden = false;
  box.addEventListener("change", () => {
    secret.type = box.checked ? "text" : "password";
  });
  // A password that was shown must not be offered later as something once typed.
  box.form.addEventListener("submit", () => {
    secret.type = "password";
  });
}
