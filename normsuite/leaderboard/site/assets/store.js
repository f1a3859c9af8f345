"use strict";
/* Data files, each a script that calls `register`: found from disk as from a host, and loaded when asked for. */
(() => {
  const known = new Map();

  const place = (name) => {
    if (!known.has(name)) {
      const made = {};
      made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
      known.set(name, made);
    }
    return known.get(name);
  };

  /** Called by a data file. @param {string} name @param {any} value */
  normsuite.register = (name, value) => {
    const here = place(name);
    here.asked = true;
    here.resolve(value);
  };

  /**
   * The value of a data file. Names come from the page or from data files, never from the address.
   * @param {string} name its path below `data/`, without the ending
   * @returns {Promise<any>}
   */
  normsuite.load = (name) => {
    const here = place(name);
    if (!here.asked) {
      here.asked = true;
      const root = document.documentElement.dataset.root;
      const script = normsuite.element("script", { src: `${root}data/${name}.js` });
      script.addEventListener("error", () => here.reject(new Error(`no data file ${name}`)));
      document.head.append(script);
    }
    return here.promise;
  };
})();
