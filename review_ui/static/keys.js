// Keyboard for the desk: everything here can also be done without it, and without JavaScript.
// The table of keys is review_ui/keyboard.py; a page marks what a key presses with data-key.
"use strict";
(() => {
  const typing = (el) => el.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog") !== null;
  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  const LEADER_MS = 1200;
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

  const open = () => {
    const all = rows();
    if (all.length) all[Math.max(0, chosen)].querySelector("[data-open]").click();
  };

  const help = () => {
    const dialog = document.getElementById("phim");
    if (dialog && !dialog.open) dialog.showModal();
  };

  const pick = (radio) => {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    radio.focus();
  };

  // a decision is sent by one key: a key held down, or pressed before the eye has reached the next claim,
  // sends nothing. The time runs from when the page is drawn: what is not seen yet cannot be judged
  const EYE_MS = 400;
  const mark = document.documentElement.dataset;
  let seen = false;
  let sent = false;
  const arrive = () => {
    seen = sent = false;
    mark.keys = "heard";
    const drawn = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
    drawn(() => setTimeout(() => {
      seen = true;
      mark.keys = "count";
    }, EYE_MS));
  };
  const press = (button, repeated) => {
    if (repeated || sent || !seen) return;
    sent = true;
    button.click();
  };

  const unfold = (details) => {
    details.open = true;
    const field = details.querySelector("input:not([type=hidden]), textarea, select");
    if (field) field.focus();
  };

  // what a key does follows from what is marked: a choice is made, a field is gone to, a button pressed
  const act = (el, event) => {
    if (el.matches("input[type=radio]")) pick(el);
    else if (el.matches("details")) unfold(el);
    else if (el.matches("input, textarea, select, [data-focus]")) el.focus();
    else if (el.matches("a")) el.click();
    else press(el, event.repeat);
  };

  const marked = (key) => {
    const all = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
    return Array.from(all).find((el) => el.checkVisibility());
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key;
    if (leader && Date.now() - leader < LEADER_MS && key === "q") {
      leader = 0;
      window.location.assign("/ban-lam-viec");
      return;
    }
    leader = key === "g" ? Date.now() : 0;
    if (key === "j") choose(1);
    else if (key === "k") choose(-1);
    else if (key === "?") help();
    else if (key === "Enter" && event.target === document.body && !event.repeat) open();
    else {
      const el = marked(key);
      if (!el) return;
      act(el, event);
      event.preventDefault();
    }
  });

  // a review counts when its ten seconds are over: the offer to take it back goes, and the list is asked for anew
  const offers = Array.from(document.querySelectorAll("[data-undo]"));
  const ends = new Map(offers.map((one) => [one, performance.now() + 1000 * one.querySelector("[data-left]").dataset.left]));
  const count = () => {
    ends.forEach((end, one) => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left > 0) one.querySelector("[data-left]").textContent = left;
      else {
        one.remove();
        ends.delete(one);
        if (window.htmx && document.getElementById("danh-sach")) window.htmx.trigger("#danh-sach", "dem-xong");
      }
    });
    if (ends.size) setTimeout(count, 250);
  };
  count();

  // the queue is drawn anew once a minute: keep the place
  document.addEventListener("htmx:afterSwap", () => {
    const row = rows()[chosen];
    if (row) row.classList.add("chosen");
  });

  const errors = document.getElementById("loi");
  if (errors) errors.focus();

  arrive();
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) arrive();
  });
})();
