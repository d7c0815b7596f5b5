# ---- everything -------------------------------------------------------------------------------------------------------

effects <- lapply(seq_len(nrow(comparisons)), function(at) tryCatch(comparison_effect(at), error = function(e) {
  message("R could not compute the effect of ", comparisons$label[at], ": ", conditionMessage(e))
  list(yi = NA, vi = NA, e = c(n = NA, events = NA, mean = NA, sd = NA), c = c(n = NA, events = NA, mean = NA, sd = NA))
}))
yi_of <- function(at) vapply(effects[at], function(x) x$yi, 0)
vi_of <- function(at) vapply(effects[at], function(x) x$vi, 0)
arm_of <- function(at, side, name) vapply(effects[at], function(x) x[[side]][[name]], 0)

for (analysis in analyses) local({
  prefix <- analysis$path
  rows <- as.integer(unlist(analysis$rows))
  model <- analysis$model
  yi <- yi_of(rows)
  vi <- vi_of(rows)
  counts <- list(a = arm_of(rows, "e", "events"), n1 = arm_of(rows, "e", "n"), c = arm_of(rows, "c", "events"),
                 n2 = arm_of(rows, "c", "n"))
  result <- NULL
  attempt(prefix, {
    result <- pooled_rows(yi, vi, counts, analysis)
    record_all(prefix, c(result[names(result) != "weights"], displayed(result, analysis$measure)))
  })
  if (!analysis$main) return(invisible())
  for (i in seq_along(rows)) {
    place <- paste0(prefix, "/studies/", i - 1)
    record_all(place, list(yi = yi[i], vi = vi[i], weight = result$weights[i]))
    for (side in c("e", "c")) for (name in c("n", "events", "mean", "sd")) {
      own <- arms[arms$comparison == rows[i] & arms$side == side, ]
      if (name %in% c("mean", "sd") && any(!is.na(own$given_mean))) next  # taken over, not done again
      record(paste0(place, "/", c(e = "experimental", c = "control")[[side]], "/", name), arm_of(rows[i], side, name))
    }
  }
  for (one in analysis$excluded) record_all(one$path, list(yi = yi_of(one$row), vi = vi_of(one$row)))
  if (length(rows) > 1) leave_one_out(paste0(prefix, "/leave_one_out"), yi, vi, counts, analysis)
  model <- on_effects(model)
  for (one in analysis$subgroups) attempt(one$path, by_subgroup(one$path, yi[one$rows], vi[one$rows], one$values, model))
  for (one in analysis$regressions) attempt(one$path, regression(one$path, yi[one$rows], vi[one$rows], one$values, model))
  for (one in analysis$tests) attempt(one$path, switch(one$test,
    egger = egger(one$path, yi, vi, model$level),
    "egger with predictor 'sqrtninv'" = egger(one$path, yi, vi, model$level, counts$n1 * counts$n2 / (counts$n1 + counts$n2)),
    begg = begg(one$path, yi, vi),
    peters = peters(one$path, counts$a, counts$n1, counts$c, counts$n2, model$level),
    harbord = harbord(one$path, counts$a, counts$n1, counts$c, counts$n2, model$level),
    not_checked(one$path, paste("no R code for", one$test))))
  if (analysis$filled) {
    place <- paste0(prefix, "/small_study_effects/trim_and_fill")
    attempt(place, filled(place, yi, vi, model))
  }
  if (length(analysis$rare_rows)) {
    all <- as.integer(unlist(analysis$rare_rows))
    rare_events(paste0(prefix, "/rare_events"), arm_of(all, "e", "events"), arm_of(all, "e", "n"),
                arm_of(all, "c", "events"), arm_of(all, "c", "n"), model$level)
  }
})
for (i in seq_along(unchecked$path)) not_checked(unchecked$path[i], unchecked$why[i])
verdict()
