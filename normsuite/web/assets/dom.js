"use strict";
/* Elements from data: text is only ever text. */
window.normsuite = window.normsuite || {};

/**
 * An element.
 * @param {string} tag
 * @param {Object<string, string|number|boolean|null|undefined>} [attributes] null, undefined and false leave one out
 * @param {...(Node|string|number|null|undefined)} children strings become text
 * @returns {HTMLElement}
 */
normsuite.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined).map((child) =>
    typeof child === "number" ? String(child) : child));
  return made;
};

/** Run `start` when the page's elements are there. @param {function(): void} start */
normsuite.ready = (start) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
};

/** `act`, once calls have paused for `wait` milliseconds. @param {function(): void} act @param {number} wait */
normsuite.later = (act, wait) => {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
};

/** Text for comparing: without case and accents. @param {string} text */
normsuite.fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
