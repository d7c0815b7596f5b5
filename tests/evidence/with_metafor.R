# The main results on the project's own evidence, computed by R's metafor from the tables that `msc-meta run` writes.
# Run: Rscript tests/evidence/with_metafor.R OUT > tests/evidence/metafor.json   (OUT is the folder of a run)
suppressMessages(library(metafor))
out <- commandArgs(TRUE)[1]
digits <- function(x) formatC(x, digits = 15, format = "g")
answer <- function(name, es) {
  fit <- rma(yi, vi, data = es, test = "knha", control = list(threshold = 1e-13, maxiter = 10000))
  values <- c(k = fit$k, estimate = fit$b[1], se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, p_value = fit$pval,
              tau2 = fit$tau2, i2 = fit$I2, q = fit$QE, q_p = fit$QEp)
  sprintf('"%s": {%s}', name, paste(sprintf('"%s": %s', names(values), digits(values)), collapse = ", "))
}
table_of <- function(name) {
  d <- read.csv(file.path(out, sprintf("table_%s.csv", name)))
  d[d$included == "True", ]
}
mortality <- escalc("RR", ai = event_e, n1i = n_e, ci = event_c, n2i = n_c, data = table_of("mortality"))
stay <- escalc("MD", m1i = mean_e, sd1i = sd_e, n1i = n_e, m2i = mean_c, sd2i = sd_c, n2i = n_c, data = table_of("discharge_time"))
cat(sprintf('{"made_by": "tests/evidence/with_metafor.R, R %s, metafor %s",\n %s,\n %s}\n', getRversion(), packageVersion("metafor"),
            answer("mortality", mortality), answer("discharge_time", stay)))
