// Keyboard for the desk: everything here can also be done without it, and without JavaScript.
"use strict";
(() => {
  const typing = (el) => el.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog") !== null;
  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  let chosen = -1;
  let leader = 0;

  const choose = (step) => {
    const all = rows();
    if (!all.length) return;
    chosen = Math.max(0, Math.min(all.length - 1, chosen + step));
    all.forEach((row, at) => row.classList.toggle("chosen", at === chosen));
    const link = all[chosen].querySelector("[data-open]");
    link.focus({ preventScroll: true });
    all[chosen].scrollIntoView({ block: "nearest" });
  };

  const help = () => {
    const dialog = document.getElementById("phim");
    if (dialog && !dialog.open) dialog.showModal();
  };

  const pick = (key) => {
    const radio = document.querySelector(`input[data-key="${key}"]`);
    if (!radio) return;
    radio.checked = true;
    radio.focus();
  };

  // a label is sent by one key and cannot be taken back: a key held down, or pressed before the eye
  // has reached the next claim, sends nothing
  const opened = performance.now();
  let sent = false;
  const press = (key, repeated) => {
    const button = document.querySelector(`button[data-key="${key}"]`);
    if (!button || repeated || sent || performance.now() - opened < 400) return;
    sent = true;
    button.click();
  };

  const focusOn = (selector) => {
    const el = document.querySelector(selector);
    if (el) el.focus();
    return Boolean(el);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key;
    if (leader && Date.now() - leader < 1200 && key === "q") {
      leader = 0;
      window.location.assign("/ban-lam-viec");
      return;
    }
    leader = key === "g" ? Date.now() : 0;
    if (key === "j") choose(1);
    else if (key === "k") choose(-1);
    else if (key === "?") help();
    else if (key === "r" && focusOn("#reason")) event.preventDefault();
    else if (key === "/" && focusOn("#chu-de")) event.preventDefault();
    else if (/^[1-6]$/.test(key)) {
      pick(key);
      press(key, event.repeat);
    }
  });

  // the queue is drawn anew once a minute: keep the place
  document.addEventListener("htmx:afterSwap", () => {
    const row = rows()[chosen];
    if (row) row.classList.add("chosen");
  });

  const errors = document.getElementById("loi");
  if (errors) errors.focus();
})();
