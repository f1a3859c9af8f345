"use strict";
/* Light, dark, or as the system says. Stands in the head, so that no page flashes in the wrong one. */
(() => {
  const KEY = "normsuite-theme";
  const root = document.documentElement;

  const kept = () => {
    try {
      return localStorage.getItem(KEY) || "";
    } catch {
      return ""; // a browser may refuse storage to pages from disk
    }
  };

  const set = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  const keep = (theme) => {
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {
      // then it holds for this page alone
    }
  };

  set(kept());
  normsuite.ready(() => {
    for (const label of document.querySelectorAll("[data-theme-switch]")) {
      const choice = label.querySelector("select");
      choice.value = root.dataset.theme || "";
      choice.addEventListener("change", () => {
        set(choice.value);
        keep(choice.value);
      });
      label.hidden = false; // without scripts it would do nothing
    }
  });
})();
