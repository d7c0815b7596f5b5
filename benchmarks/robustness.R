# Time what benchmarks/robustness.py times, with the packages that R has; two lines of numbers on standard input: yi, vi.
input <- file("stdin"); lines <- readLines(input); close(input)
yi <- as.numeric(strsplit(lines[1], "\t")[[1]]); vi <- as.numeric(strsplit(lines[2], "\t")[[1]])
has <- function(name) suppressWarnings(suppressPackageStartupMessages(require(name, character.only = TRUE, quietly = TRUE)))
took <- function(expr) system.time(expr)[["elapsed"]]
if (has("metafor")) {
  for (method in c("EE", "DL", "REML")) {
    fit <- rma(yi, vi, method = method)
    subsets <- if (method == "REML") 300 else 4095
    each <- took(gosh(fit, subsets = subsets, progbar = FALSE)) / subsets
    cat(sprintf("metafor gosh, %s: %.2f ms a subset (%d of them)\n", method, 1000 * each, subsets))
  }
  each <- took(for (i in 1:200) rma(yi, vi, test = "knha")) / 200
  cat(sprintf("metafor rma, REML and Knapp-Hartung: %.2f ms\n", 1000 * each))
} else cat("metafor is not installed (apt install r-cran-metafor)\n")
if (has("bayesmeta")) {
  each <- took(for (i in 1:3) bayesmeta(yi, sqrt(vi), tau.prior = function(t) dhalfnormal(t, scale = 0.5))) / 3
  cat(sprintf("bayesmeta: %.0f ms a fit\n", 1000 * each))
} else cat("bayesmeta is not installed\n")
if (has("RTSA")) {
  each <- took(boundaries(timing = (1:12) / 12, alpha = 0.05, beta = 0.2, side = 2, es_alpha = "esOF"))
  cat(sprintf("RTSA boundaries, 12 looks: %.0f ms\n", 1000 * each))
} else cat("RTSA is not installed\n")
