// The site's own: search, the leaderboard's order and filters, the comparison, light and dark. It reads `assets/index.js`
// and asks nobody for anything. Texts of models only ever become text, never markup.
"use strict";
{
  const root = document.documentElement;
  const up = root.dataset.up || "";
  const byId = id => document.getElementById(id);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  document.querySelectorAll(".needs-script").forEach(one => { one.hidden = false; });

  // -- light and dark

  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const button = byId("theme");
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  name();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
    try { localStorage.setItem("aa-tui-theme", root.dataset.theme); } catch (error) { root.dataset.keeps = "nothing"; }
  });

  // -- the index: columns and rows, read as objects once

  let asked = null;
  const read = () => {
    const index = window.aaTuiIndex;
    return {
      ...index,
      models: index.models.map(values => Object.fromEntries(index.columns.map((column, place) => [column, values[place]]))),
    };
  };
  const load = () => {
    asked = asked || new Promise(done => {
      if (window.aaTuiIndex) return done(read());
      const script = make("script");
      script.src = `${up}assets/index.js`;
      script.addEventListener("load", () => done(read()));
      document.head.append(script);
    });
    return asked;
  };
  const plain = text => String(text || "").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const words = text => plain(text).split(/[^\p{L}\p{N}.]+/u).filter(Boolean);
  const textOf = model => plain(`${model.name} ${model.creator} ${model.slug} ${model.license || ""}`);
  const passes = (text, wanted) => wanted.every(word => text.includes(word));

  // -- search: filters the leaderboard; elsewhere a list of models

  const search = byId("search");
  const found = byId("found");
  const board = root.dataset.page === "board" ? byId("board") : null;
  search.form.hidden = false;
  search.form.addEventListener("submit", event => event.preventDefault());
  document.addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
  search.addEventListener("focus", load);

  const MOST = 12;
  let chosen = -1;
  const choose = place => {
    const items = [...found.querySelectorAll("li")];
    chosen = items.length ? (place + items.length) % items.length : -1;
    items.forEach((item, number) => item.setAttribute("aria-selected", number === chosen));
    if (items[chosen]) items[chosen].scrollIntoView({ block: "nearest" });
  };
  const list = async () => {
    const index = await load();
    const wanted = words(search.value);
    found.replaceChildren();
    found.hidden = !wanted.length;
    if (!wanted.length) return;
    const models = index.models.filter(model => passes(textOf(model), wanted));
    models.slice(0, MOST).forEach(model => {
      const link = make("a", model.name, make("li", "", found));
      link.href = `${up}models/${encodeURIComponent(model.page)}.html`;
      make("small", model.creator, link);
    });
    if (!models.length) make("p", "No model is called so.", found);
    if (models.length > MOST) make("p", `and ${models.length - MOST} more`, found);
    choose(0);
  };
  search.addEventListener("keydown", event => {
    if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); search.blur(); }
    if (board) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
    if (event.key === "Enter") {
      const link = found.querySelectorAll("a")[Math.max(0, chosen)];
      if (link) link.click();
    }
  });

  // -- the leaderboard

  const startBoard = index => {
    const form = byId("filters");
    const body = board.tBodies[0];
    const rows = [...body.rows].map((row, place) => ({ row, place, model: index.models[place], text: textOf(index.models[place]) }));
    const state = { key: "", descending: true };
    const LOWER_FIRST = new Set(["name", "creator", "price_in_usd_per_m", "price_out_usd_per_m"]);

    const remember = () => {
      const told = new URLSearchParams();
      if (search.value.trim()) told.set("q", search.value.trim());
      for (const field of form.querySelectorAll("select")) if (field.value) told.set(field.name, field.value);
      if (state.key) told.set("sort", (state.descending ? "-" : "") + state.key);
      history.replaceState(null, "", told.size ? `#${told}` : location.pathname + location.search);
    };
    const filter = () => {
      const wanted = words(search.value);
      const { class: band, weights, reasoning, creator } = Object.fromEntries(new FormData(form));
      let shown = 0;
      for (const one of rows) {
        const model = one.model;
        const is_shown = passes(one.text, wanted)
          && (!band || model.classes.includes(band))
          && (!weights || (!model.is_local && model.open_weights === (weights === "open")))
          && (!reasoning || model.reasoning === (reasoning === "yes"))
          && (!creator || model.creator === creator);
        one.row.hidden = !is_shown;
        shown += is_shown;
      }
      byId("count").textContent = `${shown} of ${rows.length}`;
      byId("none").hidden = shown > 0;
      remember();
    };
    const sort = (key, descending) => {
      Object.assign(state, { key, descending });
      const value = model => typeof model[key] === "string" ? plain(model[key]) : model[key];
      const missing = one => one.model[key] === null || one.model[key] === "";
      const inOrder = [...rows].sort((one, other) => {
        if (missing(one) || missing(other)) return missing(one) - missing(other) || one.place - other.place;
        const [a, b] = [value(one.model), value(other.model)];
        const order = a < b ? -1 : a > b ? 1 : 0;
        return (descending ? -order : order) || one.place - other.place;
      });
      body.append(...inOrder.map(one => one.row));
      inOrder.forEach((one, place) => { one.row.cells[0].textContent = place + 1; });
      for (const head of board.tHead.rows[0].cells) {
        if (head.dataset.key === key) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      }
    };
    for (const head of board.tHead.rows[0].cells) {
      if (!head.dataset.key) continue;
      const click = make("button", head.textContent);
      click.type = "button";
      head.replaceChildren(click);
      click.addEventListener("click", () => {
        const key = head.dataset.key;
        sort(key, state.key === key ? !state.descending : !LOWER_FIRST.has(key));
        remember();
      });
    }
    const told = new URLSearchParams(location.hash.slice(1));
    search.value = told.get("q") || "";
    for (const field of form.querySelectorAll("select")) field.value = told.get(field.name) || "";
    for (const field of form.querySelectorAll("select")) if (field.selectedIndex < 0) field.value = "";
    const wanted = told.get("sort") || "";
    const key = wanted.replace(/^-/, "");
    if ([...board.tHead.rows[0].cells].some(head => key && head.dataset.key === key)) sort(key, wanted.startsWith("-"));
    form.hidden = false;
    form.addEventListener("change", filter);
    form.addEventListener("reset", () => setTimeout(() => { search.value = ""; filter(); }));
    search.addEventListener("input", filter);
    filter();
  };

  // -- the comparison: published figures, and apart from them what was measured

  const LEAST = 2;
  const MOST_COMPARED = 4;
  const HERE = [["here_pp_tps", "Prompt processing (pp512)", "tokens/s"], ["here_tg_tps", "Generation (tg128)", "tokens/s"],
    ["here_index", "Index of the packs of aa-tui", "0-100"]];
  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

  const startCompare = index => {
    const byPage = new Map(index.models.map(model => [model.page, model]));
    const byName = new Map(index.models.map(model => [model.name, model]));
    const form = byId("choose");
    const options = byId("models");
    index.models.forEach(model => { make("option", "", options).value = model.name; });
    let models = [];

    const sourceOf = (model, place) => {
      const at = Array.isArray(model.sources) ? model.sources[place] : model.sources;
      const source = at === null || at === undefined ? null : index.sources[at];
      return source ? [source.name, source.as_of, source.index_version && `index ${source.index_version}`].filter(Boolean).join(", ") : "";
    };
    const cell = (row, text, note) => {
      const made = make("td", text, row);
      if (note) make("small", note, made);
      return made;
    };
    const figures = (title, rows, note) => {
      if (!rows.length) return;
      const section = make("section", "", byId("comparison"));
      make("h2", title, section);
      const table = make("table", "", make("div", "", section));
      table.parentElement.className = "scroll";
      const head = make("tr", "", make("thead", "", table));
      make("th", "", head);
      models.forEach(model => { make("th", model.name, head).scope = "col"; });
      const body = make("tbody", "", table);
      rows.forEach(({ label, values, texts, notes, better, bars }) => {
        const row = make("tr", "", body);
        make("th", label, row).scope = "row";
        const known = values.filter(value => value !== null);
        const best = !better || known.length < 2 ? null : better === "higher" ? Math.max(...known) : Math.min(...known);
        const most = Math.max(0, ...known);
        values.forEach((value, place) => {
          const made = cell(row, texts[place], notes[place]);
          if (best !== null && value === best && known.some(one => one !== best)) made.className = "best";
          if (bars && value !== null && most > 0) {
            const bar = make("meter");
            bar.max = most;
            bar.value = value;
            bar.title = texts[place];
            made.append(bar);
          }
        });
      });
      if (note) make("p", note, section).className = "quiet";
    };
    const show = () => {
      const list = byId("chosen");
      list.replaceChildren();
      byId("comparison").replaceChildren();
      models.forEach(model => {
        const item = make("li", "", list);
        const link = make("a", model.name, item);
        link.href = `models/${encodeURIComponent(model.page)}.html`;
        const away = make("button", "×", item);
        away.type = "button";
        away.setAttribute("aria-label", `Take ${model.name} away`);
        away.addEventListener("click", () => { models = models.filter(one => one !== model); show(); });
      });
      history.replaceState(null, "", models.length ? `#${models.map(model => encodeURIComponent(model.page)).join(",")}` : location.pathname);
      byId("trouble").textContent = models.length < LEAST ? `Choose ${LEAST} to ${MOST_COMPARED} models.` : "";
      if (models.length < LEAST) return;
      const versions = new Set(models.map(model => model.index_version).filter(Boolean));
      const perIndex = new Set(["intelligence_index", "index_output_tokens_m", "cost_to_run_usd"]);
      const published = index.figures.map((figure, place) => {
        const values = models.map(model => model[figure.key]);
        const apart = perIndex.has(figure.key) && versions.size > 1;
        return {
          label: `${figure.label}, ${figure.unit}`,
          values,
          texts: values.map((value, at) => value === null ? "–" : number.format(value)
            + (figure.key === "intelligence_index" && models[at].index_is_estimate ? " ~" : "")),
          notes: models.map((model, at) => values[at] === null ? "" : sourceOf(model, place)),
          better: apart ? null : figure.better,
          bars: !apart,
        };
      }).filter(row => row.values.some(value => value !== null));
      figures("Published", published, versions.size > 1
        ? `The index versions differ (${[...versions].join(", ")}): index, tokens and cost of two versions are not compared.` : "");
      const fact = (label, read) => ({ label, values: models.map(() => null), texts: models.map(read), notes: models.map(() => "") });
      figures("Facts", [
        fact("Creator", model => model.creator || "–"),
        fact("Released", model => model.release_date || "–"),
        fact("Reasoning", model => model.reasoning === null ? "not told" : model.reasoning ? "yes" : "no"),
        fact("Weights", model => model.is_local ? "–" : model.open_weights === null ? "not told" : model.open_weights ? "open" : "proprietary"),
        fact("Licence", model => model.license || "–"),
        fact("Total parameters", model => model.total_params_b === null ? "–" : `${number.format(model.total_params_b)} billion`),
        fact("Active parameters", model => model.active_params_b === null ? "–" : `${number.format(model.active_params_b)} billion`),
        fact("Context window", model => model.context_tokens === null ? "–" : `${model.context_tokens.toLocaleString("en")} tokens`),
      ]);
      figures("Measured", HERE.map(([key, label, unit]) => {
        const values = models.map(model => model[key]);
        return {
          label: `${label}, ${unit}`,
          values,
          texts: values.map((value, at) => value === null ? "–" : number.format(value) + (models[at].here_unreliable && key !== "here_index" ? " !" : "")),
          notes: values.map(value => value === null ? "" : `aa-tui, until ${index.made_on}`),
          better: null,
          bars: false,
        };
      }).filter(row => row.values.some(value => value !== null)),
      "Measured by whoever made this site, each on the machine that the model's page names; not to be compared with what is published.");
    };
    const add = model => {
      if (!model) byId("trouble").textContent = "No model is called so.";
      else if (models.includes(model)) byId("trouble").textContent = `${model.name} is there already.`;
      else if (models.length >= MOST_COMPARED) byId("trouble").textContent = `${MOST_COMPARED} models at most: take one away first.`;
      else { models.push(model); byId("pick").value = ""; show(); }
    };
    const fromAddress = () => {
      models = [...new Set(location.hash.slice(1).split(",").filter(Boolean).map(one => byPage.get(decodeURIComponent(one))))]
        .filter(Boolean).slice(0, MOST_COMPARED);
      show();
    };
    form.hidden = false;
    form.addEventListener("submit", event => {
      event.preventDefault();
      const wanted = words(byId("pick").value);
      const near = index.models.filter(model => wanted.length && passes(textOf(model), wanted));
      add(byName.get(byId("pick").value.trim()) || near[0]);
    });
    addEventListener("hashchange", fromAddress);
    fromAddress();
  };

  if (board) load().then(startBoard);
  else search.addEventListener("input", list);
  if (root.dataset.page === "compare") load().then(startCompare);
}
