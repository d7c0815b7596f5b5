/* Numbers and states in words: as figures/text.py and figures/pooled_text.py write them, in the Cochrane style. */
const mscWords = (() => {
  "use strict";

  const LETTERS = { secondary: "Numbers from a secondary source", sponsor: "Numbers from a sponsor’s statement" };
  const PREDICTIONS = {
    "t(k-1)": "t, k − 1 degrees of freedom", "t(k-2)": "t, k − 2 degrees of freedom",
    normal: "normal distribution",
  };
  const MEDIANS = {
    "luo-wan": "Luo 2018 and Wan 2014", wan: "Wan 2014", "luo-shi": "Luo 2018 and Shi 2020", hozo: "Hozo 2005",
    bland: "Bland 2015", lnorm: "Shi 2020, log-normal", qe: "quantile estimation", bc: "Box-Cox",
    mln: "Cai 2021, maximum likelihood", exclude: "left out",
  };

  /* Fixed decimals of a value of 0 or more. A tie, as 0.625, goes to the even digit, as in Python; toFixed takes the larger.
     A value is a tie where it is an odd number of halves of the last binary place that these decimals can hold. */
  function fixed(value, decimals) {
    if (value >= 1e21) return BigInt(value) + (decimals ? `.${"0".repeat(decimals)}` : "");
    const digits = value.toFixed(decimals);
    const last = Number(digits.at(-1));
    const isTie = (value * 2 ** (decimals + 1)) % 2 === 1;
    return isTie && last % 2 ? digits.slice(0, -1) + (last - 1) : digits;
  }
  function number(value, decimals) {
    if (Number.isNaN(value)) return "";
    if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
    const digits = fixed(Math.abs(value), decimals);
    return (value < 0 && Number(digits) !== 0 ? "−" : "") + digits;
  }
  function threeDigits(value, decimals) {
    const size = Math.abs(value);
    if (!Number.isFinite(value) || size < 1) return number(value, decimals);
    const needed = 2 - Math.floor(Math.log10(size));
    return number(Math.sign(value) * rounded(size, needed), Math.min(Math.max(needed, 0), decimals));
  }
  /* Rounded to so many decimals; to tens, hundreds and so on where they are negative. */
  function rounded(value, decimals) {
    if (decimals >= 0) return Number(fixed(value, decimals));
    const step = Number(`1e${-decimals}`);
    const below = value - (value % step);
    const isTie = value % step === step / 2;
    return isTie && (below / step) % 2 === 0 ? below : Number(value.toPrecision(3));
  }
  /* The last digits of a logarithm's inverse are noise, which must not decide where a tie goes. */
  function ratio(inverse, decimals) {
    const value = Number(inverse.toPrecision(13));
    if (value >= 1000) return threeDigits(value, decimals);
    let shown = decimals;
    while (value > 1e-9 && value < 0.5 * Number(`1e-${shown}`)) shown += 1;
    return number(value, shown);
  }
  function pValue(p) {
    if (Number.isNaN(p)) return "P not available";
    if (p < 0.001) return "P < 0.001";
    return `P = ${number(p, p < 0.01 || fixed(p, 2) === "0.05" ? 3 : 2)}`;
  }
  const count = (value) => number(value, Number.isInteger(value) ? 0 : 1);
  const percent = (level) => `${mscAnalysis.percent(level)}%`;
  const many = (n, one, several) => `${n} ${n === 1 ? one : several ?? `${one}s`}`;

  /* Effects of one analysis with the same decimals throughout. */
  function writerOf({ measure, pooled, rows }) {
    const shown = pooled.length ? pooled : rows.filter((row) => row.effect);
    const largest = Math.max(0, ...shown.map((row) => Math.abs(row.effect.yi)));
    const decimals = measure.log || largest < 10 ? 2 : 1;
    return (value) => (measure.log ? ratio(Math.exp(value), decimals) : number(value, decimals));
  }

  function classLabel(name, outcome) {
    return {
      "non-randomised": "Not randomised", "unclear-allocation": "Random allocation unclear",
      product: "Another product than the protocol’s",
      population: `Population is not, or not stated to be, ${outcome.population}`, ...LETTERS,
      converted: "Numbers converted from a median, an error, a percentage or another unit",
      judgement: "Risk of bias other than the protocol asks",
      "high-risk": "High risk of bias overall",
    }[name];
  }

  /* Why a row is not pooled; a class is named as in its tick box. */
  function reason(row, outcome) {
    return mscAnalysis.TRAITS.includes(row.why) ? `class unticked: ${lower(classLabel(row.why, outcome))}` : row.why;
  }
  const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

  function headline({ measure, pooled, result, outcome, state }) {
    const trials = new Set(pooled.map((row) => row.trial.id)).size;
    if (!trials) return { answer: "No trial can be pooled.", basis: "" };
    const write = writerOf({ measure, pooled, rows: [] });
    const unit = measure.name === "MD" && outcome.unit ? ` ${outcome.unit}` : "";
    const [low, high] = result.ci.map(write);
    const answer = `${measure.title} ${write(result.estimate)}, ${percent(state.level)} CI ${low} to ${high}${unit}`;
    const patients = pooled.reduce((sum, { numbers }) => sum + patientsOf(numbers), 0);
    const counted = Number.isNaN(patients) ? "" : `, ${count(patients)} patients`;
    const alone = pooled.length === 1 ? "One trial alone: its own effect, not a pooled one" : many(trials, "trial");
    return { answer, basis: `${alone}${counted}.` };
  }
  function patientsOf(numbers) {
    if (numbers?.length === 4) return numbers[1] + numbers[3];
    return numbers?.length === 6 ? numbers[2] + numbers[5] : NaN;
  }

  function prediction({ result, state }, write) {
    const [low, high] = result.prediction;
    if (Number.isNaN(low)) return "";
    return `${percent(state.level)} prediction interval ${write(low)} to ${write(high)}`;
  }
  function tau2Text(result) {
    const shown = result.tau2 > 0 && result.tau2 < 0.005 ? "< 0.01" : `= ${threeDigits(result.tau2, 2)}`;
    const bounds = result.tau2_ci.map((bound) => threeDigits(bound, 2));
    return `Tau² ${shown}${Number.isNaN(result.tau2_ci[0]) ? "" : ` [${bounds.join(", ")}]`}`;
  }

  /* Heterogeneity, test and method, a line each, as below a Cochrane forest plot; then what a reader has to know. */
  function summary(analysis, data) {
    const { result, state } = analysis;
    if (!result.k) return [];
    const write = writerOf(analysis);
    const lines = [];
    if (result.k > 1) {
      const parts = result.method === "FE" ? [] : [tau2Text(result)];
      parts.push(`Chi² = ${number(result.q, 2)}, df = ${result.q_df} (${pValue(result.q_p)})`, `I² = ${number(result.i2, 0)}%`);
      lines.push(`Heterogeneity: ${parts.join("; ")}`);
    }
    const freedom = result.df === null ? "" : `, df = ${result.df}`;
    const letter = result.df === null ? "z" : "t";
    lines.push(`Test for overall effect: ${letter} = ${number(result.statistic, 2)}${freedom} (${pValue(result.p_value)})`);
    const model = result.method === "FE" ? "Common effect" : `Random effects: ${data.estimators[result.method]}`;
    lines.push(`${model}; ${percent(state.level)} CI: ${data.intervals[result.ci_method]}`);
    const [ci, wald] = [result.ci[1] - result.ci[0], result.wald_ci[1] - result.wald_ci[0]];
    if (ci < wald * (1 - 1e-12)) {
      const [low, high] = result.wald_ci.map(write);
      lines.push(`The Hartung-Knapp interval is narrower than Wald’s (${low} to ${high}): the effects differ less than their standard errors would suggest.`);
    } else if (result.k === 2 && result.df === 1) {
      lines.push("Two trials: the interval, on 1 degree of freedom, depends on how alike the two happen to be.");
    }
    return lines;
  }

  /* One sentence for people who hear the page. */
  function spoken(analysis) {
    const { answer, basis } = headline(analysis);
    const { result } = analysis;
    if (!result.k) return answer;
    const more = [prediction(analysis, writerOf(analysis))];
    if (result.k > 1) more.push(result.method === "FE" ? "" : tau2Text(result), `I² = ${number(result.i2, 0)}%`);
    return `${answer.replace(" CI ", " confidence interval ")}; ${basis} ${more.filter(Boolean).join("; ")}`;
  }

  /* What differs from the protocol's analysis, a sentence each; empty where nothing does. */
  function differences(analysis, own, data) {
    const { outcome, state } = analysis;
    const base = own.state;
    const said = [];
    const changed = (field, what, word) => {
      if (state[field] !== base[field]) said.push(`${what}: ${word(state[field])}, not ${word(base[field])}.`);
    };
    const measureTitle = (name) => lower(outcome.measures.find((one) => one.name === name).title) + ` (${name})`;
    changed("measure", "Effect measure", measureTitle);
    if (String(analysis.measure.kinds) !== String(own.measure.kinds)) {
      said.push(`Under this measure only ${analysis.measure.kinds.join(" and ") || "all"} values may be pooled.`);
    }
    changed("method", "Between-trial variance", (name) => data.estimators[name]);
    changed("ci", "Confidence interval", (name) => data.intervals[name]);
    changed("prediction", "Prediction interval", (name) => PREDICTIONS[name]);
    changed("level", "Level of intervals", percent);
    changed("medians", "Medians", (name) => MEDIANS[name]);
    if (String(state.days) !== String(base.days)) {
      const text = ([target, earliest, latest]) => `day ${target} (day ${earliest} to ${latest})`;
      said.push(`Time window: ${text(state.days)}, not ${text(base.days)}.`);
    }
    if (state.undated !== base.undated) {
      said.push(`Reports without a stated day are ${state.undated ? "used" : "not used"}.`);
    }
    for (const name of state.admit) said.push(`Ticked in as a class: ${lower(classLabel(name, outcome))}.`);
    for (const name of state.leave) said.push(`Unticked as a class: ${lower(classLabel(name, outcome))}.`);
    const ids = (one) => new Map(one.pooled.map((row) => [row.trial.id, row]));
    const [mine, theirs] = [ids(analysis), ids(own)];
    const list = (rows) => rows.map((row) => row.trial.label).join(", ");
    const gone = [...theirs].filter(([id]) => !mine.has(id)).map(([, row]) => row);
    const come = [...mine].filter(([id]) => !theirs.has(id)).map(([, row]) => row);
    const moved = [...mine].filter(([id, row]) => theirs.has(id) && theirs.get(id).day !== row.day).map(([, row]) => row);
    if (gone.length) said.push(`Not pooled, but in the protocol’s analysis: ${list(gone)}.`);
    if (come.length) said.push(`Pooled, but not in the protocol’s analysis: ${list(come)}.`);
    if (moved.length) said.push(`Another day’s report is used of: ${list(moved)}.`);
    if (!said.length && !mscAnalysis.isProtocol(outcome, state)) said.push("Ticks were changed that change no number.");
    return said;
  }

  return Object.freeze({
    MEDIANS, PREDICTIONS, classLabel, count, differences, headline, lower, many, number, pValue, percent, prediction,
    ratio, reason, spoken, summary, threeDigits, writerOf,
  });
})();
