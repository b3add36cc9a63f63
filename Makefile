# Rapport: `make run` and `make test` install all they need first; a second call installs nothing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3.11
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
RAPPORT := $(BIN)/rapport
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH VIRTUAL_ENV

ARGUMENTS := $(if $(BUSINESS),--business $(BUSINESS)) $(if $(LANDING),--landing "$(LANDING)") $(if $(DATE),--date $(DATE)) \
	$(if $(DRY_RUN),--dry-run) $(if $(JSON),--json)

.PHONY: help
help: ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: install
install: $(VENV)/.installed ## virtual environment and locked dependencies

# Installing anew takes away what was added.
ADDED := $(addprefix $(VENV)/.installed-,dev realdata bench)

$(VENV)/.installed: requirements.lock pyproject.toml
	@rm -f $(ADDED)
	@bin/install $(PYTHON) $(UV_VERSION) requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements.lock requirements-dev.lock requirements-realdata.lock pyproject.toml
	@rm -f $(ADDED)
	@bin/install $(PYTHON) $(UV_VERSION) requirements.lock requirements-dev.lock requirements-realdata.lock
	@touch $(VENV)/.installed $(VENV)/.installed-realdata $@

$(VENV)/.installed-realdata: requirements-realdata.lock | $(VENV)/.installed
	@bin/install --add $(PYTHON) $(UV_VERSION) requirements-realdata.lock
	@touch $@

$(VENV)/.installed-bench: requirements-bench.lock | $(VENV)/.installed-realdata
	@bin/install --add $(PYTHON) $(UV_VERSION) requirements-bench.lock
	@touch $@

$(VENV)/.installed-peers: requirements-peers.lock | $(VENV)/.installed
	@bin/install --apart peers $(PYTHON) $(UV_VERSION) requirements-peers.lock
	@touch $@

.PHONY: realdata
realdata: $(VENV)/.installed-realdata ## the packages that carry real retail data

.PHONY: run
run: $(VENV)/.installed ## one night, whole: [BUSINESS=name] [LANDING=dir] [DATE=YYYY-MM-DD] [DRY_RUN=1] [JSON=1]
	@$(RAPPORT) run $(ARGUMENTS)

.PHONY: up
up: $(VENV)/.installed ## Airflow UI and warehouse, left running: [BUSINESS=name]
	@$(RAPPORT) up $(if $(BUSINESS),--business $(BUSINESS))

.PHONY: down
down: ## stop everything
	@if [ -x $(RAPPORT) ]; then $(RAPPORT) down; else echo "Nothing is installed, so nothing runs."; fi

.PHONY: test
test: $(VENV)/.installed-dev ## all tests: TESTS="tests/landing -k bom" for some
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: test-kills
test-kills: $(VENV)/.installed-dev ## kill -9 of every part, in every phase of whole nights: a quarter of an hour
	@RAPPORT_KILL_TESTS=1 $(BIN)/python -m pytest tests/e2e/test_kills.py

.PHONY: test-histories
test-histories: $(VENV)/.installed-dev ## whole histories of real and invented retailers, undone merges: a quarter of an hour
	@RAPPORT_HISTORY_TESTS=1 $(BIN)/python -m pytest -m history

.PHONY: test-wake-ups
test-wake-ups: $(VENV)/.installed-dev ## nights by the real clock and assets, in any order
	@RAPPORT_WAKE_UP_TESTS=1 $(BIN)/python -m pytest tests/e2e/test_wake_ups.py

.PHONY: lint
lint: $(VENV)/.installed-dev ## ruff, mypy, yamllint, sqlfluff, dbt-bouncer
	@bin/lint

.PHONY: docs
docs: $(VENV)/.installed ## dbt docs of the latest night: [BUSINESS=name]
	@$(RAPPORT) docs $(if $(BUSINESS),--business $(BUSINESS))

.PHONY: bench
bench: bench-load bench-publish bench-contacts bench-identity bench-identity-night bench-value bench-marts bench-activation ## speed beside named peers, in ratios

.PHONY: bench-load
bench-load: $(VENV)/.installed-bench ## taking files in: [ROWS="1000000 10000000"]
	@$(BIN)/python -m benchmarks.load $(ROWS)

.PHONY: bench-publish
bench-publish: $(VENV)/.installed-bench ## publishing a mart: [ROWS=500000]
	@$(BIN)/python -m benchmarks.publish $(ROWS)

.PHONY: bench-identity
bench-identity: $(VENV)/.installed $(VENV)/.installed-peers ## who is who, right and fast, beside Splink and ECM: [ROWS=1000000]
	@$(BIN)/python -m benchmarks.identity $(ROWS)

.PHONY: bench-identity-night
bench-identity-night: $(VENV)/.installed ## a night with 1 % new records, ids and all, through the warehouse: [ROWS=1000000]
	@$(BIN)/python -m benchmarks.identity_night $(ROWS)

.PHONY: bench-contacts
bench-contacts: $(VENV)/.installed ## making contact points normal: [ROWS=1000000]
	@$(BIN)/python -m benchmarks.contacts $(ROWS)

.PHONY: bench-marts
bench-marts: $(VENV)/.installed ## nights of a whole retailer: all new, a day's news, nothing new: [ROWS=200000] customers
	@$(BIN)/python -m benchmarks.marts $(ROWS)

.PHONY: bench-activation
bench-activation: $(VENV)/.installed ## a night's sending, from segments to files, beside COPY TO: [ROWS=1000000]
	@$(BIN)/python -m benchmarks.activation $(ROWS)

.PHONY: bench-value
bench-value: $(VENV)/.installed-realdata ## predicted value, fitted and scored, beside lifetimes: [ROWS=1000000]
	@$(BIN)/python -m benchmarks.value $(ROWS)

.PHONY: lock
lock: ## resolve the dependencies anew (for maintainers)
	@bin/lock $(PYTHON) $(UV_VERSION)

.PHONY: clean
clean: down ## remove everything generated: warehouse, landing, drop, environment
	@if [ -x $(RAPPORT) ]; then $(RAPPORT) warehouse delete --yes; fi
	rm -rf .rapport $(VENV)
