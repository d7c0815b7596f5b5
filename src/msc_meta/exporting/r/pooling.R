# ---- pooling ----------------------------------------------------------------------------------------------------------

is_log <- function(measure) measure %in% c("RR", "OR", "PETO", "ROM", "HR", "LRM")
TESTS <- c(wald = "z", hksj = "knha", "hksj-adhoc" = "adhoc")

search <- function(yi, vi, exact, step) {
  typical <- mean(vi)
  list(threshold = exact * typical, maxiter = 50000, stepadj = step, tol = 1e-3 * exact * typical,
       tau2.max = 1e4 * (max(vi) + var(as.numeric(yi))))
}

# metafor's fit, searched closer than by default; a Fisher scoring that does not arrive takes shorter steps
fitted_rma <- function(yi, vi, method, test, level, X = NULL) {
  if (method == "FE") test <- "z"
  why <- ""
  for (exact in c(1e-13, 1e-11, 1e-9)) for (step in c(1, 0.5, 0.2, 0.05)) {
    call <- list(yi = yi, vi = vi, method = method, test = test, level = 100 * level, control = search(yi, vi, exact, step))
    if (!is.null(X)) call <- c(call, list(mods = X, intercept = FALSE))
    fit <- tryCatch(suppressWarnings(do.call(rma.uni, call)), error = function(e) conditionMessage(e))
    if (!is.character(fit)) return(fit)
    why <- fit
  }
  stop(why)
}

q_profile <- function(fit, level) {
  control <- search(fit$yi, fit$vi, 1e-13, 1)
  found <- suppressWarnings(confint(fit, level = 100 * level, type = "QP",
                                    control = list(tol = control$tol, maxiter = 50000, tau2.max = control$tau2.max)))
  bounds <- as.numeric(found$random["tau^2", c("ci.lb", "ci.ub")])
  bounds[is.na(bounds)] <- 0  # both below 0: metafor calls that empty, msc_meta 0
  bounds
}

normal_or_t <- function(p, df) if (is.na(df)) qnorm(p) else qt(p, df)
two_sided <- function(statistic, df) if (is.na(df)) 2 * pnorm(-abs(statistic)) else 2 * pt(-abs(statistic), df)
interval <- function(estimate, se, level, df) estimate + c(-1, 1) * normal_or_t((1 + level) / 2, df) * se
upper <- function(q, df) if (df > 0) pchisq(q, df, lower.tail = FALSE) else NA

UNDEFINED <- list(estimate = NA, se = NA, ci = c(NA, NA), p_value = NA, statistic = NA, df = NA, prediction = c(NA, NA),
                  tau2 = NA, tau2_ci = c(NA, NA), i2_ci = c(NA, NA), h2_ci = c(NA, NA), i2 = NA, h2 = NA, i2_q = NA,
                  h2_q = NA, q = NA, q_df = 0, q_p = NA, wald_ci = c(NA, NA), weights = numeric())

pooled <- function(yi, vi, model) {
  k <- length(yi)
  found <- c(list(k = k), UNDEFINED)
  if (k == 0) return(found)
  if (k == 1) {
    se <- sqrt(vi)
    ci <- interval(yi, se, model$level, NA)
    return(modifyList(found, list(estimate = yi, se = se, ci = ci, wald_ci = ci, statistic = yi / se,
                                  p_value = two_sided(yi / se, NA), weights = 100)))
  }
  test <- TESTS[[model$ci_method]]
  fit <- fitted_rma(yi, vi, model$method, test, model$level)
  common <- model$method == "FE"
  df <- if (common || test == "z") NA else k - 1
  w <- 1 / (vi + fit$tau2)
  estimate <- as.numeric(fit$beta)
  spread <- UNDEFINED$prediction
  if (k > 2 && !common) {
    reach <- c("t(k-1)" = k - 1, "t(k-2)" = k - 2, normal = NA)[[model$prediction]]
    spread <- interval(estimate, sqrt(fit$se^2 + fit$tau2), model$level, reach)
  }
  typical <- fit$vt
  profile <- if (common) c(NA, NA) else q_profile(fit, model$level)
  h2_q <- fit$QE / (k - 1)
  statistic <- if (fit$se > 0) estimate / fit$se else NA
  i2_q <- if (fit$QE > 0) 100 * max(0, 1 - (k - 1) / fit$QE) else 0
  modifyList(found, list(
    estimate = estimate, se = fit$se, ci = c(fit$ci.lb, fit$ci.ub), statistic = statistic, df = df,
    p_value = if (is.na(statistic)) NA else fit$pval, prediction = spread, tau2 = fit$tau2, tau2_ci = profile,
    i2_ci = 100 * profile / (profile + typical), h2_ci = profile / typical + 1,
    i2 = if (common) i2_q else fit$I2, h2 = if (common) h2_q else fit$H2, i2_q = i2_q, h2_q = h2_q,
    q = fit$QE, q_df = k - 1, q_p = fit$QEp, wald_ci = interval(estimate, sqrt(1 / sum(w)), model$level, NA),
    weights = as.numeric(weights(fit))))
}

# Methods on counts; where a trial has none, the method on effects stands in.
STANDS_IN <- c(MH = "FE", "DL-MH" = "DL")
on_effects <- function(model) {
  if (model$method %in% names(STANDS_IN)) model$method <- STANDS_IN[[model$method]]
  model
}

pooled_rows <- function(yi, vi, counts, analysis) {
  model <- analysis$model
  if (!model$method %in% names(STANDS_IN) || length(yi) < 2 || anyNA(unlist(counts))) {
    return(pooled(yi, vi, on_effects(model)))
  }
  zero <- analysis$zero
  revman <- analysis$conventions == "revman"
  if (revman && (analysis$measure == "RD" || zero$scope == "treatment-arm")) {
    stop("metafor has neither RevMan's variance of a risk difference nor a correction by the size of the arms")
  }
  to <- if (revman) c("only-zero" = "only0", all = "all")[[zero$scope]] else "only0"
  add <- if (revman) zero$correction else 0.5
  mh <- suppressWarnings(rma.mh(
    ai = counts$a, n1i = counts$n1, ci = counts$c, n2i = counts$n2, measure = analysis$measure, correct = FALSE,
    add = c(add, if (revman) add else 0), to = c(to, if (revman) to else "none"), drop00 = c(TRUE, FALSE),
    level = 100 * model$level))
  k_q <- mh$k.yi
  h2 <- mh$QE / (k_q - 1)
  i2 <- if (mh$QE > 0) 100 * max(0, 1 - (k_q - 1) / mh$QE) else 0
  shared <- list(i2 = i2, h2 = h2, i2_q = i2, h2_q = h2, q = mh$QE, q_df = k_q - 1, q_p = mh$QEp)
  if (model$method == "MH") {
    estimate <- as.numeric(mh$beta)
    ci <- interval(estimate, mh$se, model$level, NA)
    events <- counts$a + counts$c
    used <- switch(analysis$measure, RR = events > 0, OR = events > 0 & events < counts$n1 + counts$n2, events >= 0)
    return(modifyList(c(list(k = sum(used)), UNDEFINED), c(shared, list(
      estimate = estimate, se = mh$se, ci = ci, wald_ci = ci, statistic = mh$zval, p_value = mh$pval, tau2 = 0,
      weights = as.numeric(weights(mh))))))
  }
  w <- 1 / vi
  k <- length(yi)
  tau2 <- max(0, (mh$QE - (k - 1)) / (sum(w) - sum(w^2) / sum(w)))
  test <- TESTS[[model$ci_method]]
  fit <- suppressWarnings(rma.uni(yi, vi, tau2 = tau2, test = test, level = 100 * model$level))
  estimate <- as.numeric(fit$beta)
  reach <- c("t(k-1)" = k - 1, "t(k-2)" = k - 2, normal = NA)[[model$prediction]]
  shared$q_df <- k - 1
  modifyList(c(list(k = k), UNDEFINED), c(shared, list(
    estimate = estimate, se = fit$se, ci = c(fit$ci.lb, fit$ci.ub), df = if (test == "z") NA else k - 1,
    statistic = fit$zval, p_value = fit$pval, tau2 = tau2, weights = as.numeric(weights(fit)),
    wald_ci = interval(estimate, sqrt(1 / sum(1 / (vi + tau2))), model$level, NA),
    prediction = if (k > 2) interval(estimate, sqrt(fit$se^2 + tau2), model$level, reach) else c(NA, NA))))
}

displayed <- function(found, measure) {
  show <- if (is_log(measure)) exp else identity
  list("display/estimate" = show(found$estimate), "display/ci" = show(found$ci), "display/prediction" = show(found$prediction))
}

BRIEF <- c("k", "estimate", "se", "p_value", "tau2", "i2", "q", "q_df", "q_p", "ci")

leave_one_out <- function(prefix, yi, vi, counts, analysis) {
  for (i in seq_along(yi)) attempt(prefix, {
    rest <- pooled_rows(yi[-i], vi[-i], lapply(counts, function(x) x[-i]), analysis)
    record_all(paste0(prefix, "/", pointer(analysis$labels[i])), rest[BRIEF])
  })
}

# ---- subgroups with one tau2, and meta-regression ------------------------------------------------------------------------

by_subgroup <- function(prefix, yi, vi, groups, model) {
  names <- unique(groups)
  members <- lapply(names, function(name) which(groups == name))
  record_all(paste0(prefix, "/overall"), pooled(yi, vi, model))
  alone <- lapply(members, function(at) pooled(yi[at], vi[at], model))
  k <- length(yi)
  inside <- k - length(names)
  if (inside == 0) {
    own <- alone
    m <- vapply(own, function(x) x$estimate, 0)
    w <- 1 / vapply(own, function(x) x$se, 0)^2
    q <- sum(w * (m - sum(w * m) / sum(w))^2)
    test <- list(q_between = q, df = length(names) - 1, df2 = NA, p_value = upper(q, length(names) - 1))
  } else {
    each <- sapply(names, function(name) as.numeric(groups == name))
    fit <- fitted_rma(yi, vi, model$method, TESTS[[model$ci_method]], model$level, each)
    contrast <- fitted_rma(yi, vi, model$method, TESTS[[model$ci_method]], model$level, cbind(1, each[, -1]))
    common <- model$method == "FE"
    df <- if (common || model$ci_method == "wald") NA else inside
    own <- lapply(seq_along(names), function(i) {
      at <- members[[i]]
      w <- 1 / (vi[at] + fit$tau2)
      se <- fit$se[i]
      estimate <- as.numeric(fit$beta)[i]
      statistic <- if (se > 0) estimate / se else NA
      reach <- if (model$prediction == "normal") NA else if (is.na(df)) length(at) - 1 else df
      modifyList(alone[[i]], list(
        i2 = alone[[i]]$i2_q, h2 = alone[[i]]$h2_q, estimate = estimate, se = se, df = df, statistic = statistic,
        p_value = if (is.na(statistic)) NA else two_sided(statistic, df), ci = interval(estimate, se, model$level, df),
        wald_ci = interval(estimate, sqrt(1 / sum(w)), model$level, NA),
        prediction = if (length(at) < 2 || common) c(NA, NA) else
          interval(estimate, sqrt(se^2 + fit$tau2), model$level, reach),
        tau2 = fit$tau2, tau2_ci = c(NA, NA), weights = 100 * w / sum(w)))
    })
    test <- list(q_between = contrast$QM, df = length(names) - 1, df2 = df, p_value = contrast$QMp)
  }
  for (i in seq_along(names)) record_all(paste0(prefix, "/results/", pointer(names[i])), own[[i]])
  within <- sum(vapply(alone, function(x) if (x$k > 1) x$q else 0, 0))
  record_all(prefix, c(test, list(q_within = within, q_within_df = inside, q_within_p = upper(within, inside))))
}

# The moderator is centred for the fit, in which its squares would cost digits, and the answer moved back.
regression <- function(prefix, yi, vi, x, model) {
  middle <- mean(x)
  k <- length(yi)
  test <- TESTS[[model$ci_method]]
  fit <- fitted_rma(yi, vi, model$method, test, model$level, cbind(1, x - middle))
  null <- fitted_rma(yi, vi, model$method, test, model$level)
  back <- rbind(c(1, -middle), c(0, 1))
  beta <- as.numeric(back %*% fit$beta)
  covariance <- back %*% fit$vb %*% t(back)
  df <- if (test == "z") NA else k - 2
  record_all(prefix, list(
    k = k, p = 2, df = k - 2, tau2 = fit$tau2, tau2_ci = q_profile(fit, model$level), i2 = fit$I2, h2 = fit$H2,
    r2 = if (null$tau2 > 0) 100 * max(0, (null$tau2 - fit$tau2) / null$tau2) else 0, qe = fit$QE, qe_p = fit$QEp))
  slope <- (beta[2] / sqrt(covariance[2, 2]))^2
  record_all(prefix, list(qm = slope, qm_df = c(1, df), qm_p = two_sided(sqrt(slope), df)))
  for (i in 1:2) {
    se <- sqrt(covariance[i, i])
    ci <- interval(beta[i], se, model$level, df)
    record_all(paste0(prefix, "/coefficients/", i - 1), list(
      estimate = beta[i], se = se, statistic = beta[i] / se, df = df, p_value = two_sided(beta[i] / se, df),
      ci_low = ci[1], ci_high = ci[2]))
    record(paste0(prefix, "/vcov/", i - 1, "/", 0:1), covariance[i, ])
  }
}
