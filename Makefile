# Mithaq. Every target sets up what it needs: a virtual environment in the checkout, everything from package
# registries. Needed beforehand: Python 3.11 with its venv module, git, make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
DEMO ?=
HOURS ?= 1
export HOURS

BIN := .venv/bin
PROVEN := src/mithaq/domain/* src/mithaq/crypto/* src/mithaq/tlog/* src/mithaq/exchange/* src/mithaq/audit/*
COVERAGE_FLOOR := 95
empty :=
comma := ,
INCLUDE := $(subst $(empty) $(empty),$(comma),$(PROVEN))

.DEFAULT_GOAL := help
.PHONY: help demo test check gates bench checks soak catalogues clean

help: ## What there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.ready ## Two nodes on this machine exchange one of each kind; DEMO="--lang fr --exit" passes options
	@$(BIN)/mithaq demo --liar tests/lying_node.py $(DEMO)

test: gates ## Everything: gates, all tests, coverage floor; what continuous integration runs
	rm -f .coverage .coverage.*
	$(BIN)/pytest -n $(WORKERS) --cov --cov-report=
	$(BIN)/coverage report --include '$(INCLUDE)' --fail-under=$(COVERAGE_FLOOR)

check: gates ## The inner loop: gates and the quick tests
	$(BIN)/pytest -n $(WORKERS) -m 'not slow'

gates: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: .venv/.dev ## Measure everything in one run and write benchmarks/results.json
	$(BIN)/python benchmarks

checks: .venv/.dev ## Remove every security check in turn: its test must fail; writes docs/checks.md
	$(BIN)/python tools/checks.py

soak: .venv/.fuzz ## Every check removed, 10,000 random steps, every parser fuzzed, 500 deaths, load; SEED=7 HOURS=0.5 make soak
	$(BIN)/python tools/checks.py
	$(BIN)/python tests/soaking.py
	$(BIN)/python tests/killing.py 500
	$(BIN)/python -m fuzz all $(HOURS)
	$(BIN)/python tools/soak.py

catalogues: .venv/.dev ## Read every sentence out of the sources, merge it into the catalogues, compile them
	$(BIN)/python tools/catalogues.py

clean: ## Remove everything that make and the tools wrote
	rm -rf .venv .fuzz .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* build dist

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3.11 names another"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "python -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }

.venv/.ready: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv from the package registry"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	@echo "Setting up .venv with the tools of development"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,dev]'
	@touch $@ .venv/.ready

.venv/.fuzz: .venv/.dev
	@echo "Setting up .venv with the fuzzer"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@touch $@
