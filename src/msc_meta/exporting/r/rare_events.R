# ---- rare events ------------------------------------------------------------------------------------------------------

# Mantel-Haenszel and Peto by metafor. Its rma.glmm needs packages that may be absent and searches too coarsely for a
# comparison, so that the mixed models and the beta-binomial regression are written out here in base R.

rare_row <- function(prefix, given, k, estimate, se, tau2, level, df = NA) {
  if (is.na(se) || se <= 0) estimate <- se <- tau2 <- NA
  ci <- interval(estimate, se, level, df)
  record_all(prefix, list(k = k, left_out = given - k))
  record_all(prefix, list(estimate = estimate, se = se, ci_low = ci[1], ci_high = ci[2], tau2 = tau2,
                          p_value = two_sided(estimate / se, df)))
}

rare_events <- function(prefix, a, n1, c, n2, level) {
  given <- length(a)
  b <- n1 - a
  d <- n2 - c
  events <- a + c
  some <- events > 0 & events < n1 + n2
  row <- function(i) paste0(prefix, "/rows/", i - 1)
  record_all(prefix, list(k = given, double_zero = sum(events == 0), single_zero = sum((a == 0 | c == 0) & events > 0)))
  used <- list(RR = events > 0, OR = some, RD = rep(TRUE, given))
  for (i in 1:3) attempt(row(i), {
    measure <- c("RR", "OR", "RD")[i]
    fit <- tryCatch(suppressWarnings(rma.mh(ai = a, n1i = n1, ci = c, n2i = n2, measure = measure, correct = FALSE,
      add = c(0.5, 0), to = c("only0", "none"), drop00 = c(TRUE, FALSE), level = 100 * level)), error = function(e) NULL)
    estimate <- if (is.null(fit)) NA else as.numeric(fit$beta)
    se <- if (is.null(fit) || !is.finite(estimate)) NA else fit$se
    rare_row(row(i), given, sum(used[[measure]]), estimate, se, 0, level)
  })
  attempt(row(4), {
    fit <- if (any(some)) suppressWarnings(rma.peto(ai = a[some], n1i = n1[some], ci = c[some], n2i = n2[some],
                                                    add = c(0.5, 0), to = c("only0", "none"), level = 100 * level))
    rare_row(row(4), given, sum(some), if (is.null(fit)) NA else as.numeric(fit$beta), if (is.null(fit)) NA else fit$se, 0, level)
  })
  es <- escalc("OR", ai = a, n1i = n1, ci = c, n2i = n2, add = 0.5, to = "only0", drop00 = TRUE)
  y <- as.numeric(es$yi)[some]
  v <- as.numeric(es$vi)[some]
  for (i in 5:6) attempt(row(i), {
    model <- list(method = c("FE", "REML")[i - 4], ci_method = c("wald", "hksj")[i - 4], prediction = "t(k-1)", level = level)
    fit <- pooled(y, v, model)
    rare_row(row(i), given, fit$k, fit$estimate, fit$se, fit$tau2, level, fit$df)
  })
  at <- list(a = a[some], n1 = n1[some], c = c[some], n2 = n2[some])
  models <- if (any(some)) list(fixed_studies(at), random_studies(at), conditional(at, approximate_table(at), 7),
                                conditional(at, exact_table(at), 21))
  for (i in 7:10) attempt(row(i), {
    record_all(row(i), list(k = sum(some), left_out = given - sum(some)))
    if (!says_nothing(row(i))) {
      fit <- mixed_model(models[[i - 6]], at, random = i == 8)
      rare_row(row(i), given, sum(some), fit$estimate, fit$se, if (sum(some) == 1) NA else fit$tau2, level)
    }
  })
  attempt(row(11), {
    record_all(row(11), list(k = given, left_out = 0))
    if (!says_nothing(row(11))) {
      fit <- beta_binomial(a, n1, c, n2)
      rare_row(row(11), given, given, fit[1], fit[2], NA, level)
    }
  })
}

says_nothing <- function(prefix) is.na(expected$value[match(paste0(prefix, "/estimate"), expected$path)])

expit <- function(x) 1 / (1 + exp(-x))
softplus <- function(x) pmax(x, 0) + log1p(exp(-abs(x)))

# Nodes and weights of the mean over a standard normal variable (Golub & Welsch 1969).
gauss_hermite <- function(n) {
  jacobi <- matrix(0, n, n)
  jacobi[cbind(1:(n - 1), 2:n)] <- jacobi[cbind(2:n, 1:(n - 1))] <- sqrt(1:(n - 1))
  found <- eigen(jacobi, symmetric = TRUE)
  list(x = found$values, w = found$vectors[1, ]^2)
}

# log of the mean over rows, weights w, of exp(inner) without overflow
log_mean <- function(inner, w) {
  top <- apply(inner, 1, max)
  top + log(as.numeric(exp(inner - top) %*% w))
}

# Given theta and tau, a study's effect is theta + tau z; `table` gives value, slope and curvature at effects (k x m).
conditional <- function(at, table, nodes) {
  gh <- gauss_hermite(nodes)
  function(parameters) {
    theta <- parameters[1]
    tau <- parameters[2]
    z <- rep(0, length(at$a))
    for (turn in 1:200) {
      here <- table(cbind(theta + tau * z))
      step <- pmax(pmin((tau * here$slope[, 1] - z) / (1 + tau^2 * here$bend[, 1]), 1.5), -1.5)
      z <- z + step
      if (max(abs(step)) < 1e-11) break
    }
    s <- 1 / sqrt(1 + tau^2 * table(cbind(theta + tau * z))$bend[, 1])
    nodes_at <- z + outer(s, gh$x)
    inner <- table(theta + tau * nodes_at)$value - nodes_at^2 / 2 + matrix(gh$x^2 / 2, length(z), nodes, byrow = TRUE)
    sum(log_mean(inner, gh$w) + log(s))
  }
}

approximate_table <- function(at) {  # events of the experimental arm are binomial, given all events (CM.AL)
  s <- at$a + at$c
  function(effect) {
    eta <- effect + log(at$n1 / at$n2)
    p <- expit(eta)
    list(value = at$a * eta - s * softplus(eta) + lchoose(s, at$a), slope = at$a - s * p, bend = s * p * (1 - p))
  }
}

exact_table <- function(at) {  # noncentral hypergeometric, given all margins (CM.EL)
  s <- at$a + at$c
  support <- lapply(seq_along(s), function(i) max(0, s[i] - at$n2[i]):min(at$n1[i], s[i]))
  weight <- lapply(seq_along(s), function(i) lchoose(at$n1[i], support[[i]]) + lchoose(at$n2[i], s[i] - support[[i]]))
  function(effect) {
    found <- list(value = effect, slope = effect, bend = effect)
    for (i in seq_along(s)) {
      terms <- outer(effect[i, ], support[[i]]) + matrix(weight[[i]], ncol(effect), length(support[[i]]), byrow = TRUE)
      top <- apply(terms, 1, max)
      share <- exp(terms - top)
      total <- rowSums(share)
      mean <- as.numeric(share %*% support[[i]]) / total
      found$value[i, ] <- at$a[i] * effect[i, ] + weight[[i]][match(at$a[i], support[[i]])] - top - log(total)
      found$slope[i, ] <- at$a[i] - mean
      found$bend[i, ] <- as.numeric(share %*% support[[i]]^2) / total - mean^2
    }
    found
  }
}

# Arms at alpha_i +- (theta + tau z) / 2, each alpha_i at its maximum by golden section (UM.FS).
fixed_studies <- function(at) {
  gh <- gauss_hermite(7)
  start <- log((at$a + at$c + 0.5) / (at$n1 + at$n2 - at$a - at$c + 0.5))
  function(parameters) {
    theta <- parameters[1]
    tau <- parameters[2]
    given_alpha <- function(alpha) {
      z <- 0 * alpha
      for (turn in 1:200) {
        p1 <- expit(alpha + (theta + tau * z) / 2)
        p2 <- expit(alpha - (theta + tau * z) / 2)
        bend <- 1 + tau^2 / 4 * (at$n1 * p1 * (1 - p1) + at$n2 * p2 * (1 - p2))
        step <- pmax(pmin((tau / 2 * (at$a - at$n1 * p1 - at$c + at$n2 * p2) - z) / bend, 2), -2)
        z <- z + step
        if (max(abs(step)) < 1e-11) break
      }
      p1 <- expit(alpha + (theta + tau * z) / 2)
      p2 <- expit(alpha - (theta + tau * z) / 2)
      s <- 1 / sqrt(1 + tau^2 / 4 * (at$n1 * p1 * (1 - p1) + at$n2 * p2 * (1 - p2)))
      nodes_at <- z + outer(s, gh$x)
      high <- alpha + (theta + tau * nodes_at) / 2
      low <- alpha - (theta + tau * nodes_at) / 2
      inner <- at$a * high - at$n1 * softplus(high) + at$c * low - at$n2 * softplus(low) - nodes_at^2 / 2 +
        matrix(gh$x^2 / 2, length(alpha), 7, byrow = TRUE)
      log_mean(inner, gh$w) + log(s)
    }
    reach <- 3 + abs(theta) / 2 + abs(tau)
    golden <- (sqrt(5) - 1) / 2
    left <- start - reach
    right <- start + reach
    x1 <- right - golden * (right - left)
    x2 <- left + golden * (right - left)
    f1 <- given_alpha(x1)
    f2 <- given_alpha(x2)
    for (turn in 1:46) {
      up <- f1 < f2
      left <- ifelse(up, x1, left)
      right <- ifelse(up, right, x2)
      fresh <- ifelse(up, left + golden * (right - left), right - golden * (right - left))
      f <- given_alpha(fresh)
      was1 <- x1
      of1 <- f1
      x1 <- ifelse(up, x2, fresh)
      f1 <- ifelse(up, f2, f)
      x2 <- ifelse(up, fresh, was1)
      f2 <- ifelse(up, f, of1)
    }
    sum(pmax(f1, f2))
  }
}

# Arms at mean + sigma z1 + theta + tau z2 / 2 and mean + sigma z1 - tau z2 / 2, by Laplace's approximation (UM.RS).
random_studies <- function(at) {
  function(parameters) {
    theta <- parameters[1]
    half <- parameters[2] / 2
    mean <- parameters[3]
    sigma <- parameters[4]
    z1 <- z2 <- rep(0, length(at$a))
    for (turn in 1:200) {
      high <- mean + theta + sigma * z1 + half * z2
      low <- mean + sigma * z1 - half * z2
      p1 <- expit(high)
      p2 <- expit(low)
      v1 <- at$n1 * p1 * (1 - p1)
      v2 <- at$n2 * p2 * (1 - p2)
      g1 <- sigma * (at$a - at$n1 * p1 + at$c - at$n2 * p2) - z1
      g2 <- half * (at$a - at$n1 * p1 - at$c + at$n2 * p2) - z2
      h11 <- 1 + sigma^2 * (v1 + v2)
      h22 <- 1 + half^2 * (v1 + v2)
      h12 <- sigma * half * (v1 - v2)
      det <- h11 * h22 - h12^2
      s1 <- (h22 * g1 - h12 * g2) / det
      s2 <- (h11 * g2 - h12 * g1) / det
      shrink <- 1 / pmax(1, pmax(abs(s1), abs(s2)) / 1.5)
      z1 <- z1 + shrink * s1
      z2 <- z2 + shrink * s2
      if (max(abs(s1), abs(s2)) < 1e-11) break
    }
    sum(at$a * high - at$n1 * softplus(high) + at$c * low - at$n2 * softplus(low) - (z1^2 + z2^2) / 2 - log(det) / 2)
  }
}

# The maximum of f: the best of what R's optim finds, then Newton with fourth-order differences until nothing moves.
maximise <- function(f, starts) {
  fits <- lapply(starts, function(start) optim(start, function(x) -f(x), method = "BFGS", control = list(reltol = 1e-10)))
  found <- fits[[which.min(vapply(fits, function(x) x$value, 0))]]
  x <- found$par
  for (turn in 1:12) {
    here <- derivatives(f, x)
    step <- tryCatch(-solve(here$hessian, here$slope), error = function(e) 0 * x)
    if (max(abs(step)) > 0.5 || f(x + step) < f(x) - 1e-8) break
    x <- x + step
    if (max(abs(step)) < 1e-9) break
  }
  list(par = x, value = f(x), hessian = derivatives(f, x)$hessian)
}

derivatives <- function(f, x, h = 4e-3) {
  p <- length(x)
  at <- function(i, t, j = i, u = 0) { y <- x; y[i] <- y[i] + t * h; y[j] <- y[j] + u * h; f(y) }
  middle <- f(x)
  slope <- numeric(p)
  hessian <- matrix(0, p, p)
  for (i in seq_len(p)) {
    v <- vapply(c(-2, -1, 1, 2), function(t) at(i, t), 0)
    slope[i] <- (v[1] - 8 * v[2] + 8 * v[3] - v[4]) / (12 * h)
    hessian[i, i] <- (-v[1] + 16 * v[2] - 30 * middle + 16 * v[3] - v[4]) / (12 * h^2)
  }
  for (i in seq_len(p)) for (j in seq_len(i - 1)) {
    mixed <- function(t) (at(i, t, j, t) - at(i, t, j, -t) - at(i, -t, j, t) + at(i, -t, j, -t)) / (4 * t^2 * h^2)
    hessian[i, j] <- hessian[j, i] <- (4 * mixed(1) - mixed(2)) / 3
  }
  list(slope = slope, hessian = hessian)
}

# theta, tau and, for random study effects, mean and sigma; tau is 0 where that is as likely, and then not a parameter
mixed_model <- function(f, at, random) {
  log_odds <- function(y, n) log((sum(y) + 0.5) / (sum(n - y) + 0.5))
  c0 <- log_odds(at$c, at$n2)
  theta <- log_odds(at$a, at$n1) - c0
  starts <- function(tau) if (random) list(c(theta, tau, c0, 0.3), c(theta, tau, c0, 1)) else list(c(theta, tau))
  without <- function(x) f(append(x, 0, after = 1))
  zero <- maximise(without, lapply(starts(0), function(x) x[-2]))
  found <- if (length(at$a) > 1) maximise(f, unlist(lapply(c(0.2, 0.8, 2), starts), recursive = FALSE))
  if (is.null(found) || zero$value > found$value - 1e-9) {
    found <- zero
    tau2 <- 0
  } else tau2 <- found$par[2]^2
  free <- rep(TRUE, length(found$par))
  if (random && abs(found$par[length(free)]) < 1e-4) free[length(free)] <- FALSE  # a sigma of 0 is no parameter
  covariance <- solve(-found$hessian[free, free, drop = FALSE])
  list(estimate = found$par[1], se = sqrt(covariance[1, 1]), tau2 = tau2)
}

# Events of every arm are beta-binomial with the risk of its side and one correlation g / (1 + g).
beta_binomial <- function(a, n1, c, n2) {
  y <- c(a, c)
  n <- c(n1, n2)
  treated <- rep(c(TRUE, FALSE), c(length(a), length(c)))
  above <- function(cells) if (max(cells) > 0) vapply(seq_len(max(cells)) - 1, function(j) sum(cells > j), 0) else numeric()
  sums <- function(first, g, counts) sum(counts * log(first + g * (seq_along(counts) - 1)))
  counts <- list(above(y[treated]), above((n - y)[treated]), above(y[!treated]), above((n - y)[!treated]), above(n))
  f <- function(x) {
    p <- expit(x[1])
    q <- expit(x[2])
    g <- if (length(x) > 2) x[3]^2 else 0
    sums(p, g, counts[[1]]) + sums(1 - p, g, counts[[2]]) + sums(q, g, counts[[3]]) + sums(1 - q, g, counts[[4]]) -
      sums(1, g, counts[[5]])
  }
  start <- c(qlogis(sum(a) / sum(n1)), qlogis(sum(c) / sum(n2)))
  binomial <- maximise(f, list(start))
  found <- maximise(f, list(c(start, 0.2), c(start, 0.6)))
  if (binomial$value > found$value - 1e-9) found <- binomial
  covariance <- solve(-found$hessian)[1:2, 1:2]
  c(found$par[1] - found$par[2], sqrt(covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2]))
}
