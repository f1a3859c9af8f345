"use strict";
/* Items of a task: narrowed by native controls, listed, and one shown with its prompts and answers. */
(() => {
  const { element } = normsuite;
  const MOST_TEXT = 400; // characters of a prompt that the search reads
  const AGREEMENT = { high: [0.9, 1.01], middle: [0.6, 0.9], low: [0, 0.6] };

  const name = (column, at) => (column.at[at] < 0 ? null : column.names[column.at[at]]);

  /** What of an item the list and the filters need, from its readings. */
  const summarise = (data) => {
    const { items, readings, starts } = data;
    return Array.from({ length: items.id.length }, (_, at) => {
      const own = Array.from({ length: starts[at + 1] - starts[at] }, (_, step) => starts[at] + step);
      const judged = own.filter((row) => readings.right[row] !== null);
      const hits = judged.filter((row) => readings.right[row]).length;
      const failed = own.find((row) => readings.status[row] !== 0);
      const given = [...new Set(own.map((row) => spell(data, at, readings.given[row])))];
      return {
        own,
        given,
        gold: spell(data, at, items.gold[at]),
        right: !judged.length ? "none" : hits === judged.length ? "all" : hits ? "some" : "no",
        share: judged.length ? `${hits}/${judged.length}` : "–",
        status: failed === undefined ? 0 : readings.status[failed],
        agreement: items.people && items.people[at] ? Math.max(...items.people[at]) : null,
      };
    });
  };

  /** An answer in words: an index into the item's options, a list of them, or a number. */
  const spell = (data, at, answer) => {
    if (answer === null || answer === undefined) return "–";
    if (data.kind === "rating") return String(answer);
    const options = name(data.items.options, at) || [];
    const words = [answer].flat().map((one) => options[one] ?? "–");
    return words.length ? words.join(", ") : "none";
  };

  const start = async (section) => {
    const data = await normsuite.unpack(section.dataset.items);
    const { items, readings } = data;
    const brief = summarise(data);
    const text = (at) => {
      const asked = readings.asked ? readings.asked[brief[at].own[0]] : [];
      return asked.map((one) => one.prompt.slice(0, MOST_TEXT)).join(" ");
    };
    const searched = new Array(brief.length);
    const folded = (at) => (searched[at] ??= normsuite.fold(`${items.id[at]} ${text(at)}`));
    const find = (role) => section.querySelector(`[data-role="${role}"]`);

    const detail = find("detail");
    const list = normsuite.longList(find("list"), {
      height: 46,
      label: "Items",
      draw: (at) => row(data, brief[at], at),
      open: (at) => {
        detail.replaceChildren(...page(data, brief[at], at));
        detail.scrollTop = 0;
      },
    });

    const filters = {
      country: fill(find("country"), items.country.names.map((told, at) => [at, told])),
      gold: fill(find("gold"), distinct(brief.map((one) => [one.gold]))),
      given: fill(find("given"), distinct(brief.map((one) => one.given))),
      status: fill(find("status"), data.statuses.map((told, at) => [at, told])
        .filter(([at]) => brief.some((one) => one.status === at))),
      category: categories(find("category"), items.categories.names),
      right: brief.some((one) => one.right !== "none") ? find("right") : hide(find("right")),
      people: items.people ? find("people") : hide(find("people")),
      words: find("words"),
    };

    const keeps = () => {
      const value = (which) => (filters[which] ? filters[which].value : "");
      const words = normsuite.fold(filters.words.value).split(/\s+/).filter(Boolean);
      const [country, gold, given, status, right] = ["country", "gold", "given", "status", "right"].map(value);
      const people = AGREEMENT[value("people")];
      const carried = categoryTest(items.categories, value("category"));
      return (at) => {
        const one = brief[at];
        return (country === "" || items.country.at[at] === Number(country))
          && (gold === "" || one.gold === gold)
          && (given === "" || one.given.includes(given))
          && (status === "" || one.status === Number(status))
          && (right === "" || one.right === right)
          && (!people || (one.agreement !== null && one.agreement >= people[0] && one.agreement < people[1]))
          && carried(at)
          && words.every((word) => folded(at).includes(word));
      };
    };

    const count = find("count");
    const apply = () => {
      const shown = brief.map((_, at) => at).filter(keeps());
      list.show(shown);
      count.textContent = `${shown.length.toLocaleString("en")} of ${brief.length.toLocaleString("en")} items`;
      detail.replaceChildren(element("p", { class: "muted" }, shown.length
        ? "Choose an item to see what was asked and answered." : "No item is left; take a filter away."));
    };
    for (const control of Object.values(filters)) {
      if (control) control.addEventListener(control.type === "search" ? "input" : "change",
        control.type === "search" ? normsuite.later(apply, 80) : apply);
    }
    find("reset").addEventListener("click", () => {
      for (const control of Object.values(filters)) if (control) control.value = "";
      apply();
    });
    section.closest("[data-browse]").querySelector('[data-role="fallback"]').remove();
    section.hidden = false;
    apply();
  };

  const hide = (control) => {
    control.closest("label").hidden = true;
    return null;
  };

  const distinct = (lists) => [...new Set(lists.flat())].sort().map((one) => [one, one]);

  /** Options of a select; one that has a single choice is hidden. */
  const fill = (select, pairs) => {
    if (pairs.length < 2) return hide(select);
    for (const [value, told] of pairs) select.append(element("option", { value }, told));
    return select;
  };

  /** One group of choices for each facet. */
  const categories = (select, lists) => {
    const facets = new Map();
    for (const list of lists) {
      for (const [facet, values] of list) {
        if (!facets.has(facet)) facets.set(facet, new Set());
        for (const value of values) facets.get(facet).add(value);
      }
    }
    if (!facets.size) return hide(select);
    for (const [facet, values] of [...facets].sort()) {
      const group = element("optgroup", { label: facet });
      for (const told of [...values].sort()) {
        group.append(element("option", { value: JSON.stringify([facet, told]) }, told));
      }
      select.append(group);
    }
    return select;
  };

  const categoryTest = (column, choice) => {
    if (!choice) return () => true;
    const [facet, value] = JSON.parse(choice);
    const has = column.names.map((list) => list.some(([one, values]) => one === facet && values.includes(value)));
    return (at) => column.at[at] >= 0 && has[column.at[at]];
  };

  const MARKS = { all: "✓", some: "◐", no: "✗", none: "·" };
  const SAID = { all: "right", some: "partly right", no: "wrong", none: "not judged" };

  /** A line of the list. */
  const row = (data, one, at) => {
    const mark = element("span", { class: `mark ${one.right}`, title: SAID[one.right] }, MARKS[one.right],
      element("span", { class: "heard" }, ` ${SAID[one.right]}`));
    const country = name(data.items.country, at);
    const status = one.status ? data.statuses[one.status].replace("_", " ") : null;
    return [
      mark,
      element("span", { class: "what" },
        element("bdi", {}, data.items.id[at]),
        element("small", {}, element("bdi", {}, one.gold), " → ", element("bdi", {}, one.given.join(" | ")))),
      element("span", { class: "where" }, country, status ? element("em", {}, status) : null),
    ];
  };

  /** Everything about one item. */
  const page = (data, one, at) => {
    const { items, readings } = data;
    const facts = element("dl", { class: "facts" });
    const fact = (term, told) => {
      if (told) facts.append(element("dt", {}, term), element("dd", {}, element("bdi", {}, told)));
    };
    fact("Gold", one.gold);
    fact("Right", one.right === "none" ? null : `${one.share} readings`);
    fact("Country", name(items.country, at));
    fact("Language", name(items.language, at));
    for (const [facet, values] of name(items.categories, at) || []) fact(facet, values.join(", "));
    if (items.people && items.people[at]) {
      const options = name(items.options, at) || [];
      const shares = items.people[at].map((share, which) => `${options[which]} ${Math.round(100 * share)} %`);
      fact("People", shares.join(", ") + (items.voters[at] ? ` (${items.voters[at]} asked)` : ""));
    }
    const made = [element("h4", {}, element("bdi", {}, items.id[at])), facts];
    one.own.forEach((row, which) => {
      const told = readings.status[row] === 0 ? spell(data, at, readings.given[row])
        : data.statuses[readings.status[row]].replace("_", " ");
      const right = readings.right[row];
      const mark = right === null ? "none" : right ? "all" : "no";
      made.push(element("details", { open: which === 0 },
        element("summary", {}, element("span", { class: `mark ${mark}` }, MARKS[mark]), " ",
          element("bdi", {}, name(readings.prompt, row) || "reading"), ": ", element("bdi", {}, told)),
        ...reading(data, row, at)));
    });
    return made;
  };

  /** One reading: probabilities and texts. */
  const reading = (data, row, at) => {
    const { items, readings } = data;
    const made = [];
    const about = [
      name(readings.order, row) ? `options shown in the order ${name(readings.order, row)}` : null,
      readings.mass[row] === null ? null : `label mass ${readings.mass[row]}`,
      name(readings.detail, row),
    ].filter(Boolean);
    if (about.length) made.push(element("p", { class: "muted" }, about.join("; ")));
    const probabilities = readings.probabilities[row];
    if (probabilities) {
      const options = name(items.options, at) || [];
      const bars = element("dl", { class: "bars" });
      probabilities.forEach((p, which) => {
        const bar = element("span", { class: "bar" });
        bar.style.width = `${(100 * p).toFixed(1)}%`;
        bars.append(element("dt", {}, element("bdi", {}, options[which] ?? `option ${which + 1}`)),
          element("dd", {}, bar, element("span", {}, p.toFixed(3))));
      });
      made.push(bars);
    }
    const language = name(items.language, at);
    for (const one of readings.asked ? readings.asked[row] : []) {
      if (one.about) made.push(element("p", { class: "about" }, element("bdi", {}, one.about)));
      made.push(quote("Prompt", one.prompt, language));
      if (one.thinking) made.push(quote("Thought", one.thinking, null));
      if (one.answer !== undefined) made.push(quote("Answer", one.answer, null));
    }
    return made;
  };

  const quote = (title, text, language) => element("figure", { class: "quote" },
    element("figcaption", {}, title), element("pre", { dir: "auto", lang: language }, text || "(empty)"));

  normsuite.ready(() => {
    for (const section of document.querySelectorAll("[data-browse]")) {
      // Unpacked when it comes near, so that a page of many tasks opens at once.
      const seen = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          seen.disconnect();
          start(section.querySelector(".browser"));
        }
      }, { rootMargin: "600px" });
      seen.observe(section);
    }
  });
})();
