# Everything that needs an installation builds .venv first, and only again when pyproject.toml or the constraints change.
# Needed: Python 3.11 or newer, git, make. On Windows, and without make: see "Without make" in README.md.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test test-lowest test-pythons format lint types records docs check verify-r ci fuzz mutation hardening bench readme-figure figures dist clean

VENV ?= .venv
CONSTRAINTS ?= constraints.txt
STUDIES ?= studies
OUT ?= out
PYTEST_ARGS ?= -n auto
DIST ?= dist
# The Python to set up with is found, or named: make test VENV=.venv-3.13 PYTHON=python3.13. These are the ones supported:
PYTHONS ?= python3.11 python3.12 python3.13 python3.14
HARDENING_KILLS ?= 50
FUZZ_SECONDS ?= 600
MUTATION_ARGS ?=

PY := $(VENV)/bin/python
installed := $(VENV)/.installed
tools_installed := $(VENV)/.tools-installed
release_installed := $(VENV)/.release-installed
fuzz_installed := $(VENV)/.fuzz-installed
mutation_installed := $(VENV)/.mutation-installed

# Without compiled files every start of Python compiles numpy and matplotlib again, which takes longer than our work;
# and a PYTHONPATH from outside would shadow what was installed.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

report: $(installed) ## check studies/, pool them and write figures, tables and report.html to out/
	$(VENV)/bin/msc-meta run $(STUDIES) -o $(OUT)

test: $(installed) ## run all tests, the examples in docstrings, README and tutorials included
	$(PY) -m pytest $(PYTEST_ARGS)

test-lowest: ## the same with the oldest versions of the libraries that are allowed
	$(MAKE) test VENV=.venv-lowest CONSTRAINTS=constraints-lowest.txt

test-pythons: ## the same with every Python of PYTHONS that is here; says which are not
	@for python in $(PYTHONS); do \
	  if command -v $$python >/dev/null; then \
	    echo "== $$($$python --version)"; \
	    $(MAKE) --no-print-directory test VENV=.venv-$$(basename $$python) PYTHON=$$python || exit 1; \
	  else missing="$$missing $$python"; fi; \
	done; [ -z "$$missing" ] || echo "NOT TESTED, because not here:$$missing"

format: $(tools_installed) ## put the code into its one layout
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

lint: $(tools_installed) ## ruff: layout and rules
	$(PY) -m ruff format --check
	$(PY) -m ruff check

types: $(tools_installed) ## mypy, strict
	$(PY) -m mypy

records: $(installed) ## check the trial records
	$(VENV)/bin/msc-meta check $(STUDIES)

docs: $(tools_installed) ## build the documentation into docs/_build; a warning is an error
	$(PY) -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html

check: lint types records docs ## all of the above but the tests

verify-r: $(installed) ## do the synthesis of STUDIES again in R's metafor and compare every number; SKIP_R=1 where there is no R
	@if [ -n "$(SKIP_R)" ]; then echo "verify-r: SKIPPED as told by SKIP_R; nothing was compared with R"; \
	elif ! Rscript -e 'quit(status = !requireNamespace("metafor", quietly = TRUE))' >/dev/null 2>&1; then \
	  echo "verify-r: needs R with metafor. Debian and Ubuntu: apt-get install r-cran-metafor."; \
	  echo "Elsewhere: R from r-project.org, then install.packages(\"metafor\"). To leave it out: make verify-r SKIP_R=1"; \
	  exit 1; \
	else \
	  mkdir -p $(OUT) && $(VENV)/bin/msc-meta --quiet export r $(STUDIES) -o $(OUT)/verify.R --force && Rscript $(OUT)/verify.R; \
	fi

ci: ## what the server runs, on a clean clone
	.ci/run

fuzz: $(fuzz_installed) ## every night: FUZZ_SECONDS, 600, of inputs that a fuzzer makes, shared by all readers
	$(PY) tests/fuzzing/run.py --seconds $(FUZZ_SECONDS)
	HYPOTHESIS_PROFILE=nightly $(PY) -m pytest tests/states tests/fuzzing $(PYTEST_ARGS)

mutation: $(mutation_installed) ## every night: break effects/ and pooling/ in one place at a time, and list what no test saw
	$(PY) tests/mutation/run.py $(MUTATION_ARGS)

bench: $(installed) ## time the main jobs against their limits
	$(PY) benchmarks/run.py --strict
	$(PY) benchmarks/robustness.py --strict
	$(PY) benchmarks/figures.py --strict

hardening: $(installed) ## every night: HARDENING_KILLS, 50, of kill -9 during a run, full disks and all locales
	HARDENING_KILLS=$(HARDENING_KILLS) $(PY) -m pytest -s tests/hardening

readme-figure: $(installed) ## draw the figure of the README again
	$(VENV)/bin/msc-meta forest mortality $(STUDIES) -o docs/images/forest_mortality.svg

figures: $(installed) ## draw the gallery into out/gallery, for people to look at
	$(PY) tests/figures/gallery.py $(OUT)/gallery

dist: $(release_installed) ## build the release into dist/ and try it elsewhere: sdist, wheel, SBOM, SHA256SUMS
	.ci/dist $(VENV) $(CONSTRAINTS) $(DIST)

clean: ## remove everything that was built
	rm -rf .venv .venv-* $(OUT) build dist docs/_build docs/gallery/generated docs/reference/generated
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(installed): pyproject.toml $(CONSTRAINTS)
	.ci/install $(VENV) $(CONSTRAINTS) '.[test]'
	@touch $@

$(mutation_installed): $(installed)
	.ci/install $(VENV) $(CONSTRAINTS) '.[test,mutation]'
	@touch $@

# Where there is no wheel of atheris, fuzzing/run.py says so.
$(fuzz_installed): $(installed)
	.ci/install $(VENV) $(CONSTRAINTS) '.[test,fuzz]' || $(PY) -c 'import atheris' 2>/dev/null || \
	  $(PY) tests/fuzzing/run.py
	@touch $@

$(tools_installed): $(installed)
	.ci/install $(VENV) $(CONSTRAINTS) '.[test,docs,dev]'
	@touch $@

$(release_installed): $(tools_installed)
	.ci/install $(VENV) $(CONSTRAINTS) '.[test,docs,dev,release]'
	@touch $@
