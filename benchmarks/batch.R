# 500 REML fits with Knapp-Hartung tests of 20 studies, one after the other, as metafor does them; prints the seconds of one fit
# and how many did not converge (a fit that stops early still took its time).
suppressMessages(library(metafor))
set.seed(1)
yi <- matrix(rnorm(500 * 20, 0, .5), 500); vi <- matrix(runif(500 * 20, .05, .5), 500)
fit <- function(i) inherits(try(rma(yi[i, ], vi[i, ], method = "REML", test = "knha"), silent = TRUE), "try-error")
invisible(fit(1))
failed <- 0
seconds <- system.time(for (i in 1:500) failed <- failed + fit(i))[["elapsed"]]
cat(seconds / 500, failed, "\n")
