# ---- from reported numbers to the effects of studies ----------------------------------------------------------------

luo_mean <- function(n, m, q1, q3, low, high) {  # Luo 2018
  if (!is.na(q1) && !is.na(low)) {
    a <- 2.2 / (2.2 + n^0.75)
    b <- 0.7 - 0.72 / n^0.55
    return(a * (low + high) / 2 + b * (q1 + q3) / 2 + (1 - a - b) * m)
  }
  if (!is.na(q1)) return((0.7 + 0.39 / n) * (q1 + q3) / 2 + (0.3 - 0.39 / n) * m)
  w <- 4 / (4 + n^0.75)
  w * (low + high) / 2 + (1 - w) * m
}

wan_sd <- function(n, q1, q3, low, high) {  # Wan 2014
  of_range <- (high - low) / (2 * qnorm((n - 0.375) / (n + 0.25)))
  of_quartiles <- (q3 - q1) / (2 * qnorm((0.75 * n - 0.125) / (n + 0.25)))
  if (is.na(q1)) of_range else if (is.na(low)) of_quartiles else (of_range + of_quartiles) / 2
}

shi_sd <- function(n, q1, q3, low, high) {  # Shi 2020
  (high - low) / ((2 + 0.14 * n^0.6) * qnorm((n - 0.375) / (n + 0.25))) +
    (q3 - q1) / ((2 + 2 / (0.07 * n^0.6)) * qnorm((0.75 * n - 0.125) / (n + 0.25)))
}

log_normal <- function(n, m, q1, q3, low, high) {  # Shi, Tong, Wang & Genton 2020
  both <- !is.na(q1) && !is.na(low)
  l <- log(c(m, q1, q3, low, high))
  mu <- luo_mean(n, l[1], l[2], l[3], l[4], l[5])
  s <- if (both) shi_sd(n, l[2], l[3], l[4], l[5]) else wan_sd(n, l[2], l[3], l[4], l[5])
  if (both) { s2 <- s^2 / (1 + 0.28 / log(n)^2); s4 <- s^4 / (1 + 3.93 / n); c1 <- 0.405; c2 <- 0.315 }
  else if (!is.na(q1)) { s2 <- s^2 / (1 + 1.58 / n); s4 <- s^4 / (1 + 19.2 / n^1.2); c1 <- 0.57; c2 <- 0.75 }
  else { s2 <- s^2 / (1.01 + 0.25 / log(n)^2); s4 <- s^4 / (1 + 2.23 / log(n)^2); c1 <- 0.565; c2 <- 0.37 }
  mean <- exp(mu + s2 / 2) / (1 + (c1 * s2 + c2 * s4) / n)
  variance <- exp(2 * mu + 2 * s2) / (1 + (4 * c1 * s2 + 16 * c2 * s4) / n) -
    exp(2 * mu + s2) / (1 + (4 * c1 * s2 + 4 * c2 * s4) / n)
  c(mean, sqrt(variance))
}

from_median <- function(method, n, m, q1, q3, low, high) {
  if (is.na(q1) || is.na(q3)) q1 <- q3 <- NA
  if (is.na(low) || is.na(high)) low <- high <- NA
  both <- !is.na(q1) && !is.na(low)
  if (method == "hozo" && !is.na(low)) {
    sd <- if (n <= 15) sqrt(((low - 2 * m + high)^2 / 4 + (high - low)^2) / 12) else (high - low) / (if (n <= 70) 4 else 6)
    return(c(if (n <= 25) (low + 2 * m + high) / 4 else m, sd))
  }
  if (method == "bland") {
    variance <- (low^2 + 2 * q1^2 + 2 * m^2 + 2 * q3^2 + high^2) / 16 + (low * q1 + q1 * m + m * q3 + q3 * high) / 8 -
      (low + 2 * q1 + 2 * m + 2 * q3 + high)^2 / 64
    return(c((low + 2 * q1 + 2 * m + 2 * q3 + high) / 8, sqrt(variance)))
  }
  if (method == "lnorm") return(log_normal(n, m, q1, q3, low, high))
  if (method == "wan") {
    mean <- if (both) (low + 2 * q1 + 2 * m + 2 * q3 + high) / 8 else
      if (!is.na(q1)) (q1 + m + q3) / 3 else (low + 2 * m + high) / 4
    return(c(mean, wan_sd(n, q1, q3, low, high)))
  }
  c(luo_mean(n, m, q1, q3, low, high), if (both) shi_sd(n, q1, q3, low, high) else wan_sd(n, q1, q3, low, high))
}

# One reported arm as n, events, mean and sd in the protocol's unit.
arm_numbers <- function(x, method) {
  count <- function(percent) round(x$n * percent / 100)
  events <- if (!is.na(x$events)) x$events else if (!is.na(x$percent)) count(x$percent) else
    if (!is.na(x$survivors)) x$n - x$survivors else if (!is.na(x$survival_percent)) x$n - count(x$survival_percent) else NA
  mean <- sd <- NA
  if (!is.na(x$mean)) {
    mean <- x$mean
    sd <- if (!is.na(x$sd)) x$sd else if (!is.na(x$se)) x$se * sqrt(x$n) else
      if (!is.na(x$ci_low)) (x$ci_high - x$ci_low) / (2 * qt(0.975, x$n - 1)) * sqrt(x$n) else NA
  } else if (!is.na(x$median) && method != "") {
    converted <- if (method %in% CONVERTED) from_median(method, x$n, x$median, x$q1, x$q3, x$min, x$max) else
      c(x$given_mean, x$given_sd)
    mean <- converted[1]
    sd <- converted[2]
  }
  c(n = x$n, events = events, mean = mean * x$factor, sd = sd * x$factor)
}
CONVERTED <- c("luo-wan", "luo-shi", "wan", "hozo", "bland", "lnorm")

# All arms of one side as the one that their patients together would have made; a split control is its part.
side_numbers <- function(rows, method) {
  all <- vapply(seq_len(nrow(rows)), function(i) arm_numbers(rows[i, ], method), c(n = 0, events = 0, mean = 0, sd = 0))
  n <- sum(all["n", ])
  events <- sum(all["events", ])
  mean <- sum(all["n", ] * all["mean", ]) / n
  sd <- if (ncol(all) == 1) all["sd", 1] else
    sqrt(sum((all["n", ] - 1) * all["sd", ]^2 + all["n", ] * (all["mean", ] - mean)^2) / (n - 1))
  c(n = n * rows$share[1], events = events * rows$share[1], mean = mean, sd = unname(sd))
}

# Effects on events, by metafor's escalc; what it can not do is written out.
event_effects <- function(measure, a, n1, c, n2, zero) {
  if (measure %in% c("PETO", "AS")) {
    found <- escalc(measure, ai = a, n1i = n1, ci = c, n2i = n2, to = "none", add = 0, drop00 = FALSE)
    return(list(yi = as.numeric(found$yi), vi = as.numeric(found$vi)))
  }
  if (zero$scope == "treatment-arm") return(treatment_arm_effects(measure, a, n1, c, n2, zero))
  found <- escalc(measure, ai = a, n1i = n1, ci = c, n2i = n2, add = zero$correction,
                  to = c("only-zero" = "only0", all = "all")[[zero$scope]], drop00 = zero$drop)
  # a difference of risks needs no correction, only a variance that would be 0 does
  list(yi = if (measure == "RD") a / n1 - c / n2 else as.numeric(found$yi), vi = as.numeric(found$vi))
}

treatment_arm_effects <- function(measure, a, n1, c, n2, zero) {  # as R's meta does with method.incr = "TACC"
  empty <- a == 0 | c == 0 | a == n1 | c == n2
  double <- (a == 0 & c == 0) | (a == n1 & c == n2)
  e <- ifelse(empty, 2 * zero$correction * n1 / (n1 + n2), 0)
  f <- ifelse(empty, 2 * zero$correction * n2 / (n1 + n2), 0)
  b <- n1 - a
  d <- n2 - c
  found <- if (measure == "RR") {
    full <- b == 0 & d == 0
    x <- ifelse(full, a, a + e)
    y <- ifelse(full, c, c + f)
    list(yi = log((a + e) / (n1 + e)) - log((c + f) / (n2 + f)), vi = 1 / x - 1 / (n1 + e) + 1 / y - 1 / (n2 + f))
  } else if (measure == "OR") {
    list(yi = log((a + e) / (b + e)) - log((c + f) / (d + f)), vi = 1 / (a + e) + 1 / (b + e) + 1 / (c + f) + 1 / (d + f))
  } else {
    m1 <- n1 + 2 * e
    m2 <- n2 + 2 * f
    list(yi = a / n1 - c / n2, vi = (a + e) * (b + e) / m1^3 + (c + f) * (d + f) / m2^3)
  }
  if (zero$drop) found$yi[double] <- NA
  found
}

mean_effects <- function(measure, e, c, revman) {
  if (measure == "SMD" && revman) {  # Deeks & Higgins 2010, Statistical algorithms in Review Manager 5
    n <- e[["n"]] + c[["n"]]
    s <- sqrt(((e[["n"]] - 1) * e[["sd"]]^2 + (c[["n"]] - 1) * c[["sd"]]^2) / (n - 2))
    g <- (1 - 3 / (4 * n - 9)) * (e[["mean"]] - c[["mean"]]) / s
    return(list(yi = g, vi = n / (e[["n"]] * c[["n"]]) + g^2 / (2 * (n - 3.94))))
  }
  if (measure == "SMDH") {  # Bonett 2009; metafor has his variance since version 4
    m <- e[["n"]] + c[["n"]] - 2
    v <- c(e[["sd"]], c[["sd"]])^2
    s2 <- mean(v)
    df <- c(e[["n"]], c[["n"]]) - 1
    g <- exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / sqrt(m / 2) * (e[["mean"]] - c[["mean"]]) / sqrt(s2)
    return(list(yi = g, vi = g^2 * sum(v^2 / df) / (8 * s2^2) + sum(v / df) / s2))
  }
  if (measure == "ROM") {  # with the correction of its bias that metafor has since version 5
    cv <- c(e[["sd"]] / e[["mean"]], c[["sd"]] / c[["mean"]])^2 / c(e[["n"]], c[["n"]])
    return(list(yi = log(e[["mean"]] / c[["mean"]]) + (cv[1] - cv[2]) / 2, vi = sum(cv)))
  }
  found <- escalc(measure, m1i = e[["mean"]], sd1i = e[["sd"]], n1i = e[["n"]], m2i = c[["mean"]], sd2i = c[["sd"]],
                  n2i = c[["n"]])
  list(yi = as.numeric(found$yi), vi = as.numeric(found$vi))
}

# One comparison: the numbers of both sides, and the effect.
comparison_effect <- function(at) {
  it <- comparisons[at, ]
  nothing <- c(n = NA, events = NA, mean = NA, sd = NA)
  if (it$way == "printed") {
    change <- if (it$log) log else identity
    se <- if (!is.na(it$ci_low)) (change(it$ci_high) - change(it$ci_low)) / (2 * qnorm(0.5 + it$level / 2)) else it$se
    return(list(yi = it$factor * change(it$estimate), vi = (it$factor * se)^2, e = nothing, c = nothing))
  }
  rows <- arms[arms$comparison == at, ]
  e <- side_numbers(rows[rows$side == "e", ], it$median_method)
  c <- side_numbers(rows[rows$side == "c", ], it$median_method)
  zero <- list(correction = it$correction, scope = it$scope, drop = it$drop)
  effect <- if (it$measure == "LRM") {
    ratio <- log(rows$median[rows$side == "e"] / rows$median[rows$side == "c"])
    list(yi = ratio, vi = (ratio / qnorm(it$p / 2))^2)
  } else if (it$measure %in% c("RR", "OR", "RD", "PETO", "AS")) {
    event_effects(it$measure, e[["events"]], e[["n"]], c[["events"]], c[["n"]], zero)
  } else mean_effects(it$measure, e, c, it$conventions == "revman")
  c(effect, list(e = e, c = c))
}
