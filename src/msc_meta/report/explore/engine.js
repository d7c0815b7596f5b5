/* Effect sizes and their pooling, as msc_meta.effects and msc_meta.pooling compute them; a test holds the two together
   to nine digits. Pure functions of numbers: nothing here knows the page. Undefined numbers are NaN. */
const mscEngine = (() => {
  "use strict";

  // ---- distributions ------------------------------------------------------------------------------------------------

  /* Stirling's series from 15 on, where its next term is below the last digit; recurrence below that. */
  function lnGamma(x) {
    let product = 1;
    for (; x < 15; x += 1) product *= x;
    const s = 1 / (x * x);
    const series = 1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - (s * 691) / 360360))));
    return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + series / x - Math.log(product);
  }

  /* Lower and upper tail of the gamma distribution: a series left of the mean, Lentz's continued fraction right of it. */
  function gammaTails(a, x) {
    if (!(x > 0)) return Number.isNaN(x) ? { lower: NaN, upper: NaN } : { lower: 0, upper: 1 };
    const front = Math.exp(a * Math.log(x) - x - lnGamma(a));
    if (x < a + 1) {
      let term = 1 / a;
      let sum = term;
      for (let n = 1; term > sum * 1e-17; n += 1) sum += term *= x / (a + n);
      return { lower: front * sum, upper: 1 - front * sum };
    }
    let b = x + 1 - a;
    let c = 1 / 1e-300;
    let d = 1 / b;
    let h = d;
    for (let n = 1, change = 0; n < 10000 && Math.abs(change - 1) > 1e-16; n += 1) {
      const an = -n * (n - a);
      b += 2;
      d = 1 / notZero(an * d + b);
      c = notZero(b + an / c);
      change = c * d;
      h *= change;
    }
    return { lower: 1 - front * h, upper: front * h };
  }

  const notZero = (value) => (Math.abs(value) < 1e-300 ? 1e-300 : value);

  /* Regularised incomplete beta function; y is 1 - x, given apart so that neither loses digits. */
  function betaTail(a, b, x, y) {
    if (!(x > 0)) return x <= 0 ? 0 : NaN;
    if (!(y > 0)) return 1;
    const logs = a * (y < 0.5 ? Math.log1p(-y) : Math.log(x)) + b * (x < 0.5 ? Math.log1p(-x) : Math.log(y));
    const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + logs);
    if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(a, b, x)) / a;
    return 1 - (front * betaFraction(b, a, y)) / b;
  }

  function betaFraction(a, b, x) {
    let c = 1;
    let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
    let h = d;
    for (let m = 1, change = 0; m < 10000 && Math.abs(change - 1) > 1e-16; m += 1) {
      const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / notZero(1 + even * d);
      c = notZero(1 + even / c);
      h *= c * d;
      const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / notZero(1 + odd * d);
      c = notZero(1 + odd / c);
      change = c * d;
      h *= change;
    }
    return h;
  }

  /* Where a falling function of x > 0 crosses a value, by halving until no number lies between. */
  function fallsTo(target, f) {
    let low = 0;
    let high = 1;
    while (f(high) > target && high < 1e300) {
      low = high;
      high *= 2;
    }
    for (;;) {
      const middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) return middle;
      if (f(middle) > target) low = middle;
      else high = middle;
    }
  }

  function remembered(f) {
    const known = new Map();
    return (...values) => {
      const key = values.join(" ");
      if (!known.has(key)) known.set(key, f(...values));
      return known.get(key);
    };
  }

  /* Two-sided p-value of a statistic, on t with df, or normal (null). */
  function twoSided(statistic, df) {
    const square = statistic * statistic;
    if (df === null) return gammaTails(0.5, square / 2).upper;
    if (square === Infinity) return 0;
    return betaTail(df / 2, 0.5, df / (df + square), square / (df + square));
  }

  const quantile = remembered((level, df) => fallsTo(1 - level, (x) => twoSided(x, df)));
  const chiSquareTail = (q, df) => gammaTails(df / 2, q / 2).upper;
  const chiSquareAbove = remembered((tail, df) => 2 * fallsTo(tail, (x) => gammaTails(df / 2, x).upper));
  const chiSquareBelow = remembered((tail, df) => 2 * fallsTo(-tail, (x) => -gammaTails(df / 2, x).lower));

  // ---- effect sizes -------------------------------------------------------------------------------------------------

  /* What is added to both cells of each arm, as msc_meta.effects.zero_cells does. */
  function corrections([a, n1, c, n2], zero) {
    const empty = a === 0 || a === n1 || c === 0 || c === n2;
    const amount = zero.scope === "all" || (zero.scope !== "none" && empty) ? zero.correction : 0;
    if (zero.scope !== "treatment-arm") return [amount, amount];
    return [(2 * amount * n1) / (n1 + n2), (2 * amount * n2) / (n1 + n2)];
  }

  const square = (x) => x * x;
  const EVENTS = {
    RR(a, b, c, d, raw, zero) {
      let [x1, x2] = [a, c];
      if (zero.scope === "treatment-arm") {
        b = raw[1] - raw[0];
        d = raw[3] - raw[2];
        if (b === 0 && d === 0) [x1, x2] = [raw[0], raw[2]];
      }
      return [Math.log(a / (a + b)) - Math.log(c / (c + d)), 1 / x1 - 1 / (a + b) + 1 / x2 - 1 / (c + d)];
    },
    OR: (a, b, c, d) => [Math.log(a / b) - Math.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d],
    RD: (a, b, c, d, raw) => [raw[0] / raw[1] - raw[2] / raw[3], (a * b) / (a + b) ** 3 + (c * d) / (c + d) ** 3],
    PETO(a, b, c, d) {
      const [n1, n2, events, n] = [a + b, c + d, a + c, a + b + c + d];
      const v = (n1 * n2 * events * (b + d)) / (n * n * (n - 1));
      return [(a - (n1 * events) / n) / v, 1 / v];
    },
    AS: (a, b, c, d) => [
      Math.asin(Math.sqrt(a / (a + b))) - Math.asin(Math.sqrt(c / (c + d))),
      1 / (4 * (a + b)) + 1 / (4 * (c + d)),
    ],
  };
  const MEANS = {
    MD: (m1, s1, n1, m2, s2, n2) => [m1 - m2, square(s1) / n1 + square(s2) / n2],
    SMD(m1, s1, n1, m2, s2, n2, conventions) {
      const m = n1 + n2 - 2;
      const revman = conventions === "revman";
      const pooled = Math.sqrt(((n1 - 1) * square(s1) + (n2 - 1) * square(s2)) / m);
      const g = ((revman ? 1 - 3 / (4 * m - 1) : hedges(m)) * (m1 - m2)) / pooled;
      return [g, 1 / n1 + 1 / n2 + square(g) / (2 * (n1 + n2) - (revman ? 7.88 : 0))];
    },
    SMDH(m1, s1, n1, m2, s2, n2) {
      const [d1, d2, s] = [n1 - 1, n2 - 1, (square(s1) + square(s2)) / 2];
      const g = (hedges(n1 + n2 - 2) * (m1 - m2)) / Math.sqrt(s);
      const spread = (square(g) * (s1 ** 4 / d1 + s2 ** 4 / d2)) / (8 * square(s));
      return [g, spread + (square(s1) / d1 + square(s2) / d2) / s];
    },
    ROM(m1, s1, n1, m2, s2, n2) {
      if (!(m1 > 0 && m2 > 0)) return [NaN, NaN];
      const [c1, c2] = [square(s1 / m1) / n1, square(s2 / m2) / n2];
      return [Math.log(m1 / m2) + (c1 - c2) / 2, c1 + c2];
    },
  };
  const hedges = (m) => (m >= 2 ? Math.exp(lnGamma(m / 2) - lnGamma((m - 1) / 2)) / Math.sqrt(m / 2) : NaN);

  /* Effect and variance from the numbers of two arms, or null: events [a, n1, c, n2], or means [m1, s1, n1, m2, s2, n2]. */
  function effect(measure, arms, { zero = { correction: 0.5, scope: "only-zero" }, conventions = "metafor" } = {}) {
    let yi, vi;
    if (measure in EVENTS) {
      const [a, n1, c, n2] = arms;
      const informative = (a > 0 || c > 0) && (a < n1 || c < n2);
      if (["RR", "OR"].includes(measure) && zero.double_zero === "not-estimable" && !informative) return null;
      const uncorrected = ["PETO", "AS"].includes(measure);
      const [e, f] = uncorrected ? [0, 0] : corrections(arms, zero);
      [yi, vi] = EVENTS[measure](a + e, n1 - a + e, c + f, n2 - c + f, arms, zero);
    } else {
      [yi, vi] = MEANS[measure](...arms, conventions);
    }
    return Number.isFinite(yi) && Number.isFinite(vi) && vi > 0 ? { yi, vi } : null;
  }

  // ---- heterogeneity ------------------------------------------------------------------------------------------------

  /* k >= 2 studies in units of the most precise one, which comes first. */
  function studiesOf(yi, vi) {
    const k = yi.length;
    const y = Float64Array.from(yi);
    const v = Float64Array.from(vi);
    const best = v.indexOf(Math.min(...v));
    [y[0], y[best]] = [y[best], y[0]];
    [v[0], v[best]] = [v[best], v[0]];
    const [unit, origin] = [v[0], y[0]];
    const w = new Float64Array(k);
    let mean = 0;
    for (let i = 0; i < k; i += 1) {
      y[i] = (y[i] - origin) / Math.sqrt(unit);
      v[i] /= unit;
      mean += y[i] / k;
    }
    let squares = 0;
    for (let i = 0; i < k; i += 1) squares += square(y[i] - mean);

    /* Weights, their sum, the weighted mean, and the trace of P as a sum over pairs with the largest weight first. */
    function at(tau2) {
      let [total, moment, rest, restSquares] = [0, 0, 0, 0];
      for (let i = 0; i < k; i += 1) {
        w[i] = 1 / (v[i] + tau2);
        total += w[i];
        moment += w[i] * y[i];
        if (i) {
          rest += w[i];
          restSquares += w[i] * w[i];
        }
      }
      const mean = moment / total;
      let [q, slope] = [0, 0];
      for (let i = 0; i < k; i += 1) {
        const d = y[i] - mean;
        q += w[i] * d * d;
        slope += square(w[i] * d);
      }
      return { total, q, slope, trace: (rest * (2 * w[0] + rest) - restSquares) / (w[0] + rest) };
    }
    function logLikelihood(tau2, restricted) {
      const { total, q } = at(tau2);
      let height = -q;
      for (let i = 0; i < k; i += 1) height += Math.log(w[i]);
      return (restricted ? height - Math.log(total) : height) / 2;
    }
    function score(tau2, restricted) {
      const { total, slope, trace } = at(tau2);
      return slope - (restricted ? trace : total);
    }
    const zero = at(0);
    return {
      k, df: k - 1, unit, squares, variance: squares / (k - 1), at, score, logLikelihood,
      cochranQ: zero.q, precision: zero.total, trace: zero.trace,
      meanVariance: v.reduce((sum, one) => sum + one, 0) / k, largest: Math.max(...v),
    };
  }

  /* Where a score falls through zero; positive at low, not at high: Chandrupatla's bracketed search, as in tau2.py. */
  function crossing(score, low, high) {
    let [at, across, step] = [high, low, 0.5];
    let [fAt, fAcross] = [Math.min(score(at), 0), Math.max(score(across), 0)];
    for (let pass = 0; ; pass += 1) {
      const x = at + step * (across - at);
      const f = score(x);
      const same = f > 0 === fAt > 0;
      const [old, fOld] = same ? [at, fAt] : [across, fAcross];
      if (!same) [across, fAcross] = [at, fAt];
      [at, fAt] = [x, f];
      const narrow = (2 * Number.EPSILON * 2 ** Math.floor(Math.log2(1 + at))) / Math.abs(across - at);
      if (!(narrow < 0.5) || f === 0) return Math.abs(fAcross) < Math.abs(fAt) ? across : at;
      const xi = (at - across) / (old - across);
      const phi = (fAt - fAcross) / (fOld - fAcross);
      step = 0.5;
      if (phi * phi < xi && square(1 - phi) < 1 - xi && pass < 50) {
        const quadratic =
          ((fAt / (fAcross - fAt)) * fOld) / (fAcross - fOld) +
          ((old - at) / (across - at)) * ((fAt / (fOld - fAt)) * fAcross) / (fOld - fAcross);
        if (Number.isFinite(quadratic)) step = quadratic;
      }
      step = Math.min(Math.max(step, narrow), 1 - narrow);
    }
  }

  const GRID_POINTS = 200;

  /* The highest likelihood among 0 and every point of the grid where the score turns negative. */
  function highest(s, restricted) {
    const spread = Math.max(s.variance, 1e-12);
    const bound = spread + Math.sqrt(spread * s.largest);
    const start = Math.min(1e-3, bound / 2);
    const score = (tau2) => s.score(tau2, restricted);
    const maxima = [];
    let [last, rising] = [0, score(0) > 0];
    if (!rising) maxima.push(0);
    for (let i = 0; i < GRID_POINTS; i += 1) {
      const end = i === GRID_POINTS - 1;
      const tau2 = end ? bound : start * (bound / start) ** (i / (GRID_POINTS - 1));
      const up = !end && score(tau2) > 0;
      if (rising && !up) maxima.push(crossing(score, last, tau2));
      [last, rising] = [tau2, up];
    }
    if (maxima.length < 2) return maxima[0] ?? 0;
    const heights = maxima.map((tau2) => s.logLikelihood(tau2, restricted));
    return maxima[heights.indexOf(Math.max(...heights))];
  }

  function whereQIs(target, s) {
    if (!(s.cochranQ > target)) return 0;
    return crossing((tau2) => s.at(tau2).q - target, 0, s.squares / target);
  }

  const ESTIMATORS = {
    REML: (s) => highest(s, true),
    DL: (s) => (s.cochranQ - s.df) / s.trace,
    PM: (s) => whereQIs(s.df, s),
    ML: (s) => highest(s, false),
    EB: (s) => whereQIs(s.df, s),
    HE: (s) => s.variance - s.meanVariance,
    HS: (s) => (s.cochranQ - s.k) / s.precision,
    SJ: (s) => ((s.squares / s.k) * s.at(s.squares / s.k).q) / s.df,
    FE: () => 0,
  };

  // ---- pooling ------------------------------------------------------------------------------------------------------

  const NOWHERE = [NaN, NaN];

  function interval(estimate, se, level, df) {
    const reach = quantile(level, df) * se;
    return [estimate - reach, estimate + reach];
  }

  /* Pool effects and variances; the fields are those of msc_meta's PooledResult. */
  function pool(yi, vi, { method = "REML", ci = "hksj", level = 0.95, prediction = "t(k-1)" } = {}) {
    const k = yi.length;
    const fit = {
      k, method, ci_method: k === 1 || method === "FE" ? "wald" : ci, level, estimate: NaN, se: NaN, df: null,
      statistic: NaN, p_value: NaN, ci: NOWHERE, wald_ci: NOWHERE, prediction: NOWHERE, tau2: NaN, tau2_ci: NOWHERE,
      i2: NaN, h2: NaN, q: NaN, q_df: 0, q_p: NaN, weights: [],
    };
    if (k === 0) return fit;
    const s = k > 1 ? studiesOf(yi, vi) : null;
    if (s) fit.tau2 = s.unit * Math.max(0, ESTIMATORS[method](s));
    const weights = vi.map((v) => 1 / (v + (s ? fit.tau2 : 0)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const origin = yi[vi.indexOf(Math.min(...vi))];
    fit.weights = weights.map((w) => (100 * w) / total);
    fit.estimate = origin + weights.reduce((sum, w, i) => sum + w * (yi[i] - origin), 0) / total;
    const waldSe = Math.sqrt(1 / total);
    fit.se = waldSe;
    if (fit.ci_method !== "wald") {
      fit.df = k - 1;
      const factor = Math.sqrt(weights.reduce((sum, w, i) => sum + w * square(yi[i] - fit.estimate), 0) / fit.df);
      fit.se *= fit.ci_method === "hksj-adhoc" ? Math.max(1, factor) : factor;
    }
    fit.statistic = fit.se > 0 ? fit.estimate / fit.se : NaN;
    fit.p_value = twoSided(fit.statistic, fit.df);
    fit.ci = interval(fit.estimate, fit.se, level, fit.df);
    fit.wald_ci = interval(fit.estimate, waldSe, level, null);
    if (k >= 3 && method !== "FE") {
      const df = { "t(k-1)": k - 1, "t(k-2)": k - 2, normal: null }[prediction];
      fit.prediction = interval(fit.estimate, Math.sqrt(square(fit.se) + fit.tau2), level, df);
    }
    if (!s) return fit;
    const typical = (s.unit * s.df) / s.trace;
    const common = method === "FE";
    fit.q = s.cochranQ;
    fit.q_df = s.df;
    fit.q_p = chiSquareTail(fit.q, s.df);
    const i2FromQ = fit.q > 0 ? 100 * Math.max(0, (fit.q - s.df) / fit.q) : 0;
    fit.i2 = common ? i2FromQ : (100 * fit.tau2) / (fit.tau2 + typical);
    fit.h2 = common ? fit.q / s.df : fit.tau2 / typical + 1;
    if (!common) {
      const tail = (1 - level) / 2;
      const targets = [chiSquareAbove(tail, s.df), chiSquareBelow(tail, s.df)];
      fit.tau2_ci = targets.map((target) => s.unit * whereQIs(target, s));
    }
    return fit;
  }

  return Object.freeze({ effect, pool, quantile, twoSided, chiSquareTail, chiSquareAbove, chiSquareBelow, ESTIMATORS });
})();
