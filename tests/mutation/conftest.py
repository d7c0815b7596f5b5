"""The two scripts here need the extra "mutation" and are no tests: ``make mutation`` runs them."""

collect_ignore = ["mutants.py", "run.py"]
