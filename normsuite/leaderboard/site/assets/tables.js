"use strict";
/* Tables that came with the page: how they are sorted and narrowed is part of the address too. */
normsuite.ready(() => {
  const table = document.querySelector("table[data-sortable]");
  if (!table) return;
  const field = document.querySelector(`input[data-filter-for="${table.id}"]`);
  let view = {};

  const write = () => normsuite.setView(view);
  const apply = () => {
    const asked = normsuite.view();
    view = { q: asked.get("q") ?? "", sort: asked.get("sort") ?? "" };
    const told = /^(-?)(\d{1,3})$/.exec(view.sort);
    if (told && Number(told[2]) < table.tHead.rows[0].cells.length) {
      normsuite.sortTable(table, Number(told[2]), told[1] ? "descending" : "ascending");
    }
    if (field && field.value !== view.q) {
      field.value = view.q;
      normsuite.filterTable(table, view.q);
    }
  };

  apply();
  table.addEventListener("sorted", ({ detail }) => {
    view.sort = `${detail.direction === "descending" ? "-" : ""}${detail.column}`;
    write();
  });
  field?.addEventListener("input", () => {
    view.q = field.value.trim();
    write();
  });
  normsuite.onView(apply);
});
