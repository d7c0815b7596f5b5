/* The page: controls in, words and plot out. All text is set as text; what is shown follows from one state, and the state
   is in the address. */
(() => {
  "use strict";

  const { protocolState, analyse, withTrial, withClass, toFragment, fromFragment, isProtocol, areDays } = mscAnalysis;
  const root = document.getElementById("msc-explore");
  const data = JSON.parse(document.getElementById("msc-explore-data").textContent);
  const offered = data.outcomes.filter((outcome) => !outcome.why_not);
  let outcome = offered[0];
  let state = outcome && protocolState(outcome);
  let ignored = [];
  let waiting = 0;

  function make(name, properties = {}, ...children) {
    const { attributes = {}, ...others } = properties;
    const made = Object.assign(document.createElement(name), others);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  const paragraph = (text, className = "") => make("p", { className, textContent: text });

  // ---- what stays ---------------------------------------------------------------------------------------------------

  const notice = make("div", { className: "explore-notice" });
  const answer = make("div", { className: "explore-answer" });
  const plot = make("div", {
    className: "explore-plot", tabIndex: 0, attributes: { role: "region", "aria-label": "Forest plot, as explored" },
  });
  const summary = make("div", { className: "explore-summary" });
  const table = make("table");
  const details = make("details", {}, make("summary", { textContent: "The shown numbers as a table" }),
    make("div", { className: "explore-table", tabIndex: 0, attributes: { role: "region", "aria-label": "Numbers of the forest plot" } }, table));
  const spoken = make("p", { className: "explore-unseen", attributes: { role: "status", "aria-live": "polite" } });
  const panel = make("div", { className: "explore-controls", attributes: { role: "group", "aria-label": "Change the analysis" } });
  const back = make("button", { type: "button", textContent: "Back to the protocol’s analysis" });
  const link = make("a", { textContent: "Address of this state" });
  const heading = make("p", { className: "explore-heading" });
  const changes = make("ul");

  // ---- controls -----------------------------------------------------------------------------------------------------

  let controls = []; // functions that make a control show the state

  function fieldset(legend, ...children) {
    return make("fieldset", {}, make("legend", { textContent: legend }), ...children.filter(Boolean));
  }
  function select(label, options, read, change) {
    if (options.length < 2) return null;
    const chosen = make("select", {}, ...options.map(([value, text]) => make("option", { value, textContent: text })));
    chosen.addEventListener("change", () => go(change(chosen.value)));
    controls.push(() => {
      const value = String(read());
      if (![...chosen.options].some((one) => one.value === value)) chosen.append(make("option", { value, textContent: value }));
      chosen.value = value;
    });
    return make("label", {}, make("span", { textContent: label }), chosen);
  }
  function tick(label, read, change) {
    const box = make("input", { type: "checkbox" });
    const note = make("small");
    box.addEventListener("change", () => go(change(box.checked)));
    controls.push((analysis) => {
      const { ticked, fixed = false, why = "" } = read(analysis);
      Object.assign(box, { checked: ticked, disabled: fixed });
      note.textContent = why;
    });
    return make("label", { className: "explore-tick" }, box, make("span", {}, label, " ", note));
  }
  const set = (field, convert = (value) => value) => (value) => ({ ...state, [field]: convert(value) });

  function model() {
    const levels = [...new Set([80, 90, 95, 99, mscAnalysis.percent(outcome.protocol.level)])].sort((a, b) => a - b);
    return fieldset("Effect and model",
      select("Effect measure", outcome.measures.map((one) => [one.name, `${one.title} (${one.name})`]), () => state.measure, set("measure")),
      select("Between-trial variance (tau²)", Object.entries(data.estimators).map(([name, text]) => [name, `${name}: ${text.replace(` (${name})`, "")}`]),
        () => state.method, set("method")),
      select("Confidence interval", Object.entries(data.intervals), () => state.ci, set("ci")),
      select("Prediction interval", Object.entries(mscWords.PREDICTIONS), () => state.prediction, set("prediction")),
      select("Level of intervals", levels.map((level) => [String(level), `${level}%`]), () => mscAnalysis.percent(state.level),
        set("level", (value) => Number((value / 100).toPrecision(10)))),
      select("Medians to means and SDs", outcome.medians.map((name) => [name, mscWords.MEDIANS[name] ?? name]), () => state.medians, set("medians")));
  }

  function timeWindow() {
    if (!outcome.protocol.days) return null;
    const wrong = make("p", { className: "explore-wrong", id: "msc-explore-days", attributes: { role: "alert" } });
    const inputs = ["Target", "Earliest", "Latest"].map((label, at) => {
      const input = make("input", { type: "number", min: 0, max: 99999, step: "any", required: true, attributes: { inputmode: "decimal" } });
      input.addEventListener("change", changed);
      controls.push(() => { input.value = state.days[at]; });
      return [input, make("label", {}, make("span", { textContent: label }), input)];
    });
    controls.push(() => say(""));
    const say = (text) => {
      wrong.textContent = text;
      for (const [input] of inputs) {
        input.setAttribute("aria-invalid", String(text !== ""));
        if (text) input.setAttribute("aria-describedby", wrong.id);
        else input.removeAttribute("aria-describedby");
      }
    };
    function changed() {
      const days = inputs.map(([input]) => (input.value.trim() === "" || !input.validity.valid ? NaN : input.valueAsNumber));
      if (areDays(days)) go({ ...state, days });
      else say("Nothing was changed yet: earliest, target and latest day have to be in this order.");
    }
    return fieldset("Time window, days", make("div", { className: "explore-days" }, ...inputs.map(([, label]) => label)), wrong,
      tick("Use reports without a stated day", () => ({ ticked: state.undated }), set("undated")));
  }

  function classes() {
    const has = (name) => outcome.trials.filter((trial) => trial.barred.includes(name)
      || (name === "high-risk" && trial.high) || trial.blocks.some((block) => block.reports.some((report) => hasTrait(report, name))));
    const boxes = [...mscAnalysis.TRAITS, ...mscAnalysis.BARRIERS].filter((name) => has(name).length).map((name) => {
      const outside = mscAnalysis.BARRIERS.includes(name);
      const text = mscWords.classLabel(name, outcome);
      return [outside, tick(text, () => ({ ticked: outside === state[outside ? "admit" : "leave"].includes(name) }),
        (ticked) => withClass(outcome, state, name, ticked))];
    });
    if (!boxes.length) return null;
    return fieldset("Whole classes of trials", ...boxes.map(([, box]) => box));
  }
  function hasTrait(report, name) {
    if (name === "converted") return Object.values(report.use).some((one) => Object.values(one).some(({ rows }) => rows?.some((row) => row.how)));
    return report.source === name;
  }

  function trials() {
    const boxes = (list) => list.map((trial) => tick(trial.label, (analysis) => {
      const found = analysis.trials.find((one) => one.trial === trial);
      const rows = analysis.rows.filter((row) => row.trial === trial);
      const why = rows.every((row) => row.pooled) ? "" : mscWords.reason(rows.find((row) => !row.pooled), outcome);
      return { ticked: found.ticked, fixed: found.fixed, why };
    }, (ticked) => withTrial(outcome, state, trial.id, ticked)));
    const [inside, outside] = [outcome.trials.filter((one) => !one.barred.length), outcome.trials.filter((one) => one.barred.length)];
    const none = `${mscWords.many(outcome.others, "more trial")} of the review ${outcome.others === 1 ? "gives" : "give"} no usable number for this outcome.`;
    return make("div", {}, inside.length ? fieldset("Trials", ...boxes(inside)) : "",
      outside.length ? fieldset("Trials that are not eligible by the protocol", ...boxes(outside)) : "",
      outcome.others ? paragraph(none, "explore-note") : "");
  }

  function build() {
    controls = [];
    const outcomes = select("Outcome", offered.map((one) => [one.name, one.title]), () => outcome.name, (name) => {
      outcome = offered.find((one) => one.name === name);
      return protocolState(outcome);
    });
    const parts = [outcomes && fieldset("Outcome", outcomes), model(), timeWindow(), classes(), trials()];
    panel.replaceChildren(...parts.filter(Boolean));
    built = outcome;
    own = analyse(outcome, protocolState(outcome));
  }
  let built = null;
  let own = null; // the protocol's analysis of the outcome

  // ---- showing ------------------------------------------------------------------------------------------------------

  function show() {
    if (built !== outcome) {
      const held = panel.contains(document.activeElement) && document.activeElement.tagName === "SELECT";
      build();
      if (held) panel.querySelector("select")?.focus();
    }
    const analysis = analyse(outcome, state);
    for (const control of controls) control(analysis);
    showNotice(analysis);
    const { answer: first, basis } = mscWords.headline(analysis);
    const prediction = analysis.result.k ? mscWords.prediction(analysis, mscWords.writerOf(analysis)) : "";
    answer.replaceChildren(make("strong", { textContent: first }), " ", make("span", { textContent: [basis, prediction].filter(Boolean).join(" ") }));
    showPlot(analysis);
    summary.replaceChildren(...mscWords.summary(analysis, data).map((text) => paragraph(text)));
    shown = analysis;
    if (details.open) showTable(analysis);
    root.classList.toggle("is-explored", !isProtocol(outcome, state));
    clearTimeout(waiting);
    waiting = setTimeout(() => { spoken.textContent = mscWords.spoken(shown); }, 700);
  }

  function showNotice(analysis) {
    const explored = !isProtocol(outcome, state);
    heading.textContent = explored
      ? "This is exploration, not the protocol’s analysis. What differs from it:"
      : "This is a place for exploration. What is shown now is the protocol’s analysis; whatever is changed here is not.";
    const said = explored ? mscWords.differences(analysis, own, data) : [];
    if (ignored.length) said.push(`Not understood in the address, and left out: ${ignored.join("; ")}`);
    changes.replaceChildren(...said.map((text) => make("li", { textContent: text })));
    changes.hidden = !said.length;
    if (!explored && document.activeElement === back) answer.focus();
    back.hidden = !explored;
    link.hidden = !explored;
    link.href = `#${toFragment(outcome, state)}`;
  }

  /* The width is asked for once, and again when it changes: asking makes a browser lay out the whole page. */
  let width = 0;
  let shown = null;
  function measured() {
    const space = getComputedStyle(plot);
    return plot.clientWidth - parseFloat(space.paddingLeft) - parseFloat(space.paddingRight);
  }
  function showPlot(analysis) {
    width ||= measured();
    plot.replaceChildren(mscForest.draw(analysis, width > 0 ? width : 640, data));
  }

  function showTable(analysis) {
    const write = mscWords.writerOf(analysis);
    const { measure, result } = analysis;
    const headers = ["Trial", measure.title, `${mscWords.percent(state.level)} CI`, "Weight", "Day", "How the numbers were made", "Left out because"];
    const cells = (row) => [
      row.effect ? write(row.effect.yi) : "–", row.effect ? `${write(row.low)} to ${write(row.high)}` : "–",
      row.pooled ? `${mscWords.number(row.weight, 1)}%` : "–", row.day ?? (row.effect && state.days ? "not stated" : "–"), row.how || "–",
      row.pooled ? "–" : mscWords.reason(row, outcome),
    ];
    const line = (first, others) => make("tr", {}, make("th", { scope: "row", textContent: first }),
      ...others.map((text) => make("td", { textContent: text })));
    const rows = [...analysis.pooled, ...analysis.rows.filter((row) => !row.pooled)].map((row) => line(row.label, cells(row)));
    if (result.k) {
      const bounds = ([low, high]) => (Number.isNaN(low) ? "–" : `${write(low)} to ${write(high)}`);
      rows.push(line("Total", [write(result.estimate), bounds(result.ci), "100%", "–", "–", "–"]));
      rows.push(line("Prediction interval", ["–", bounds(result.prediction), "–", "–", "–", "–"]));
    }
    table.replaceChildren(make("caption", { textContent: `${outcome.title}, as explored` }),
      make("thead", {}, make("tr", {}, ...headers.map((text) => make("th", { scope: "col", textContent: text })))),
      make("tbody", {}, ...rows));
  }

  // ---- the address --------------------------------------------------------------------------------------------------

  function go(next) {
    state = next;
    ignored = [];
    const fragment = `#${toFragment(outcome, state)}`;
    if (location.hash !== fragment) {
      try {
        history.pushState(null, "", fragment);
      } catch {
        // a browser may limit how often; the page itself goes on
      }
    }
    show();
  }

  /* Take the state from the address; another part's fragment leaves it as it is. */
  function read() {
    const found = fromFragment(data, location.hash);
    if (found) ({ outcome, state, ignored } = found);
    else if (["", "#explore"].includes(location.hash)) [state, ignored] = [protocolState(outcome), []];
    return found !== null;
  }

  if (!offered.length) {
    root.replaceChildren(...data.outcomes.map((one) => paragraph(one.why_not)));
    return;
  }
  const doubtful = offered.filter((one) => !mscAnalysis.agrees(one)).map((one) => one.title);
  const closed = data.outcomes.filter((one) => one.why_not).map((one) => paragraph(one.why_not, "explore-note"));
  if (doubtful.length) {
    closed.push(paragraph(`This page’s own numbers are not the report’s for ${doubtful.join(", ")}: trust the report, and tell its makers.`, "explore-wrong"));
  }
  back.addEventListener("click", () => go(protocolState(outcome)));
  answer.tabIndex = -1;
  notice.append(heading, changes, make("p", { className: "explore-actions" }, back, " ", link));
  root.replaceChildren(notice, answer, make("div", { className: "explore-columns" },
    make("div", { className: "explore-result" }, plot, summary, details), panel), ...closed, spoken);
  details.addEventListener("toggle", () => details.open && showTable(shown));
  window.addEventListener("hashchange", () => {
    read();
    show();
  });
  new ResizeObserver(() => {
    const now = measured();
    if (now > 0 && Math.abs(now - width) > 1) {
      width = now;
      showPlot(shown);
    }
  }).observe(plot);
  const cited = read();
  show();
  if (cited) root.scrollIntoView();
  window.mscExplore = Object.freeze({ data, go, show, state: () => ({ outcome, state }) });
})();
