# Needs Debian (or a like system) with Python 3.11 or newer, its venv module, and make. Nothing else.
# Another Python: make demo PYTHON=python3.12. Another place for data: CLUSTERS_HOME=/srv/clusters make demo.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
PORT ?= 3000
MIRROR ?= $(or $(CLUSTERS_SHARED),../shared)/mirror
ARGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_FOR_TESTS := $(VENV)/.ready-for-tests
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url

.PHONY: help demo test testall serve lint types lock bench clean install workers develop python-is-fit

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: install  ## refresh on the bundled synthetic sample and show what was published
	@$(BIN)/clusters refresh --profile sample
	@echo "The command is $(BIN)/clusters; \`source $(BIN)/activate\` makes it plain \`clusters\`."

test: develop  ## the tests of a minute and those of the sample's release (ARGS="-k quotient" for a part)
	@$(PYTEST) -m "fast or house" $(ARGS)

testall: develop  ## every test of all four tiers, as .ci/run does (ARGS="-m siege" for one tier)
	@$(PYTEST) $(ARGS)

# A service installs nothing into an environment that is there: it may run as a user who cannot write, and other processes
# may be using it. After an update `make install` brings it up to date.
serve: $(if $(wildcard $(READY)),,install)  ## Dagster's UI and daemon on 127.0.0.1:3000, the nightly schedule on
	@if [ requirements.lock -nt $(READY) ]; then \
		echo "make: $(VENV) is older than requirements.lock. Remedy: stop the service, make install." >&2; fi
	@exec $(BIN)/python -m orchestration.serve $(PORT)

lint: develop  ## ruff, sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m orchestration.sources.staging
	@home="$$(mktemp -d)" && trap 'rm -rf "$$home"' EXIT && mkdir "$$home/work" && \
		CLUSTERS_HOME="$$home" DBT_TARGET_PATH="$$home/target" DBT_LOG_PATH="$$home" \
		$(BIN)/sqlfluff lint --disable-progress-bar --processes $(JOBS) $(wildcard dbt_project/models dbt_project/tests)

types: develop  ## mypy
	@$(BIN)/mypy

lock: develop  ## resolve every dependency anew, with hashes and no registry's address
	@$(LOCK) $(ARGS) --group build pyproject.toml -o requirements.lock
	@$(LOCK) $(ARGS) --group dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock
	@$(LOCK) $(ARGS) --extra workers --constraint requirements.lock pyproject.toml -o requirements-workers.lock
	@$(LOCK) $(ARGS) --group s3-server --constraint requirements-dev.lock --constraint requirements-workers.lock \
		-o .ci/s3-server.lock
	@$(LOCK) $(ARGS) --group duckdb-oldest -o .ci/duckdb-oldest.lock

bench: develop  ## the benchmarks behind docs/performance.md (MIRROR=../shared/mirror)
	@$(BIN)/python bench/nightly.py --mirror $(MIRROR) $(ARGS)

clean:  ## remove the virtual environment and caches, never data/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build ./*.egg-info dbt_project/target dbt_project/logs
	find orchestration tests -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(READY)  ## the virtual environment, from requirements.lock: what a refresh needs and nothing else

workers: $(READY)  ## the same, and what slices on several machines need, from requirements-workers.lock
	@$(PIP) install --progress-bar off --require-hashes --requirement requirements-workers.lock

develop: $(READY_FOR_TESTS)  ## the same, and what tests and linters need, from requirements-dev.lock

# Made anew where the lock changed: pip would leave behind what the lock no longer names.
$(READY): requirements.lock pyproject.toml | python-is-fit
	@echo "Installing into $(VENV) from requirements.lock; this takes a minute or two, once."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --progress-bar off --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The same versions and more, so it goes on top; made anew, too, where its own lock has changed. `make -n` runs lines that
# call make, so the one that removes is another.
$(READY_FOR_TESTS): requirements-dev.lock $(READY)
	@[ ! -e $@ ] || rm -f $(READY)
	@$(MAKE) --no-print-directory --silent $(READY)
	@echo "Installing what tests need from requirements-dev.lock, once."
	@$(PIP) install --progress-bar off --require-hashes --requirement requirements-dev.lock
	@touch $@

python-is-fit:
	@command -v $(PYTHON) > /dev/null || { \
		echo "make: $(PYTHON) is missing. Remedy: apt-get install python3 python3-venv, or PYTHON=/path/to/python3.11." >&2; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $$($(PYTHON) --version) is too old, 3.11 or newer is needed." \
			"Remedy: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11." >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "make: $(PYTHON) cannot make virtual environments. Remedy: apt-get install python3-venv." >&2; \
		exit 1; }
