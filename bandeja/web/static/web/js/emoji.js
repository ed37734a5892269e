// Emoji, for those whose keyboard has none: what one used lately, then the usual ones.
import { recall, remember } from "./storage.js";

const USUAL =
  "😀 😃 😄 😁 😅 😂 🤣 😊 🙂 🙃 😉 😍 🥰 😘 😋 😎 🤩 🥳 🤗 🤔 🤨 😐 😶 🙄 😏 😬 😌 😴 😷 🤒 🥵 🥶 😵 🤯 😕 😟 😮 😳 🥺 😢 😭 😱 😡 " +
  "👍 👎 👌 ✌️ 🤞 🤝 👏 🙌 🙏 💪 👋 🤙 👉 👈 👆 👇 ☝️ ✍️ 👀 ❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💯 🔥 ✨ ⭐ 🎉 🎁 🎂 🌹 🌻 ☀️ 🌙 🌈 ☕ 🍕 🍔 🍎 🥑 " +
  "🚚 🚲 🚗 ✈️ 🏠 🏢 📍 📦 📷 📱 💻 📞 ✉️ 📎 📄 🧾 💳 💰 🏷️ 🛒 🔑 🔧 ⏰ 📅 ✅ ❌ ⚠️ ❓ ❗ ➕ ➡️ 🔄 🆕 🆗";
const KEPT = 16;
const lately = () => (recall("emoji") ?? "").split(" ").filter(Boolean);

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.open && target.matches("details.emoji")) fill(target.querySelector(".menu-sheet"));
  },
  true,
);

function fill(sheet) {
  const used = lately();
  const all = [...used, ...USUAL.split(" ").filter((each) => !used.includes(each))];
  sheet.replaceChildren(...all.map(button));
}

function button(emoji) {
  const made = document.createElement("button");
  made.type = "button";
  made.dataset.emoji = made.textContent = emoji;
  return made;
}

document.addEventListener("click", ({ target }) => {
  const emoji = target.closest("[data-emoji]")?.dataset.emoji;
  if (!emoji) return;
  const box = target.closest("form.composer").text;
  remember("emoji", [emoji, ...lately().filter((each) => each !== emoji)].slice(0, KEPT).join(" "));
  box.setRangeText(emoji, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  box.focus(); // which closes the sheet
});
