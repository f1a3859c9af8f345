"use strict";
/* The first page: models by rank, with what is beside them and what is apart. */
normsuite.ready(async () => {
  const MOST = 8; // task columns, until others are chosen
  const byId = (id) => document.getElementById(id);
  const data = await normsuite.load("ranking");
  const { models } = data;
  const folded = models.name.map((name, at) => normsuite.fold(`${name} ${models.revision[at]}`));
  const several = new Set(models.name.filter((name, at) => models.name.indexOf(name) !== at));
  const ranked = normsuite.board(byId("ranking"), (sort) => change({ sort }));
  const apart = normsuite.board(byId("apart"), (sort) => change({ sort }));
  const cells = new Map();
  const worst = new Map();
  for (const [name, task] of Object.entries(data.tasks)) {
    cells.set(name, new Map((task.cells?.at ?? []).map((at, row) => [at, row])));
    worst.set(name, new Map((task.worst?.at ?? []).map((at, row) => [at, row])));
  }
  let view = {};

  const read = () => {
    const asked = normsuite.view();
    const track = data.tracks.find((one) => one.key === asked.get("track")) ?? data.tracks[0];
    const cultural = track.tasks.filter((name) => data.tasks[name].worst);
    const columns = asked.has("cols")
      ? asked.get("cols").split(",").filter((name) => track.tasks.includes(name))
      : track.tasks.slice(0, MOST);
    const own = asked.get("worst");
    view = {
      track, columns, cultural, chosen: asked.has("cols"),
      sort: asked.get("sort") ?? "rank",
      words: asked.get("q") ?? "",
      worst: cultural.includes(own) ? own : cultural.find((name) => track.panel.includes(name)) ?? cultural[0] ?? "",
      told: cultural.includes(own) ? own : "",
    };
  };

  const write = () => normsuite.setView({
    track: view.track === data.tracks[0] ? "" : view.track.key,
    q: view.words,
    sort: view.sort === "rank" ? "" : view.sort,
    worst: view.told,
    cols: view.chosen ? view.columns.join(",") || "none" : "",
  });

  const change = (changed) => {
    Object.assign(view, changed);
    write();
    draw();
  };

  const modelCell = (at) => {
    const link = normsuite.element("a", { href: `models/${models.page[at]}.html` }, models.name[at]);
    const partial = models.partial[at] ? normsuite.element("span", { class: "mark", title: models.partial[at] }, "partial") : null;
    return [link, ...(partial ? [" ", partial] : []),
      ...(several.has(models.name[at]) ? [normsuite.element("small", {}, models.revision[at])] : [])];
  };

  const taskColumn = (name) => {
    const task = data.tasks[name];
    const row = (at) => cells.get(name).get(at);
    const pick = (list, at) => (row(at) === undefined ? null : task.cells[list][row(at)]);
    return {
      key: name, title: name, descending: task.higher, kind: "task",
      hint: `${task.title}: ${task.metric}${task.higher ? "" : " (lower is better)"}`,
      value: (at) => pick("value", at),
      draw: (at) => normsuite.valueCell(pick("value", at), pick("low", at), pick("high", at)),
    };
  };

  const worstColumn = () => {
    const task = data.tasks[view.worst];
    const told = task.worst;
    const row = (at) => worst.get(view.worst).get(at);
    return {
      key: "worst", title: "Worst-served culture", descending: task.higher, kind: "worst",
      hint: `the group of ${view.worst} with the lowest score among those with enough clusters`,
      value: (at) => (row(at) === undefined ? null : told.value[row(at)]),
      draw: (at) => {
        if (row(at) === undefined) return ["–"];
        const number = `${normsuite.decimal(told.value[row(at)])} ${normsuite.bounds(told.low[row(at)], told.high[row(at)])}`;
        return [told.groups[told.group[row(at)]], normsuite.element("small", {}, number)];
      },
    };
  };

  const rankColumns = (track) => {
    const place = new Map(track.at.map((at, row) => [at, row]));
    const end = Math.max(2, track.at.length);
    return [
      {
        key: "rank", title: "Rank", hint: "rank by mean rank, and its 95 % interval", kind: "rank",
        value: (at) => track.rank[place.get(at)],
        draw: (at) => {
          const row = place.get(at);
          const [value, low, high] = [track.rank[row], track.best[row], track.last[row]];
          return [normsuite.element("b", {}, String(value)), normsuite.element("small", {}, `${low}–${high}`),
            normsuite.strip({ low, high, value, start: 1, end })];
        },
      },
      { key: "model", title: "Model", text: true, head: true, kind: "model", value: (at) => models.name[at], draw: modelCell },
      {
        key: "mean", title: "Mean rank", hint: "mean of the ranks on the tasks that are ranked over", kind: "mean",
        value: (at) => track.mean[place.get(at)], draw: (at) => [(track.mean[place.get(at)] / 10_000).toFixed(2)],
      },
    ];
  };

  const footRow = (title, columns, pick) => {
    const row = normsuite.element("tr", { class: "beside" });
    for (const column of columns) {
      if (column.head) row.append(normsuite.element("th", { scope: "row", class: "model" }, title));
      else row.append(normsuite.element("td", { class: column.kind }, ...(data.tasks[column.key] ? pick(column.key) : [])));
    }
    return row;
  };

  const beside = (columns) => {
    const titles = [...new Set(view.columns.flatMap((name) => data.tasks[name].beside.map(([title]) => title)))]
      .filter((title) => !title.startsWith("Null"));
    const rows = titles.map((title) => footRow(title, columns, (name) => {
      const told = data.tasks[name].beside.find(([one]) => one === title);
      return told ? normsuite.valueCell(told[1], told[2], told[3]) : ["–"];
    }));
    return [...rows, footRow("Chance", columns, (name) => [normsuite.decimal(data.tasks[name].cells?.chance)])];
  };

  const found = (rows) => {
    const words = normsuite.fold(view.words).split(/\s+/).filter(Boolean);
    return rows.filter((at) => words.every((word) => folded[at].includes(word)));
  };

  const draw = () => {
    const { track } = view;
    const tasks = view.columns.map(taskColumn);
    const extra = view.worst ? [worstColumn()] : [];
    const columns = [...rankColumns(track), ...extra, ...tasks];
    const rows = found(track.at);
    const others = found(track.others);
    ranked.draw({ columns, rows, sort: view.sort, foot: beside(columns) });
    const missing = (at) => track.panel.filter((name) => !cells.get(name).has(at)).length;
    const lacks = { key: "lacks", title: "Tasks missing", kind: "mean", value: missing, draw: (at) => [String(missing(at))] };
    apart.draw({ columns: [rankColumns(track)[1], lacks, ...extra, ...tasks], rows: others, sort: view.sort === "rank" ? "lacks" : view.sort });
    byId("apart-part").hidden = track.others.length === 0;
    byId("count").textContent = `${rows.length + others.length} of ${track.at.length + track.others.length} models`;
    byId("over").textContent = track.panel.length === 1 ? `the task ${track.panel[0]}` : `${track.panel.length} tasks`;
    byId("over").title = track.panel.join(", ");
  };

  const drawControls = () => {
    const option = (value, title) => normsuite.element("option", { value }, title);
    const track = byId("track");
    track.replaceChildren(...data.tracks.map((one) => option(one.key, one.title)));
    track.value = view.track.key;
    track.closest("label").hidden = data.tracks.length < 2;
    const culture = byId("culture");
    culture.replaceChildren(...view.cultural.map((name) => option(name, name)));
    culture.value = view.worst;
    culture.closest("label").hidden = view.cultural.length < 2;
    byId("words").value = view.words;
    byId("columns").replaceChildren(...view.track.tasks.map((name) => {
      const box = normsuite.element("input", { type: "checkbox", value: name });
      box.checked = view.columns.includes(name);
      return normsuite.element("label", {}, box, ` ${name}`);
    }));
  };

  byId("words").addEventListener("input", () => change({ words: byId("words").value.trim() }));
  byId("track").addEventListener("change", () => {
    normsuite.setView({ track: byId("track").value, q: view.words });
    start();
  });
  byId("culture").addEventListener("change", () => change({ worst: byId("culture").value, told: byId("culture").value }));
  byId("columns").addEventListener("change", () => {
    const boxes = [...byId("columns").querySelectorAll("input")];
    change({ chosen: true, columns: boxes.filter((box) => box.checked).map((box) => box.value) });
  });
  byId("save").addEventListener("click", () => {
    const { track } = view;
    const place = new Map(track.at.map((at, row) => [at, row]));
    const number = (value) => (value === null || value === undefined ? "" : value / 10_000);
    const lines = [...ranked.rows(), ...apart.rows()].map((at) => [
      models.name[at], models.revision[at], track.rank[place.get(at)], track.best[place.get(at)], track.last[place.get(at)],
      ...view.columns.map((name) => number(data.tasks[name].cells?.value[cells.get(name).get(at)])),
    ]);
    normsuite.saveCsv("view.csv", [["model", "revision", "rank", "rank_low", "rank_high", ...view.columns], ...lines]);
  });

  const start = () => {
    if (!data.tracks.length) return;
    read();
    drawControls();
    draw();
    document.documentElement.dataset.drawn = "";
  };
  normsuite.onView(start);
  start();
});
