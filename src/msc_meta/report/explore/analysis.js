/* What a state of the page means: which report of each trial, which trials, which effects; and the state as the fragment
   of an address. Pure functions of the data and a state; mscEngine does the sums. */
const mscAnalysis = (() => {
  "use strict";

  const PREFIX = "explore?";
  const FORMS = { events: ["RR", "OR", "RD", "PETO", "AS"], means: ["MD", "SMD", "SMDH", "ROM"], medians: ["LRM"] };
  const BARRIERS = ["non-randomised", "unclear-allocation", "product", "population", "judgement"]; // a companion report has no way in
  const TRAITS = ["secondary", "sponsor", "converted", "high-risk"];
  const PREDICTIONS = ["t(k-1)", "t(k-2)", "normal"];

  const protocolState = (outcome) => ({ ...outcome.protocol, admit: [], leave: [], with: [], without: [] });
  const measureOf = (outcome, state) => outcome.measures.find((one) => one.name === state.measure);

  // ---- the report ---------------------------------------------------------------------------------------------------

  const ascending = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  /* The blocks of reports that the window and the measure admit, as msc_meta.effects.choice orders them. */
  function blocksOf(trial, state, kinds) {
    const [target, earliest, latest] = state.days ?? [0, -Infinity, Infinity];
    const rank = (block) => {
      const day = block.day ?? Infinity;
      return [state.days ? Math.abs(day - target) : 0, kinds.indexOf(block.kind), block.arms ? 0 : 1, day];
    };
    return trial.blocks
      .filter((block) => (block.day === null ? state.undated || !state.days : block.day >= earliest && block.day <= latest))
      .filter((block) => !kinds.length || kinds.includes(block.kind))
      .map((block) => [rank(block), block])
      .sort(([a], [b]) => a.map((one, i) => ascending(one, b[i])).find((order) => order !== 0) ?? 0)
      .map(([, block]) => block);
  }

  /* A report's rows under a measure: numbers of the arms first, then the effect as printed; else why there are none. */
  function rowsOf(report, form, measure, medians) {
    const use = report.use[form];
    const numbers = use && (use["*"] ?? use[medians]);
    if (numbers?.rows) return { rows: numbers.rows };
    const printed = report.printed[measure];
    return printed ? { rows: [printed] } : { why: numbers?.why ?? "no effect of this measure printed" };
  }

  function chosen(outcome, trial, state) {
    const measure = measureOf(outcome, state);
    const form = Object.keys(FORMS).find((name) => FORMS[name].includes(measure.name));
    const blocks = blocksOf(trial, state, measure.kinds);
    let why;
    for (const block of blocks) {
      for (const report of block.reports) {
        if (report.undated && state.days && !state.undated) continue;
        const found = rowsOf(report, form, measure.name, state.medians);
        if (found.rows) return { ...found, report, day: report.undated ? null : block.day };
        why ??= found.why;
      }
    }
    const kinds = trial.blocks.some((block) => !measure.kinds.length || measure.kinds.includes(block.kind));
    return { rows: [], why: why ?? (kinds ? "no report inside the time window" : "no final value reported") };
  }

  // ---- the trials ---------------------------------------------------------------------------------------------------

  function traitsOf(trial, choice) {
    if (!choice.report) return [];
    const traits = [];
    if (choice.report.source !== "primary") traits.push(choice.report.source);
    if (choice.rows.some((row) => row.how && !("yi" in row && !row.n))) traits.push("converted");
    if (trial.high) traits.push("high-risk");
    return traits;
  }

  /* Whether a trial is ticked, and why not: a word on the trial itself comes before one on its class. */
  function membership(trial, traits, state) {
    if (trial.barred.includes("companion")) return { ticked: false, fixed: true, why: trial.why };
    if (state.without.includes(trial.id)) return { ticked: false, why: "unticked here" };
    if (state.with.includes(trial.id)) return { ticked: true };
    if (!trial.barred.every((barrier) => state.admit.includes(barrier))) return { ticked: false, why: trial.why };
    const left = traits.find((trait) => state.leave.includes(trait));
    return left ? { ticked: false, why: left, trait: left } : { ticked: true };
  }

  function effectOf(outcome, state, row) {
    if ("yi" in row) return row.yi === null ? null : { yi: row.yi, vi: row.vi };
    const options = { zero: outcome.zero ?? undefined, conventions: outcome.conventions };
    return mscEngine.effect(state.measure, row.n, options);
  }

  function whyNoEffect(state, row) {
    if (FORMS.medians.includes(state.measure)) return "medians without an exact p-value between 0 and 1";
    if (state.measure === "ROM" && !(row.n[0] > 0 && row.n[3] > 0)) return "a ratio needs means above 0";
    if (!FORMS.events.includes(state.measure)) return `no ${state.measure} can be computed from these numbers`;
    const [a, n1, c, n2] = row.n;
    if (a === 0 && c === 0) return "no events in either arm";
    if (a === n1 && c === n2) return "every patient has the event in both arms";
    return "an arm without events, or with events only, and no correction";
  }

  /* The whole analysis of a state: a row per contrast, pooled or not and why, and the pooled result. */
  function analyse(outcome, state) {
    const trials = [];
    const rows = [];
    for (const trial of outcome.trials) {
      const choice = chosen(outcome, trial, state);
      const traits = traitsOf(trial, choice);
      const member = membership(trial, traits, state);
      trials.push({ trial, traits, ...member, none: choice.why });
      if (!choice.rows.length) rows.push({ trial, label: trial.label, pooled: false, why: choice.why, effect: null });
      for (const row of choice.rows) {
        const effect = effectOf(outcome, state, row);
        const why = !member.ticked ? member.why : effect ? "" : whyNoEffect(state, row);
        rows.push({
          trial, effect, why, pooled: member.ticked && effect !== null, numbers: row.n ?? null, how: row.how ?? "",
          label: row.arm ? `${trial.label} (${row.arm})` : trial.label, day: choice.day, source: choice.report.source,
        });
      }
    }
    const pooled = rows.filter((row) => row.pooled);
    const options = { method: state.method, ci: state.ci, level: state.level, prediction: state.prediction };
    const result = mscEngine.pool(pooled.map((row) => row.effect.yi), pooled.map((row) => row.effect.vi), options);
    pooled.forEach((row, i) => { row.weight = result.weights[i]; });
    return { outcome, state, measure: measureOf(outcome, state), trials, rows, pooled, result };
  }

  // ---- changes ------------------------------------------------------------------------------------------------------

  const without = (list, value) => list.filter((one) => one !== value);

  /* Tick or untick one trial; what its class says already needs no word of its own. */
  function withTrial(outcome, state, id, ticked) {
    const plain = { ...state, with: without(state.with, id), without: without(state.without, id) };
    const { trial, ticked: already, fixed } = analyse(outcome, plain).trials.find((one) => one.trial.id === id);
    if (fixed || already === ticked) return plain;
    const key = ticked ? "with" : "without";
    return { ...plain, [key]: [...plain[key], trial.id] };
  }

  /* Tick or untick a whole class; what was said of its single trials goes. */
  function withClass(outcome, state, name, ticked) {
    const members = analyse(outcome, state).trials
      .filter(({ trial, traits }) => trial.barred.includes(name) || traits.includes(name))
      .map(({ trial }) => trial.id);
    const key = BARRIERS.includes(name) ? "admit" : "leave";
    const listed = (key === "admit") === ticked ? [...without(state[key], name), name] : without(state[key], name);
    const others = (ids) => ids.filter((id) => !members.includes(id));
    return { ...state, [key]: listed, with: others(state.with), without: others(state.without) };
  }

  // ---- the address --------------------------------------------------------------------------------------------------

  const percent = (level) => Number((100 * level).toPrecision(10));
  const escaped = (text) => encodeURIComponent(text).replace(/%2C/g, ",");

  /* Only what differs from the protocol is written, in one order, so that one state has one address. */
  function toFragment(outcome, state) {
    const own = outcome.protocol;
    const parts = [["outcome", outcome.name]];
    const choices = { measure: "measure", tau2: "method", interval: "ci", prediction: "prediction", medians: "medians" };
    for (const [key, field] of Object.entries(choices)) if (state[field] !== own[field]) parts.push([key, state[field]]);
    if (state.level !== own.level) parts.push(["level", String(percent(state.level))]);
    if (String(state.days) !== String(own.days)) parts.push(["days", state.days.join(",")]);
    if (state.undated !== own.undated) parts.push(["undated", state.undated ? "in" : "out"]);
    for (const key of ["admit", "leave", "with", "without"]) {
      if (state[key].length) parts.push([key, [...state[key]].sort().join(",")]);
    }
    return PREFIX + parts.map(([key, value]) => `${key}=${escaped(value)}`).join("&");
  }

  /* Read an address; what is unknown, impossible or nonsense in it is left out and named. Null for another's fragment. */
  function fromFragment(data, fragment) {
    const text = fragment.replace(/^#/, "");
    if (!text.startsWith(PREFIX)) return null;
    const given = new URLSearchParams(text.slice(PREFIX.length));
    const offered = data.outcomes.filter((one) => !one.why_not);
    const outcome = offered.find((one) => one.name === given.get("outcome")) ?? offered[0];
    const state = protocolState(outcome);
    const own = state.days;
    const ids = outcome.trials.filter((trial) => !trial.barred.includes("companion")).map((trial) => trial.id);
    const oneOf = (field, allowed) => (value) => allowed.includes(value) && ((state[field] = value), true);
    const several = (field, allowed) => (value) => {
      const names = value.split(",");
      state[field] = [...new Set(names.filter((name) => allowed.includes(name)))];
      return names.every((name) => allowed.includes(name));
    };
    const readers = {
      outcome: (value) => value === outcome.name,
      measure: oneOf("measure", outcome.measures.map((one) => one.name)),
      tau2: oneOf("method", Object.keys(mscEngine.ESTIMATORS)),
      interval: oneOf("ci", ["hksj", "hksj-adhoc", "wald"]),
      prediction: oneOf("prediction", PREDICTIONS),
      medians: oneOf("medians", outcome.medians),
      level(value) {
        const level = /^\d{2}(\.\d{1,4})?$/.test(value) ? Number((value / 100).toPrecision(10)) : NaN;
        return level > 0.5 && level < 1 && ((state.level = level), true);
      },
      days(value) {
        const days = value.split(",").map((one) => (/^\d{1,5}(\.\d{1,3})?$/.test(one) ? Number(one) : NaN));
        return own !== null && areDays(days) && ((state.days = days), true);
      },
      undated: (value) => own !== null && ["in", "out"].includes(value) && ((state.undated = value === "in"), true),
      admit: several("admit", BARRIERS),
      leave: several("leave", TRAITS),
      with: several("with", ids),
      without: several("without", ids),
    };
    const ignored = [];
    for (const [key, value] of given) {
      const known = Object.hasOwn(readers, key);
      if (!known || !readers[key](value)) ignored.push(`${key}=${value}`.slice(0, 80));
    }
    state.with = state.with.filter((id) => !state.without.includes(id));
    return { outcome, state, ignored };
  }

  const areDays = (days) => days.length === 3 && days.every(Number.isFinite) && days[1] <= days[0] && days[0] <= days[2];
  const isProtocol = (outcome, state) => toFragment(outcome, state) === toFragment(outcome, protocolState(outcome));

  /* Whether the page's own numbers are the report's; the two are computed by different programs. */
  function agrees(outcome) {
    const { result } = analyse(outcome, protocolState(outcome));
    const mine = {
      k: result.k, estimate: result.estimate, ci_low: result.ci[0], ci_high: result.ci[1], tau2: result.tau2,
      prediction_low: result.prediction[0],
    };
    return Object.entries(outcome.expected).every(([name, theirs]) =>
      theirs === null ? Number.isNaN(mine[name]) : Math.abs(mine[name] - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs)));
  }

  return Object.freeze({
    BARRIERS, TRAITS, PREDICTIONS, protocolState, measureOf, analyse, withTrial, withClass, toFragment,
    fromFragment, isProtocol, areDays, agrees, percent,
  });
})();
