# ---- small-study effects ----------------------------------------------------------------------------------------------

# Egger's regression by metafor's regtest; Peters and Harbord, which metafor has not, by the same least squares.
line_test <- function(prefix, y, x, v, level) {
  k <- length(y)
  varies <- k > 1 && diff(range(x)) > 1e-12 * max(abs(x))
  if (k < 3 || !varies) {
    return(record_all(prefix, list(k = k, intercept = NA, intercept_se = NA, statistic = NA, df = NA, p_value = NA,
                                   limit_estimate = NA, limit_ci = c(NA, NA), tau2 = NA)))
  }
  line <- summary(lm(y ~ x, weights = 1 / v))$coefficients
  record_all(prefix, list(k = k, intercept = line[2, 1], intercept_se = line[2, 2], statistic = line[2, 3], df = k - 2,
                          p_value = line[2, 4], limit_estimate = line[1, 1],
                          limit_ci = interval(line[1, 1], line[1, 2], level, k - 2), tau2 = NA))
}

egger <- function(prefix, yi, vi, level, ni = NULL) {
  x <- if (is.null(ni)) sqrt(vi) else 1 / sqrt(ni)
  line_test(prefix, yi, x, vi, level)
  if (length(yi) < 3 || diff(range(x)) <= 1e-12 * max(abs(x))) return(invisible())
  test <- suppressWarnings(if (is.null(ni)) regtest(yi, vi, model = "lm", predictor = "sei") else
    regtest(yi, vi, ni = ni, model = "lm", predictor = "sqrtninv"))
  record_all(prefix, list(statistic = test$zval, p_value = test$pval))
}

peters <- function(prefix, a, n1, c, n2, level) {
  e <- a + c
  n <- n1 + n2
  kept <- e > 0 & e < n
  y <- as.numeric(escalc("OR", ai = a, n1i = n1, ci = c, n2i = n2, add = 0.5, to = "only0")$yi)
  line_test(prefix, y[kept], (1 / n)[kept], (n / (e * (n - e)))[kept], level)
}

harbord <- function(prefix, a, n1, c, n2, level) {
  e <- a + c
  n <- n1 + n2
  kept <- e > 0 & e < n
  z <- (a - e * n1 / n)[kept]
  v <- (n1 * n2 * e * (n - e) / (n^2 * (n - 1)))[kept]
  line_test(prefix, z / v, 1 / sqrt(v), 1 / v, level)
}

begg <- function(prefix, yi, vi) {
  k <- length(yi)
  w <- 1 / vi
  y <- (yi - sum(w * yi) / sum(w)) / sqrt(vi - 1 / sum(w))
  s <- sum(sign(outer(y, y, "-"))[upper.tri(diag(k))] * sign(outer(vi, vi, "-"))[upper.tri(diag(k))])
  test <- suppressWarnings(ranktest(yi, vi))
  t1 <- as.numeric(table(y))
  t2 <- as.numeric(table(vi))
  variance <- (k * (k - 1) * (2 * k + 5) - sum(t1 * (t1 - 1) * (2 * t1 + 5)) - sum(t2 * (t2 - 1) * (2 * t2 + 5))) / 18 +
    sum(t1 * (t1 - 1)) * sum(t2 * (t2 - 1)) / (2 * k * (k - 1))
  if (k > 2) variance <- variance + sum(t1 * (t1 - 1) * (t1 - 2)) * sum(t2 * (t2 - 1) * (t2 - 2)) / (9 * k * (k - 1) * (k - 2))
  record_all(prefix, list(k = k, tau = test$tau, s = s, z = s / sqrt(variance), p_value = test$pval))
}

filled <- function(prefix, yi, vi, model) {
  k <- length(yi)
  fit <- fitted_rma(yi, vi, model$method, "z", model$level)
  found <- NULL
  for (step in c(1, 0.5, 0.2)) if (is.null(found)) {
    found <- tryCatch(suppressWarnings(trimfill(fit, control = search(yi, vi, 1e-13, step))), error = function(e) NULL)
  }
  if (is.null(found)) return(not_checked(prefix, "metafor's trimfill() stops where its number of studies runs in a circle"))
  all_yi <- as.numeric(found$yi)
  all_vi <- as.numeric(found$vi)
  record_all(prefix, list(k = k, k0 = found$k0, k0_p = NA))
  if (found$k0 < k - 1) record_all(prefix, list(k0_se = found$se.k0)) else
    not_checked(paste0(prefix, "/k0_se"), "with one study left untrimmed, its rank is 0 or a rounding error in metafor")
  record(paste0(prefix, "/yi/", seq_along(all_yi) - 1), all_yi)
  record(paste0(prefix, "/vi/", seq_along(all_vi) - 1), all_vi)
  model$prediction <- "t(k-1)"
  record_all(paste0(prefix, "/result"), pooled(all_yi, all_vi, model))
}
