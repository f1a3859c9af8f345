"use strict";
/* A long list of which only the rows in sight exist: a listbox of rows of one height, used by mouse or keyboard. */

/**
 * @param {HTMLElement} box an empty element of fixed height that scrolls
 * @param {Object} options
 * @param {number} options.height of a row, in pixels
 * @param {string} options.label what the list holds, for people who hear it
 * @param {function(number): Node[]} options.draw what a row shows
 * @param {function(number): void} options.open called with the row that was chosen
 * @returns {{show: function(number[]): void, choose: function(number): void}} show other rows; choose the nth shown
 */
normsuite.longList = (box, { height, label, draw, open }) => {
  const MOST = 10_000_000; // pixels that browsers will still scroll through
  const SPARE = 8;
  const room = normsuite.element("div", { class: "long-list-room", role: "presentation" });
  box.append(room);
  box.classList.add("long-list");
  for (const [name, value] of Object.entries({ role: "listbox", tabindex: "0", "aria-label": label })) {
    box.setAttribute(name, value);
  }
  let rows = [];
  let chosen = -1;

  const drawn = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const last = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
    const made = [];
    for (let at = first; at < last; at += 1) {
      const row = normsuite.element("div", {
        role: "option", id: `${box.id}-${at}`, class: "long-list-row",
        "aria-selected": String(at === chosen), "aria-posinset": at + 1, "aria-setsize": rows.length,
      }, ...draw(rows[at]));
      row.style.top = `${at * height}px`;
      row.style.height = `${height}px`;
      row.addEventListener("click", () => choose(at));
      made.push(row);
    }
    room.replaceChildren(...made);
    if (chosen >= first && chosen < last) box.setAttribute("aria-activedescendant", `${box.id}-${chosen}`);
    else box.removeAttribute("aria-activedescendant");
  };

  const choose = (at) => {
    if (at < 0 || at >= rows.length) return;
    chosen = at;
    const top = at * height;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
    drawn();
    open(rows[at]);
  };

  box.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 1);
    const steps = {
      ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: rows.length - 1,
      PageDown: Math.min(rows.length - 1, chosen + page), PageUp: Math.max(0, chosen - page),
    };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(Math.max(0, steps[event.key]));
  });

  let waiting = false;
  box.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawn();
    });
  });
  new ResizeObserver(() => drawn()).observe(box);

  return {
    show: (shown) => {
      rows = shown.slice(0, Math.floor(MOST / height));
      chosen = -1;
      room.style.height = `${rows.length * height}px`;
      box.scrollTop = 0;
      drawn();
    },
    choose,
  };
};
