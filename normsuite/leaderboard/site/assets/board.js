"use strict";
/*
 * A table drawn from columns of data. Only the first rows are drawn until all are asked for, so that hundreds of
 * models with many columns are sorted and narrowed at once.
 */
(() => {
  const FIRST = 50;
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  /**
   * @typedef {Object} Column
   * @property {string} key names it in the address
   * @property {string} title
   * @property {string} [hint] a longer title
   * @property {string} [note] small, below the title
   * @property {string} [kind] class of its cells
   * @property {boolean} [text] whether it is sorted as text
   * @property {boolean} [descending] whether the first click sorts the greatest to the top
   * @property {function(number): (Node|string)[]} draw what the cell of a row shows
   * @property {function(number): (number|string|null|undefined)} value what the row is sorted by
   * @property {boolean} [head] whether its cell names the row
   */

  const compare = (a, b, sign) => {
    const lacking = (value) => value === null || value === undefined || value === "";
    if (lacking(a) || lacking(b)) return lacking(a) - lacking(b);
    return sign * (typeof a === "string" ? collator.compare(a, b) : a - b);
  };

  /**
   * @param {HTMLTableElement} table empty but for its caption
   * @param {function(string): void} sorted called with "key" or "-key" when a heading is pressed
   * @returns {{draw: function({columns: Column[], rows: number[], sort: string, foot?: Node[]}): void, rows: function(): number[]}}
   */
  normsuite.board = (table, sorted) => {
    const head = table.createTHead();
    const body = table.createTBody();
    const foot = table.createTFoot();
    const more = normsuite.element("button", { type: "button", class: "plain more", hidden: true });
    table.closest(".wide").after(more);
    let shown = null;
    let all = false;
    more.addEventListener("click", () => {
      all = true;
      drawRows();
      more.hidden = true;
    });

    const heading = (column, sort) => {
      const direction = sort === column.key ? "ascending" : sort === `-${column.key}` ? "descending" : null;
      const button = normsuite.element("button", { type: "button", class: "sort", title: column.hint }, column.title);
      button.addEventListener("click", () => {
        const first = column.descending ? `-${column.key}` : column.key;
        const other = column.descending ? column.key : `-${column.key}`;
        sorted(sort === first ? other : first);
        head.querySelector(`[data-key="${CSS.escape(column.key)}"] button`)?.focus();
      });
      const note = column.note ? normsuite.element("small", {}, column.note) : null;
      return normsuite.element("th", { scope: "col", class: column.kind, "aria-sort": direction, "data-key": column.key }, button, note);
    };

    const line = (columns, at) => {
      const row = document.createElement("tr");
      for (const column of columns) {
        const cell = document.createElement(column.head ? "th" : "td");
        if (column.head) cell.scope = "row";
        if (column.kind) cell.className = column.kind;
        cell.append(...column.draw(at));
        row.append(cell);
      }
      return row;
    };

    const drawRows = () => {
      const { columns, rows } = shown;
      const drawn = all ? rows : rows.slice(0, FIRST);
      body.replaceChildren(...drawn.map((at) => line(columns, at)));
    };

    const draw = ({ columns, rows, sort, foot: below = [] }) => {
      const key = sort.replace(/^-/, "");
      const column = columns.find((one) => one.key === key);
      const sign = sort.startsWith("-") ? -1 : 1;
      const keys = column ? new Map(rows.map((at) => [at, column.value(at)])) : null;
      const ordered = keys ? [...rows].sort((a, b) => compare(keys.get(a), keys.get(b), sign) || a - b) : rows;
      shown = { columns, rows: ordered };
      head.replaceChildren(normsuite.element("tr", {}, ...columns.map((one) => heading(one, sort))));
      drawRows();
      foot.replaceChildren(...below);
      more.textContent = `Show all ${rows.length} rows`;
      more.hidden = all || rows.length <= FIRST;
    };

    return { draw, rows: () => (shown ? shown.rows : []) };
  };

  /**
   * Save text as a file.
   * @param {string} name
   * @param {(string|number)[][]} rows become CSV; a cell that a spreadsheet would run is made text
   */
  normsuite.saveCsv = (name, rows) => {
    const cell = (value) => {
      const text = String(value ?? "");
      const inert = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    };
    const content = rows.map((row) => row.map(cell).join(",")).join("\r\n");
    const link = normsuite.element("a", { download: name });
    link.href = URL.createObjectURL(new Blob([content, "\r\n"], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
})();
