# The same two jobs in R: 15 rows as SVG, 60 rows as SVG, PDF and PNG (300 dpi); prints the seconds of each, after library(metafor),
# with columns, axis, summary and prediction interval, as far as forest() draws them by one call. Run: Rscript figures.R OUTDIR
suppressMessages(library(metafor))
out <- commandArgs(TRUE)[1]
set.seed(1)
draw <- function(k) {
  n1 <- sample(20:200, k, TRUE); n2 <- sample(20:200, k, TRUE)
  table <- escalc("RR", ai = rbinom(k, n1, .2), n1i = n1, ci = rbinom(k, n2, .25), n2i = n2, slab = sprintf("Trial %d", 1:k))
  fit <- rma(table, method = "REML", test = "knha")
  function() forest(fit, atransf = exp, header = TRUE, addpred = TRUE, showweights = TRUE, cex = .7)
}
as <- function(device, k, plot) { device(file.path(out, k)); plot(); invisible(dev.off()) }
three <- list(function(file) svg(paste0(file, ".svg"), 8, 12), function(file) pdf(paste0(file, ".pdf"), 8, 12),
              function(file) png(paste0(file, ".png"), 2400, 3600, res = 300))
short <- draw(15); long <- draw(60)
cat(system.time(as(function(file) svg(paste0(file, ".svg"), 8, 6), "short", short))[["elapsed"]],
    system.time(for (device in three) as(device, "long", long))[["elapsed"]], "\n")
