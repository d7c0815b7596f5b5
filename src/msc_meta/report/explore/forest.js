/* The forest plot as SVG, in the look of the Cochrane style: squares by weight, diamond, prediction interval, arrows where
   an interval goes on, and in grey what is not pooled. It is laid out for the width it gets, down to a phone's. */
const mscForest = (() => {
  "use strict";

  const SIZE = 13;
  const SMALL = 11.5;
  const ROW = 22;
  const GAP = 12;
  const SQUARE = 15; // side of the heaviest trial's
  const FONT = "Verdana, 'DejaVu Sans', Arial, sans-serif";
  const LABEL_MOST = 190;
  const GRAPH_LEAST = { wide: 150, narrow: 104 };
  const GRAPH_MOST = 420;

  const canvas = document.createElement("canvas").getContext("2d");
  const widths = new Map();
  function widthOf(text, size = SIZE, bold = false) {
    const key = `${bold} ${size} ${text}`;
    if (!widths.has(key)) {
      canvas.font = `${bold ? "bold " : ""}${size}px ${FONT}`;
      widths.set(key, canvas.measureText(text).width);
    }
    return widths.get(key);
  }
  function fitted(text, room, size = SIZE, bold = false) {
    if (widthOf(text, size, bold) <= room) return text;
    let kept = text;
    while (kept.length > 1 && widthOf(`${kept}…`, size, bold) > room) kept = kept.slice(0, -1);
    return `${kept.trimEnd()}…`;
  }

  function wrapped(text, room) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && widthOf(longer, SMALL) > room) lines.push(fitted(word, room, SMALL));
      else lines[lines.length - 1] = lines.at(-1) ? longer : fitted(word, room, SMALL);
    }
    return lines;
  }

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // ---- the axis, as figures/axis.py makes it ------------------------------------------------------------------------

  function bulk(values) {
    const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
    return finite.length ? finite[Math.min(finite.length - 1, Math.ceil(0.8 * finite.length))] : 0;
  }
  function limitsOf(points, lows, highs, must, log) {
    let low = Math.min(...points, ...must, -bulk(lows.map((one) => -one)), 0);
    let high = Math.max(...points, ...must, bulk(highs), 0);
    if (high === low) [low, high] = [-1, 1];
    const pad = 0.07 * (high - low);
    [low, high] = [Math.min(low - pad / 2, Math.min(...points) - pad), Math.max(high + pad / 2, Math.max(...points) + pad)];
    [low, high] = [Math.min(low, -0.25 * high), Math.max(high, -0.25 * low)];
    return log ? [Math.min(low, -Math.LN2), Math.max(high, Math.LN2)] : [low, high];
  }
  function axisOf(analysis, shown, width) {
    const { log } = analysis.measure;
    const inside = analysis.pooled.length ? analysis.pooled : shown;
    const points = shown.map((row) => row.effect.yi);
    const bounds = [inside.map((row) => row.low), inside.map((row) => row.high)];
    let [low, high] = limitsOf(points, ...bounds, [], log);
    const span = Math.max(...points, 0) - Math.min(...points, 0);
    const must = [analysis.result.ci, analysis.result.prediction].filter(([at]) => Number.isFinite(at)).flatMap(([a, b]) => {
      if (b - a <= Math.max(10 * span, 3 * (high - low))) return [a, b];
      const slack = 0.25 * (high - low); // absurdly wide, as of two trials that contradict each other: cut
      return [Math.max(a, low - slack), Math.min(b, high + slack)];
    });
    if (must.length) [low, high] = limitsOf(points, ...bounds, must, log);
    const fits = (ticks) => ticks.every((tick, i) => {
      if (!i) return true;
      const half = (one) => widthOf(one.text, SMALL) / 2;
      return ((tick.at - ticks[i - 1].at) * width) / (high - low) >= half(tick) + half(ticks[i - 1]) + SMALL;
    });
    const sets = (log ? ratioTicks(low, high) : linearTicks(low, high)).filter((ticks) => ticks.length);
    return { low, high, ticks: sets.find(fits) ?? [{ at: 0, text: log ? "1" : "0" }] };
  }
  const decimalsOf = (step) => {
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return Number((step * 10 ** decimals).toFixed(6)) % 1 ? decimals + 1 : decimals;
  };
  function ratioTicks(low, high) {
    const decades = (value) => Math.max(-300, Math.min(300, Math.floor(value / Math.LN10)));
    const fine = [];
    for (let d = decades(low) - 1; d <= decades(high) + 1; d += 1) for (const m of [1, 2, 5]) fine.push(Number(`${m}e${d}`));
    const one = fine.indexOf(1);
    const sets = [1, 2, 3, 6, 9, 12, 18, 24].map((step) => fine.filter((_, i) => (i - one) % step === 0));
    if (high - low < 1.5) sets.unshift([0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4]);
    const text = (v) => (v >= 1e6 || v < 1e-5 ? v.toExponential(0).replace("e+", "e").replace("e-", "e−") : v.toFixed(decimalsOf(v)));
    return sets.map((set) => set.map((v) => ({ at: Math.log(v), text: text(v) })).filter(({ at }) => at >= low && at <= high));
  }
  function linearTicks(low, high) {
    const start = Math.floor(Math.log10((high - low) / 8));
    const sets = [];
    for (const d of [0, 1, 2]) {
      for (const m of [1, 2, 2.5, 5]) {
        const step = m * 10 ** (start + d);
        if ((high - low) / step > 9) continue;
        const ticks = [];
        for (let i = Math.ceil(low / step); i <= Math.floor(high / step); i += 1) {
          ticks.push({ at: i * step, text: mscWords.number(i * step, decimalsOf(step)) });
        }
        sets.push(ticks);
      }
    }
    return sets;
  }

  // ---- columns ------------------------------------------------------------------------------------------------------

  /* Numbers of the arms as columns: [header of the arm, header, texts]. */
  function armColumns(rows, outcome) {
    const kinds = rows.map((row) => row.numbers?.length ?? 0);
    const length = Math.max(0, ...kinds);
    const names = { 4: ["Events", "Total"], 6: ["Mean", "SD", "Total"], 2: ["Median"] }[length];
    if (!names) return [];
    const decimals = Math.max(...rows.flatMap((row) => row.numbers ?? []).map((one) => (Number.isInteger(one) ? 0 : 1)));
    return outcome.arms.flatMap((arm, side) => names.map((name, at) => ({
      arm, name, index: side * names.length + at,
      of: (row) => {
        if (row.numbers?.length !== length) return "";
        const value = row.numbers[side * names.length + at];
        return ["Events", "Total"].includes(name) ? mscWords.count(value) : mscWords.number(value, decimals);
      },
    })));
  }

  function layoutOf(analysis, shown, width) {
    const { outcome, state, measure, result, pooled } = analysis;
    const write = mscWords.writerOf(analysis);
    const bracket = ([low, high]) => `[${write(low)}, ${write(high)}]`;
    const effect = (row) => (row.effect ? `${write(row.effect.yi)} ${bracket([row.low, row.high])}` : "");
    const total = result.k ? `${write(result.estimate)} ${bracket(result.ci)}` : "";
    const level = mscWords.percent(state.level);
    const titles = { total: `Total (${level} CI)`, prediction: `${level} prediction interval` };
    const labels = [...shown.map((row) => widthOf(row.label)), widthOf(titles.total, SIZE, true)];
    const label = Math.min(LABEL_MOST, Math.max(...labels));
    const numbersWidth = Math.max(0, ...shown.map(effect).map((text) => widthOf(text)), widthOf(total, SIZE, true));
    const title = widthOf(measure.title, SIZE, true) < numbersWidth + GAP ? measure.title : measure.name;
    const effectWidth = Math.max(numbersWidth, widthOf(title, SIZE, true));
    const arms = armColumns(shown, outcome).map((column) => {
      const texts = [column.name, ...shown.map(column.of)];
      return { ...column, width: Math.max(...texts.map((text) => widthOf(text)), widthOf(column.name, SIZE, true)) };
    });
    const weight = { width: widthOf("100.0%", SIZE, true) };
    const armsWidth = arms.reduce((sum, one) => sum + one.width + GAP, 0);
    const rest = width - label - effectWidth - 2 * GAP;
    const withArms = arms.length > 0 && rest - armsWidth >= GRAPH_LEAST.wide; // what was counted, before what follows from it
    const withWeight = pooled.length > 0 && rest - (withArms ? armsWidth : 0) - weight.width - GAP >= GRAPH_LEAST.wide;
    const stacked = !withArms && !withWeight && rest < GRAPH_LEAST.narrow;
    const graph = Math.max(GRAPH_LEAST.narrow, Math.min(GRAPH_MOST,
      stacked ? width - effectWidth - GAP : rest - (withArms ? armsWidth : 0) - (withWeight ? weight.width + GAP : 0)));
    let x = stacked ? 0 : label + GAP;
    const columns = withArms ? arms.map((one) => ({ ...one, left: x, right: (x += one.width + GAP) - GAP })) : [];
    const weightAt = withWeight ? (x += weight.width + GAP) - GAP : null;
    const effectAt = x + effectWidth;
    const left = effectAt + GAP;
    return { numbersWidth, write, effect, total, title, titles, bracket, label, columns, weightAt, effectAt, left, graph, stacked, width: left + graph };
  }

  // ---- the drawing --------------------------------------------------------------------------------------------------

  function draw(analysis, width, data) {
    const { outcome, state, measure, result, pooled } = analysis;
    const reach = mscEngine.quantile(state.level, null);
    for (const row of analysis.rows) {
      if (!row.effect) continue;
      const half = reach * Math.sqrt(row.effect.vi);
      [row.low, row.high] = [row.effect.yi - half, row.effect.yi + half];
    }
    const shown = analysis.rows.filter((row) => row.effect);
    const silent = analysis.rows.filter((row) => !row.effect);
    const others = [...shown.filter((row) => !row.pooled), ...silent];
    const l = layoutOf(analysis, shown, width);
    const svg = element("svg", { role: "img", "aria-labelledby": "msc-explore-plot-title", "font-family": FONT, "font-size": SIZE });
    svg.append(element("title", { id: "msc-explore-plot-title" }, titleOf(analysis)));
    const behind = element("g", {});
    svg.append(behind);
    const text = (x, y, content, { anchor = "start", bold = false, size = SIZE, muted = false } = {}) => {
      const made = element("text", { x, y, "text-anchor": anchor, class: muted ? "muted" : "ink" }, content);
      if (bold) made.setAttribute("font-weight", "bold");
      if (size !== SIZE) made.setAttribute("font-size", size);
      svg.append(made);
      return made;
    };
    const line = (x1, y1, x2, y2, kind, layer = svg) => layer.append(element("line", { x1, y1, x2, y2, class: kind }));
    const polygon = (points, kind) => svg.append(element("polygon", { points: points.map((p) => p.join(",")).join(" "), class: kind }));
    const axis = shown.length ? axisOf(analysis, shown, l.graph) : { low: -1, high: 1, ticks: [] };
    const place = (value) => l.left + (l.graph * (value - axis.low)) / (axis.high - axis.low);
    const right = l.left + l.graph;
    const interval = (low, high, y, kind) => {
      const [a, b] = [place(low), place(high)];
      const [start, end] = [Math.max(a, l.left), Math.min(b, right)];
      if (start < end) line(start, y, end, y, `ci ${kind}`);
      if (a < l.left) polygon([[l.left, y], [l.left + 6, y - 3.5], [l.left + 6, y + 3.5]], `arrow ${kind}`);
      if (b > right) polygon([[right, y], [right - 6, y - 3.5], [right - 6, y + 3.5]], `arrow ${kind}`);
    };

    let y = header();
    const top = y;
    const heaviest = Math.max(0, ...pooled.map((row) => row.weight));
    for (const row of pooled) studyRow(row);
    const dotted = [top, y];
    if (result.k) totalRows();
    const bottom = y;
    if (shown.length) axisBelow();
    if (others.length) othersBelow();
    svg.setAttribute("viewBox", `0 0 ${Math.ceil(Math.max(width, l.width))} ${Math.ceil(y + 4)}`);
    svg.setAttribute("width", Math.ceil(Math.max(width, l.width)));
    svg.setAttribute("height", Math.ceil(y + 4));
    return svg;

    function header() {
      const second = ROW * 1.75;
      for (const arm of new Set(l.columns.map((one) => one.arm))) {
        const own = l.columns.filter((one) => one.arm === arm);
        const [from, to] = [own[0].left, own.at(-1).right];
        text((from + to) / 2, ROW * 0.75, arm, { anchor: "middle", bold: true });
        line(from, ROW, to, ROW, "rule");
      }
      if (!l.stacked) text(0, second, "Study", { bold: true });
      for (const column of l.columns) text(column.right, second, column.name, { anchor: "end", bold: true });
      if (l.weightAt !== null) text(l.weightAt, second, "Weight", { anchor: "end", bold: true });
      const level = `${mscWords.percent(state.level)} CI`;
      text(l.effectAt, ROW * 0.75, l.title, { anchor: "end", bold: true });
      text(l.effectAt, second, `[${level}]`, { anchor: "end", bold: true });
      const unit = measure.name === "MD" && outcome.unit ? `${outcome.unit}` : "";
      const model = result.k > 1 ? `IV, ${result.method === "FE" ? "common" : "random"}, ${level}` : level;
      const room = l.graph;
      if (unit) text(l.left + room / 2, ROW * 0.75, fitted(unit, room, SIZE, true), { anchor: "middle", bold: true });
      text(l.left + room / 2, second, widthOf(model, SIZE, true) <= room ? model : level, { anchor: "middle", bold: true });
      line(0, ROW * 2.1, right, ROW * 2.1, "rule");
      return ROW * 2.4;
    }
    /* The baseline of the next row, with its label: beside the numbers, or above them where there is no room. */
    function labelled(label, style) {
      if (l.stacked) {
        text(0, y + ROW * 0.72, fitted(label, width, SIZE, style?.bold), style);
        y += ROW * 0.85;
      }
      const baseline = y + ROW * 0.72;
      if (!l.stacked) {
        const room = style?.room ?? l.label;
        const made = text(0, baseline, fitted(label, room, SIZE, style?.bold), style);
        if (made.textContent !== label) made.append(element("title", {}, label));
      }
      y += ROW;
      return baseline;
    }
    function numbersOf(row, baseline, muted) {
      for (const column of l.columns) text(column.right, baseline, column.of(row), { anchor: "end", muted });
      if (row.pooled && l.weightAt !== null) text(l.weightAt, baseline, `${mscWords.number(row.weight, 1)}%`, { anchor: "end" });
      text(l.effectAt, baseline, l.effect(row), { anchor: "end", muted });
    }
    function studyRow(row) {
      const baseline = labelled(row.label);
      const middle = baseline - ROW * 0.22;
      numbersOf(row, baseline, false);
      interval(row.low, row.high, middle, "");
      const side = Math.max(3, SQUARE * Math.sqrt(row.weight / heaviest));
      svg.append(element("rect", { x: place(row.effect.yi) - side / 2, y: middle - side / 2, width: side, height: side, class: "square" }));
    }
    function totalRows() {
      y += 4;
      const baseline = labelled(l.titles.total, { bold: true });
      const middle = baseline - ROW * 0.22;
      for (const column of l.columns) {
        if (!["Events", "Total"].includes(column.name)) continue;
        const values = pooled.map((row) => row.numbers?.[column.index] ?? NaN);
        const sum = values.reduce((all, one) => all + one, 0);
        if (!Number.isNaN(sum)) text(column.right, baseline, mscWords.count(sum), { anchor: "end", bold: true });
      }
      if (l.weightAt !== null) text(l.weightAt, baseline, "100.0%", { anchor: "end", bold: true });
      text(l.effectAt, baseline, l.total, { anchor: "end", bold: true });
      const inside = (value) => Math.min(Math.max(place(value), l.left), right);
      const [a, m, b] = [result.ci[0], result.estimate, result.ci[1]].map(inside);
      polygon([[a, middle], [m, middle - 8], [b, middle], [m, middle + 8]], "diamond");
      if (place(result.ci[0]) < l.left) polygon([[l.left, middle], [l.left + 6, middle - 3.5], [l.left + 6, middle + 3.5]], "arrow");
      if (place(result.ci[1]) > right) polygon([[right, middle], [right - 6, middle - 3.5], [right - 6, middle + 3.5]], "arrow");
      dotted[1] = y;
      if (Number.isNaN(result.prediction[0])) return;
      const [low, high] = result.prediction;
      const below = labelled(l.titles.prediction, { room: l.effectAt - GAP - l.numbersWidth });
      text(l.effectAt, below, l.bracket(result.prediction), { anchor: "end" });
      interval(low, high, below - ROW * 0.22, "");
      for (const end of [low, high].map(place)) {
        if (end >= l.left && end <= right) line(end, below - ROW * 0.22 - 4, end, below - ROW * 0.22 + 4, "ci");
      }
    }
    function axisBelow() {
      const null_ = Math.min(Math.max(place(0), l.left), right);
      if (result.k && place(result.estimate) >= l.left && place(result.estimate) <= right) {
        line(place(result.estimate), dotted[0] - 4, place(result.estimate), dotted[1], "dotted", behind);
      }
      line(null_, top - 4, null_, bottom + 4, "guide", behind);
      y += 4;
      line(l.left, y, right, y, "guide");
      for (const tick of axis.ticks) {
        const x = place(tick.at);
        line(x, y, x, y + 4, "guide");
        const half = widthOf(tick.text, SMALL) / 2;
        text(Math.min(Math.max(x, l.left + half - 4), right + 4 - half), y + 17, tick.text, { anchor: "middle", size: SMALL });
      }
      const [lower, upper] = outcome.better === "lower" ? outcome.arms : [...outcome.arms].reverse();
      const texts = [`← Favours ${lower}`, `Favours ${upper} →`];
      const room = texts.reduce((sum, one) => sum + widthOf(one, SMALL), GAP) <= l.graph;
      const lines = room ? [texts] : [["← Favours", "Favours →"], [lower, upper]];
      for (const [first, second] of lines) {
        text(l.left, y + 33, first, { size: SMALL });
        text(right, y + 33, second, { anchor: "end", size: SMALL });
        y += 14;
      }
      y += 28;
    }
    function othersBelow() {
      line(0, y, right, y, "faint");
      text(0, y + ROW * 0.85, "Not in this analysis", { bold: true, muted: true });
      y += ROW * 1.2;
      const from = y;
      let to = y;
      for (const row of others) {
        const reason = mscWords.reason(row, outcome);
        const baseline = labelled(row.label, { muted: true, room: row.effect ? l.label : right });
        if (row.effect) {
          numbersOf(row, baseline, true);
          interval(row.low, row.high, baseline - ROW * 0.22, "muted");
          svg.append(element("rect", { x: place(row.effect.yi) - 3.5, y: baseline - ROW * 0.22 - 3.5, width: 7, height: 7, class: "hollow" }));
          to = y;
        }
        const room = row.effect && !l.stacked && l.columns.length ? l.effectAt : right;
        if (l.stacked && !row.effect) y -= ROW * 0.85;
        for (const words of wrapped(reason, room - 12)) {
          text(12, y + ROW * 0.42, words, { muted: true, size: SMALL });
          y += ROW * 0.65;
        }
      }
      if (to > from) line(Math.min(Math.max(place(0), l.left), right), from, Math.min(Math.max(place(0), l.left), right), to, "dotted", behind);
    }
  }

  function titleOf(analysis) {
    return `Forest plot of ${analysis.outcome.title}, as explored: ${mscWords.spoken(analysis)} The numbers are in the table below.`;
  }

  return Object.freeze({ draw, titleOf });
})();
