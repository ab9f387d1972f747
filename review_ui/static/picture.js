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
