"use strict";
/* What a page shows is part of its address, behind the "#": a link to a view is a link. */
(() => {
  let written = location.hash;

  /** What the address asks for. @returns {URLSearchParams} */
  normsuite.view = () => new URLSearchParams(location.hash.slice(1));

  /**
   * Put the view into the address; empty values are left out, and nothing is added to the history.
   * @param {Object<string, string|null|undefined>} values
   */
  normsuite.setView = (values) => {
    const told = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
    const hash = `#${told}`;
    if (hash === location.hash || (hash === "#" && !location.hash)) return;
    written = hash === "#" ? "" : hash;
    try {
      history.replaceState(null, "", hash === "#" ? location.pathname + location.search : hash);
    } catch {
      location.replace(hash); // pages from disk may not change anything else
    }
  };

  /** Run `act` when somebody else changes the address: a link, the back button. @param {function(): void} act */
  normsuite.onView = (act) => window.addEventListener("hashchange", () => {
    if (location.hash !== written) {
      written = location.hash;
      act();
    }
  });
})();
