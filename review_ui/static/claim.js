// The page of a claim: its lease while it is open, and a draft of what is typed. Without scripts there are buttons.
"use strict";
(() => {
  const page = document.querySelector("[data-claim]");
  const form = document.getElementById("tham-dinh");
  if (!page || !form || page.dataset.hold === undefined) return;
  const base = page.dataset.claim;
  const token = () => new URLSearchParams({ token: form.elements.token.value });
  let leaving = false;

  const send = (path, body) => fetch(base + path, { method: "POST", body, redirect: "manual", keepalive: true });

  const hold = async () => {
    if (document.visibilityState !== "visible" || leaving) return;
    try {
      const answer = await send("/giu", token());
      document.getElementById("co-nguoi").hidden = answer.status !== 409;
    } catch {
      // no connection now: the lease ends by itself, and the next call asks again
    }
  };
  hold();
  setInterval(hold, 60_000);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      leaving = false;
      hold();
    }
  });

  const told = document.getElementById("nhap-luu");
  let later = 0;
  let dirty = false;
  const save = async () => {
    dirty = false;
    try {
      const answer = await send("/nhap", new URLSearchParams(new FormData(form)));
      told.textContent = answer.ok ? told.dataset.saved : told.dataset.failed;
    } catch {
      dirty = true;
      told.textContent = told.dataset.failed;
    }
  };
  form.addEventListener("input", () => {
    dirty = true;
    clearTimeout(later);
    later = setTimeout(save, 800);
  });

  document.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(later);
  });
  window.addEventListener("pagehide", () => {
    if (leaving) return;
    leaving = true;
    clearTimeout(later);
    if (dirty) navigator.sendBeacon(base + "/nhap", new URLSearchParams(new FormData(form)));
    navigator.sendBeacon(base + "/tra", token());
  });
})();
