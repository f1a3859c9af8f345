"use strict";
/* A model's page: its groups, task by task. */
normsuite.ready(async () => {
  const byId = (id) => document.getElementById(id);

  /** Metrics that are no headline, in a table of their own that is sorted where it stands. */
  const drawOthers = ([names, metrics, value, low, high, chance, n] = []) => {
    if (!names) return;
    const column = (key, title, draw, values, more = {}) => ({ key, title, draw, value: (at) => values[at], ...more });
    const columns = [
      column("task", "Task", (at) => [names[at]], names, { text: true, head: true, kind: "model" }),
      column("metric", "Metric", (at) => [metrics[at]], metrics, { text: true, kind: "text" }),
      column("value", "Value", (at) => normsuite.valueCell(value[at], low[at], high[at]), value, { kind: "task" }),
      column("chance", "Chance", (at) => [normsuite.decimal(chance[at])], chance),
      column("n", "Items", (at) => [n[at].toLocaleString("en")], n),
    ];
    const table = normsuite.board(byId("others"), (sort) => show(sort));
    const show = (sort) => table.draw({ columns, rows: names.map((_, at) => at), sort });
    show("task");
    byId("others-part").hidden = false;
  };

  const { tasks, others } = await normsuite.load(`models/${document.documentElement.dataset.model}`);
  drawOthers(others);
  const offered = Object.keys(tasks).filter((name) => tasks[name].facets);
  if (!offered.length) return;
  const few = Number(document.documentElement.dataset.few);
  let view = {};

  const read = () => {
    const asked = normsuite.view();
    const task = offered.includes(asked.get("task")) ? asked.get("task") : offered[0];
    const facets = tasks[task].facets;
    view = { task, facet: facets.find(([title]) => title === asked.get("facet")) ?? facets[0], sort: asked.get("sort") ?? "-value" };
  };

  const change = (changed) => {
    normsuite.setView({ task: view.task, facet: view.facet[0], sort: view.sort === "-value" ? "" : view.sort, ...changed });
    start();
  };

  const board = normsuite.board(byId("groups"), (sort) => change({ sort }));

  const draw = () => {
    const [title, names, value, low, high, n, clusters] = view.facet;
    const [start, end] = [Math.min(...value.concat(low).filter((one) => one !== null)), Math.max(...value.concat(high).filter((one) => one !== null))];
    const columns = [
      {
        key: "name", title, text: true, head: true, kind: "model", value: (at) => names[at],
        draw: (at) => (clusters[at] < few ? [names[at], normsuite.element("abbr", { title: "few clusters" }, " †")] : [names[at]]),
      },
      { key: "value", title: "Value", descending: true, kind: "task", value: (at) => value[at], draw: (at) => normsuite.valueCell(value[at], low[at], high[at]) },
      {
        key: "drawn", title: "Interval", descending: true, kind: "drawn", value: (at) => value[at],
        draw: (at) => (low[at] === null ? [] : [normsuite.strip({ low: low[at], high: high[at], value: value[at], start, end })]),
      },
      { key: "n", title: "Items", descending: true, value: (at) => n[at], draw: (at) => [n[at].toLocaleString("en")] },
      { key: "clusters", title: "Clusters", descending: true, value: (at) => clusters[at], draw: (at) => [clusters[at].toLocaleString("en")] },
    ];
    board.draw({ columns, rows: names.map((_, at) => at), sort: view.sort });
  };

  const start = () => {
    read();
    const option = (value) => normsuite.element("option", { value }, value);
    byId("task").replaceChildren(...offered.map(option));
    byId("task").value = view.task;
    byId("facet").replaceChildren(...tasks[view.task].facets.map(([title]) => option(title)));
    byId("facet").value = view.facet[0];
    draw();
    document.documentElement.dataset.drawn = "";
  };
  byId("task").addEventListener("change", () => change({ task: byId("task").value, facet: "" }));
  byId("facet").addEventListener("change", () => change({ facet: byId("facet").value }));
  byId("groups-part").hidden = false;
  normsuite.onView(start);
  start();
});
