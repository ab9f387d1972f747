// A picture that the sender types the words of: shown beside the field, never sent. The input has no name,
// so no form holds it, and the file is read in this page alone.
"use strict";
(() => {
  const box = document.getElementById("picture-box");
  const input = document.getElementById("picture");
  const shown = document.getElementById("picture-shown");
  if (!box || !input || !shown) return;
  box.hidden = false;
  input.addEventListener("change", () => {
    const file = input.files && input.files[0];
    shown.hidden = true;
    shown.removeAttribute("src");
    if (!file || !file.type.startsWith("image/")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      shown.src = String(reader.result);
      shown.hidden = false;
      document.getElementById("text").focus();
    });
    reader.readAsDataURL(file);
  });
})();
// Words that the bookmarklet brings along: taken out of the fragment, which no server and no log sees, and out
// of the address at once. Nothing is sent before its sender presses the button.
(() => {
  const text = document.getElementById("text");
  const brought = new URLSearchParams(location.hash.slice(1));
  if (!text || !brought.has("text")) return;
  history.replaceState(null, "", location.pathname + location.search);
  if (text.value) return;
  const site = (brought.get("site") || "").slice(0, 100);
  const from = site ? `\n\n${text.dataset.seen}: ${site}` : "";
  text.value = (brought.get("text") || "").slice(0, text.maxLength - from.length) + from;
  text.focus();
})();
