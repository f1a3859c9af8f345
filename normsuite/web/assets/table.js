"use strict";
/*
 * Tables that can be sorted and narrowed. <table data-sortable id="t">: every <th> of its head becomes a button,
 * unless it has data-fixed. A cell sorts by its data-value, else by its text; numbers before text, empty last.
 * <input data-filter-for="t"> keeps the rows whose text holds every word typed; <output data-count-for="t"> counts.
 */
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  /** What a cell sorts by: a number, text, or null for nothing. */
  const sortKey = (cell) => {
    const told = cell.dataset.value ?? cell.textContent.trim();
    if (told === "" || told === "–") return null;
    const number = Number(told.replace(/[,%\s]/g, ""));
    return Number.isNaN(number) ? told : number;
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    return typeof b === "number" ? 1 : collator.compare(a, b);
  };

  /**
   * Sort the rows by one column; rows without a value stay last in both directions.
   * @param {HTMLTableElement} table
   * @param {number} column
   * @param {"ascending"|"descending"} direction
   */
  normsuite.sortTable = (table, column, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row, at) => ({ row, at, key: sortKey(row.cells[column]) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
      return sign * compare(a.key, b.key) || a.at - b.at;
    });
    body.append(...rows.map(({ row }) => row));
    Array.from(table.tHead.rows[0].cells).forEach((cell, at) => {
      if (at === column) cell.setAttribute("aria-sort", direction);
      else cell.removeAttribute("aria-sort");
    });
    table.dispatchEvent(new CustomEvent("sorted", { bubbles: true, detail: { column, direction } }));
  };

  /**
   * Keep the rows whose text holds every word, and whatever else `test` asks.
   * @param {HTMLTableElement} table
   * @param {string} words
   * @param {function(HTMLTableRowElement): boolean} [test]
   * @returns {number} rows left
   */
  normsuite.filterTable = (table, words, test = () => true) => {
    const wanted = normsuite.fold(words).split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of table.tBodies[0].rows) {
      row.folded ??= normsuite.fold(row.textContent);
      const shown = wanted.every((word) => row.folded.includes(word)) && test(row);
      row.hidden = !shown;
      left += shown;
    }
    const told = document.querySelector(`[data-count-for="${table.id}"]`);
    const all = table.tBodies[0].rows.length;
    if (told) told.textContent = left === all ? `${all} ${all === 1 ? "row" : "rows"}` : `${left} of ${all} rows`;
    return left;
  };

  /** Give a table its buttons. A column of numbers sorts first from the top. @param {HTMLTableElement} table */
  normsuite.sortable = (table) => {
    Array.from(table.tHead.rows[0].cells).forEach((cell, column) => {
      if (cell.dataset.fixed !== undefined) return;
      const button = normsuite.element("button", { type: "button", class: "sort" });
      button.append(...cell.childNodes);
      button.addEventListener("click", () => {
        const now = cell.getAttribute("aria-sort");
        const first = cell.dataset.first ?? (isNumeric(table, column) ? "descending" : "ascending");
        const other = first === "ascending" ? "descending" : "ascending";
        normsuite.sortTable(table, column, now === first ? other : first);
      });
      cell.append(button);
    });
  };

  const isNumeric = (table, column) => {
    const row = Array.from(table.tBodies[0].rows).find((one) => sortKey(one.cells[column]) !== null);
    return row !== undefined && typeof sortKey(row.cells[column]) === "number";
  };

  normsuite.ready(() => {
    for (const table of document.querySelectorAll("table[data-sortable]")) normsuite.sortable(table);
    for (const field of document.querySelectorAll("input[data-filter-for]")) {
      const table = document.getElementById(field.dataset.filterFor);
      const filter = normsuite.later(() => normsuite.filterTable(table, field.value), 60);
      field.addEventListener("input", filter);
      normsuite.filterTable(table, field.value);
    }
  });
})();
