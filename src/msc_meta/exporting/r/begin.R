# Redoes a whole synthesis of msc_meta in metafor, number by number.
#
#   Rscript verify.R            the numbers that differ, what could not be checked, and the verdict
#   Rscript verify.R --all      every number of results.json: msc_meta's, R's and the difference
#
# Needs R 4.0 or newer with metafor 3.8 or newer (Debian: apt-get install r-cran-metafor; elsewhere:
# install.packages("metafor")). It starts from what the trials' reports say of each arm and reads no other file.
# Exit status: 0 all agree, 1 a number differs or is missing, 2 metafor is missing.
#
# A difference is |R - msc_meta| / max(1, |msc_meta|): absolute up to 1, relative beyond. The limit is 1e-6 for every
# number. metafor searches until tau2 changes by less than 1e-13 of the typical variance: its default of 1e-5 is too
# coarse for that.

options(warn = 1, digits = 10)
invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))
if (!suppressWarnings(requireNamespace("metafor", quietly = TRUE))) {
  message("verify.R needs the R package metafor: apt-get install r-cran-metafor, or install.packages(\"metafor\")")
  quit(status = 2)
}
suppressWarnings(suppressPackageStartupMessages(library(metafor)))
LIMIT <- 1e-6
