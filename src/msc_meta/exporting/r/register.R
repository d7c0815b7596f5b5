# ---- what was found: a value of R's for each number of results.json, by its JSON pointer -------------------------------

found <- new.env()
found$path <- list()
found$value <- list()
found$unchecked <- character()
found$why <- character()

record <- function(path, value) {
  at <- length(found$path) + 1
  found$path[[at]] <- path
  found$value[[at]] <- as.numeric(value)
}

# values: a named list of numbers; a vector becomes name/0, name/1, ...
record_all <- function(prefix, values) {
  for (name in names(values)) {
    value <- as.numeric(values[[name]])
    ends <- if (name %in% VECTORS) paste0("/", seq_along(value) - 1) else ""
    if (length(value)) record(paste0(prefix, "/", name, ends), value)
  }
}
VECTORS <- c("ci", "prediction", "tau2_ci", "i2_ci", "h2_ci", "wald_ci", "weights", "limit_ci", "qm_df",
             "display/ci", "display/prediction")

not_checked <- function(prefix, why) {
  found$unchecked <- c(found$unchecked, prefix)
  found$why <- c(found$why, why)
}

# An error of R's is told, and leaves its numbers without a value, which the verdict counts.
attempt <- function(prefix, expression) {
  tryCatch(expression, error = function(e) message("R could not do ", prefix, ": ", conditionMessage(e)))
}

pointer <- function(text) gsub("/", "~1", gsub("~", "~0", text, fixed = TRUE), fixed = TRUE)

verdict <- function(all = "--all" %in% commandArgs(TRUE)) {
  paths <- as.character(unlist(found$path))
  values <- as.numeric(unlist(found$value))
  at <- length(paths) + 1 - match(expected$path, rev(paths))  # the last one said of a number counts
  r <- values[at]
  ours <- expected$value
  both_undefined <- !is.na(at) & is.na(ours) & is.na(r)
  difference <- ifelse(both_undefined, 0, abs(r - ours) / pmax(1, abs(ours)))
  difference[is.infinite(ours) & !is.na(r) & ours == r] <- 0
  reason <- rep("", length(ours))
  for (i in seq_along(found$unchecked)) {
    inside <- startsWith(expected$path, found$unchecked[i]) & is.na(at)
    reason[inside & reason == ""] <- found$why[i]
  }
  state <- ifelse(!is.na(difference), ifelse(difference <= LIMIT, "agrees", "DIFFERS"),
                  ifelse(reason != "", "not checked", "DIFFERS"))
  shown <- all | state == "DIFFERS"
  if (any(shown)) {
    cat("number in results.json\tmsc_meta\tR\tdifference\n")
    cat(sprintf("%s\t%s\t%s\t%s%s\n", expected$path, say(ours), ifelse(is.na(at), "-", say(r)),
                ifelse(is.na(difference), "-", sprintf("%.1e", difference)),
                ifelse(state == "agrees", "", paste0("\t", state, ifelse(reason == "", "", ": "), reason)))[shown], sep = "")
    cat("\n")
  }
  if (any(state == "not checked")) {
    cat("Not checked:\n")
    for (why in unique(reason[state == "not checked"])) {
      cat(sprintf("  %d numbers: %s\n", sum(state == "not checked" & reason == why), why))
    }
    cat("\n")
  }
  cat("Largest difference per kind of number:\n")
  kind <- kinds(expected$path)
  for (one in unique(kind[state != "not checked"])) {
    these <- kind == one & state != "not checked"
    worst <- if (any(is.na(difference[these]))) NA else max(difference[these])
    cat(sprintf("  %-28s %6d numbers  %s\n", one, sum(these), ifelse(is.na(worst), "missing", sprintf("%.1e", worst))))
  }
  cat(sprintf("\nInputs, which nothing is computed for: %d numbers (choices, days, levels, and what the arms reported).\n",
              inputs))
  bad <- sum(state == "DIFFERS")
  cat(sprintf("R %s.%s, metafor %s: %d numbers agree, %d differ, %d not checked. %s\n", R.version$major, R.version$minor,
              as.character(packageVersion("metafor")), sum(state == "agrees"), bad, sum(state == "not checked"),
              if (bad) "VERDICT: NOT the same results." else "VERDICT: the same results."))
  quit(status = if (bad) 1 else 0)
}

say <- function(x) ifelse(is.na(x), "undefined", format(x, digits = 10, trim = TRUE, scientific = NA))

# outcomes/NAME/PART/...: the part, and for effects of studies what of them
kinds <- function(paths) {
  parts <- strsplit(sub("^/outcomes/", "", paths), "/", fixed = TRUE)
  part <- vapply(parts, function(x) x[2], "")
  ifelse(part %in% c("studies", "excluded"), "effects of studies",
         ifelse(part %in% c("subgroups", "regressions", "leave_one_out", "small_study_effects", "sensitivity",
                            "rare_events"), gsub("_", " ", part), "pooled"))
}
