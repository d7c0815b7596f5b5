# Origin: the R side of the comparison that this project was specified with; R 4.2 and metafor from Debian (r-base-core, r-cran-metafor).
# What R needs for the main job's drawing part, as one process: load metafor, three REML + Knapp-Hartung fits of 15 studies,
# three forest and three funnel plots to PDF. Run: Rscript forest_funnel.R OUTDIR
suppressMessages(library(metafor))
out <- commandArgs(TRUE)[1]; dir.create(out, showWarnings = FALSE)
set.seed(1)
for (name in c("mortality", "oxygenation", "discharge_time")) {
  vi <- runif(15, .05, .5); yi <- rnorm(15, -.2, sqrt(vi + .05))
  fit <- rma(yi, vi, method = "REML", test = "knha", slab = sprintf("Trial %02d, 20%02d", 1:15, 5:19))
  confint(fit); predict(fit)
  pdf(file.path(out, paste0("forest_", name, ".pdf")), width = 8, height = 6); forest(fit, header = TRUE, addpred = TRUE); dev.off()
  pdf(file.path(out, paste0("funnel_", name, ".pdf"))); funnel(fit); dev.off()
}
