"use strict";
/* Boards of one culture or category: every model on every task that has the group. */
normsuite.ready(async () => {
  const byId = (id) => document.getElementById(id);
  const [listed, { models, tracks }] = await Promise.all([normsuite.load("groups"), normsuite.load("ranking")]);
  const board = normsuite.board(byId("groups"), (sort) => change({ sort }));
  const folded = models.name.map(normsuite.fold);
  let view = {};
  let data = null;

  const read = () => {
    const asked = normsuite.view();
    const facet = listed.facets.find(([name]) => name === asked.get("facet")) ?? listed.facets[0];
    const group = facet[2].find(([, name]) => name === asked.get("group")) ?? facet[2][0];
    view = { facet, group, sort: asked.get("sort") ?? "", words: asked.get("q") ?? "" };
  };

  const write = () => normsuite.setView({ facet: view.facet[0], group: view.group[1], sort: view.sort, q: view.words });

  const change = (changed) => {
    Object.assign(view, changed);
    write();
    draw();
  };

  const column = (name) => {
    const told = data.tasks[name];
    const about = listed.tasks[name];
    const rows = new Map(told.at.map((at, row) => [at, row]));
    const row = (at) => rows.get(at);
    return {
      key: name, title: name, descending: about.higher, kind: "task",
      hint: `${about.title}: ${about.metric}${about.higher ? "" : " (lower is better)"}`, note: `${told.n} items`,
      value: (at) => (row(at) === undefined ? null : told.value[row(at)]),
      draw: (at) => {
        if (row(at) === undefined) return ["–"];
        const few = told.clusters[row(at)] < listed.few ? "†" : "";
        const drawn = normsuite.valueCell(told.value[row(at)], told.low[row(at)], told.high[row(at)]);
        return few ? [drawn[0], normsuite.element("abbr", { title: "few clusters" }, few), ...drawn.slice(1)] : drawn;
      },
    };
  };

  const draw = () => {
    const names = Object.keys(data.tasks).sort((a, b) => data.tasks[b].at.length - data.tasks[a].at.length || (a < b ? -1 : 1));
    const model = {
      key: "model", title: "Model", text: true, head: true, kind: "model", value: (at) => models.name[at],
      draw: (at) => [normsuite.element("a", { href: `models/${models.page[at]}.html` }, models.name[at])],
    };
    const everyone = [...new Set(names.flatMap((name) => data.tasks[name].at))].sort((a, b) => a - b);
    const words = normsuite.fold(view.words).split(/\s+/).filter(Boolean);
    const rows = everyone.filter((at) => words.every((word) => folded[at].includes(word)));
    const first = listed.tasks[names[0]].higher ? `-${names[0]}` : names[0];
    board.draw({ columns: [model, ...names.map(column)], rows, sort: view.sort || first });
    byId("group-title").textContent = `${view.facet[1]}: ${view.group[0]}`;
    byId("count").textContent = `${rows.length} of ${everyone.length} models`;
  };

  const drawControls = () => {
    const fill = (id, options, chosen) => {
      const field = byId(id);
      field.replaceChildren(...options.map(([value, title]) => normsuite.element("option", { value }, title)));
      field.value = chosen;
    };
    fill("facet", listed.facets, view.facet[0]);
    fill("group", view.facet[2].map(([title, name, tasks]) => [name, `${title} (${tasks} ${tasks === 1 ? "task" : "tasks"})`]), view.group[1]);
    byId("words").value = view.words;
  };

  const start = async () => {
    if (!listed.facets.length || !tracks.length) return;
    read();
    drawControls();
    data = await normsuite.load(`groups/${view.group[1]}`);
    draw();
    document.documentElement.dataset.drawn = "";
  };
  const go = (facet, group) => {
    normsuite.setView({ facet, group, q: view.words });
    start();
  };
  byId("facet").addEventListener("change", () => go(byId("facet").value, ""));
  byId("group").addEventListener("change", () => go(view.facet[0], byId("group").value));
  byId("words").addEventListener("input", () => change({ words: byId("words").value.trim() }));
  normsuite.onView(start);
  await start();
});
