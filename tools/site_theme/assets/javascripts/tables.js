/* a table wider than the window scrolls in a box of its own, which the theme makes: whoever uses the keyboard must be
   able to get into it (WCAG 2.1.1) */
(function () {
  "use strict";
  function reachable() {
    document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach(function (box) {
      box.tabIndex = 0;
    });
  }
  new MutationObserver(reachable).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", reachable);
})();
