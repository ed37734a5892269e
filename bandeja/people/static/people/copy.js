// data-copies="id" copies that element's text; data-copied is what the button says afterwards.
// A dialog with data-opened holds a form that was refused: it opens by itself to show why.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.querySelector("span").textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(text); // without https there is no clipboard: leave it selected, to copy by hand
  }
});

document.querySelector("dialog[data-opened]")?.showModal();
