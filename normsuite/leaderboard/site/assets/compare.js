"use strict";
/* Two models side by side: paired differences on every task of both, then group by group. */
normsuite.ready(async () => {
  const SCALE = 10_000;
  const byId = (id) => document.getElementById(id);
  const { models, tasks, tracks } = await normsuite.load("ranking");
  const best = (track) => track.at.map((at, row) => [track.rank[row], at]).sort((a, b) => a[0] - b[0]).map(([, at]) => at);
  const offered = [...new Set(tracks.flatMap((track) => [...best(track), ...track.others]))];
  let view = {};
  let sides = [];

  const read = () => {
    const asked = normsuite.view();
    const find = (key, other) => {
      const at = models.page.indexOf(asked.get(key) ?? "");
      return offered.includes(at) ? at : other;
    };
    view = {
      a: find("a", offered[0]), b: find("b", offered[1] ?? offered[0]),
      sort: asked.get("sort") ?? "task", groups: asked.get("groups") ?? "-difference",
      task: asked.get("task") ?? "", facet: asked.get("facet") ?? "",
    };
  };

  const write = () => normsuite.setView({
    a: models.page[view.a], b: models.page[view.b], task: view.task, facet: view.facet,
    sort: view.sort === "task" ? "" : view.sort, groups: view.groups === "-difference" ? "" : view.groups,
  });

  const change = (changed) => {
    Object.assign(view, changed);
    write();
    draw();
  };

  const board = normsuite.board(byId("differences"), (sort) => change({ sort }));
  const grouped = normsuite.board(byId("group-differences"), (groups) => change({ groups }));

  const verdict = ({ low, high }, higher) => {
    if (low === null || (low <= 0 && high >= 0)) return "not told apart";
    return low > 0 === higher ? "A better" : "B better";
  };

  /** Columns of a table of differences. @param {Object[]} lines @param {string} first title of the first column */
  const columns = (lines, first) => {
    const reach = Math.max(1e-6, ...lines.flatMap((one) => [Math.abs(one.difference.low ?? 0), Math.abs(one.difference.high ?? 0)]));
    const value = (key, title) => ({
      key, title, descending: true, kind: "task", value: (at) => lines[at][key].value,
      draw: (at) => normsuite.valueCell(...["value", "low", "high"].map((end) => lines[at][key][end]).map((one) => (one === null ? null : one * SCALE))),
    });
    const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(3)}`;
    return [
      { key: "task", title: first, text: true, head: true, kind: "model", value: (at) => lines[at].title, draw: (at) => lines[at].draw() },
      value("a", "A"), value("b", "B"),
      {
        key: "difference", title: "A − B", descending: true, kind: "task", value: (at) => lines[at].difference.value,
        draw: (at) => {
          const { value: told, low, high } = lines[at].difference;
          return [signed(told), ...(low === null ? [] : [normsuite.element("small", {}, `[${signed(low)}, ${signed(high)}]`)])];
        },
      },
      {
        key: "drawn", title: "Interval of A − B", kind: "drawn", value: (at) => lines[at].difference.value,
        draw: (at) => {
          const told = lines[at].difference;
          return told.low === null ? [] : [normsuite.strip({ ...told, start: -reach, end: reach, zero: 0 })];
        },
      },
      {
        key: "verdict", title: "Verdict", text: true, kind: "text verdict", value: (at) => verdict(lines[at].difference, lines[at].higher),
        draw: (at) => [verdict(lines[at].difference, lines[at].higher)],
      },
    ];
  };

  const ends = (name, at) => {
    const told = tasks[name].cells;
    const row = told.at.indexOf(at);
    const pick = (list) => (told[list][row] === null ? null : told[list][row] / SCALE);
    return { value: pick("value"), low: pick("low"), high: pick("high") };
  };

  const drawTasks = () => {
    const shared = Object.keys(sides[0].tasks).filter((name) => sides[0].tasks[name].replicates && sides[1].tasks[name]?.replicates);
    const lines = shared.map((name) => ({
      title: name, higher: tasks[name].higher, a: ends(name, view.a), b: ends(name, view.b),
      difference: normsuite.pairedDifference(sides[0].tasks[name], sides[1].tasks[name]),
      draw: () => [normsuite.element("a", { href: `tasks/${tasks[name].page}.html` }, name),
        normsuite.element("small", {}, tasks[name].metric + (tasks[name].higher ? "" : ", lower is better"))],
    }));
    board.draw({ columns: columns(lines, "Task"), rows: lines.map((_, at) => at), sort: view.sort });
    byId("none").hidden = lines.length > 0;
    byId("differences").closest(".wide").hidden = lines.length === 0;
    const count = (told) => `${told} on ${lines.filter((one) => verdict(one.difference, one.higher) === told).length}`;
    byId("summary").textContent = lines.length ? `${["A better", "B better", "not told apart"].map(count).join(", ")} of ${lines.length}` : "";
    return shared;
  };

  const drawGroups = (shared) => {
    const divided = shared.filter((name) => sides.every((side) => side.tasks[name].facets));
    byId("groups-part").hidden = divided.length === 0;
    if (!divided.length) return;
    const task = divided.includes(view.task) ? view.task : divided[0];
    const facets = sides[0].tasks[task].facets.map(([title]) => title)
      .filter((title) => sides[1].tasks[task].facets.some(([one]) => one === title));
    const facet = facets.includes(view.facet) ? view.facet : facets[0];
    const option = (value) => normsuite.element("option", { value }, value);
    byId("task").replaceChildren(...divided.map(option));
    byId("task").value = task;
    byId("facet").replaceChildren(...facets.map(option));
    byId("facet").value = facet ?? "";
    const maps = sides.map((side) => {
      const [, titles, value, low, high, , clusters] = side.tasks[task].facets.find(([title]) => title === facet) ?? ["", [], [], [], [], [], []];
      const number = (one) => (one === null ? null : one / SCALE);
      return new Map(titles.map((title, at) => [title, { value: number(value[at]), low: number(low[at]), high: number(high[at]), clusters: clusters[at] }]));
    });
    const lines = [...maps[0].keys()].filter((title) => maps[1].has(title) && maps.every((map) => map.get(title).value !== null)).map((title) => {
      const [a, b] = maps.map((map) => map.get(title));
      return { title, higher: tasks[task].higher, a, b, difference: normsuite.unpairedDifference(a, b), draw: () => [title] };
    });
    grouped.draw({ columns: columns(lines, facet ?? "Group"), rows: lines.map((_, at) => at), sort: view.groups });
  };

  const draw = () => {
    for (const [key, at] of [["a", view.a], ["b", view.b]]) {
      byId(key).value = models.page[at];
      byId(`name-${key}`).replaceChildren(
        normsuite.element("a", { href: `models/${models.page[at]}.html` }, models.name[at]), ` (${models.revision[at]})`);
    }
    drawGroups(drawTasks());
  };

  const start = async () => {
    if (!offered.length) return;
    read();
    sides = await Promise.all([view.a, view.b].map((at) => normsuite.load(`models/${models.page[at]}`)));
    draw();
    document.documentElement.dataset.drawn = "";
  };

  for (const key of ["a", "b"]) {
    byId(key).replaceChildren(...offered.map((at) =>
      normsuite.element("option", { value: models.page[at] }, `${models.name[at]} · ${models.revision[at]}`)));
    byId(key).addEventListener("change", () => {
      view[key] = models.page.indexOf(byId(key).value);
      write();
      start();
    });
  }
  byId("swap").addEventListener("click", () => {
    [view.a, view.b] = [view.b, view.a];
    write();
    start();
  });
  byId("task").addEventListener("change", () => change({ task: byId("task").value, facet: "" }));
  byId("facet").addEventListener("change", () => change({ facet: byId("facet").value }));
  normsuite.onView(start);
  await start();
});
