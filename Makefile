# Everything one does with Aptic; `make` alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
APTIC_VAR ?= $(CURDIR)/var
export APTIC_VAR
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes
SECONDS_PER_TEST := 300
# Each process takes half of the modules, which share what they build, and from the other once it has none left.
ALL_TESTS := -n 2 --dist worksteal
# Compiled modules are kept: the suite starts our programs more than a hundred times.
unexport PYTHONDONTWRITEBYTECODE
NODE_READY = command -v npm > /dev/null || test -x $(BIN)/npm || $(PIP) -r requirements-node.lock

## run: start everything (PORT, APTIC_VAR and docs/operations/settings.md for the rest); Ctrl-C stops it
.PHONY: run
run: .venv/.runtime $(APTIC_VAR)/vendor/.installed
	@exec $(BIN)/python -m aptic.running

## test: the whole suite, or a part of it: make test ARGS="tests/running -x"
.PHONY: test
test: .venv/.dev $(APTIC_VAR)/vendor/.installed
	@exec $(BIN)/python -m pytest $(or $(ARGS),$(ALL_TESTS))

## test-pg15: the database-bound tests on Debian's PostgreSQL 15
.PHONY: test-pg15
test-pg15: .venv/.dev $(APTIC_VAR)/vendor/.installed
	@APTIC_TEST_POSTGRES=/usr/lib/postgresql/15/bin exec $(BIN)/python -m pytest -m pg15 $(or $(ARGS),$(ALL_TESTS))

## bench: print the benchmark table
.PHONY: bench
bench: .venv/.dev $(APTIC_VAR)/vendor/.installed
	@exec $(BIN)/python -m benchmarks $(ARGS)

## lint: style, types, templates, imports, migrations, the size of modules, and the syntax of scripts
.PHONY: lint
lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --check --lint templates
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python .ci/house.py
	$(BIN)/python .ci/migrations.py
	@$(NODE_READY)
	@for file in $$(find aptic passes tests -name '*.js' -o -name '*.mjs'); do PATH="$$PATH:$(CURDIR)/$(BIN)" node --check $$file || exit 1; done

## format: put code and templates in their usual form
.PHONY: format
format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djlint --quiet --reformat templates

## migrations: write the migrations that the models ask for
.PHONY: migrations
migrations: .venv/.dev
	@$(BIN)/python manage.py makemigrations $(ARGS)

## lock: resolve the versions of requirements*.in again (needs uv)
.PHONY: lock
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(LOCK) requirements.in -o requirements.lock
	$(LOCK) requirements-dev.in -o requirements-dev.lock
	$(LOCK) requirements-node.in -o requirements-node.lock

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST)) | awk -F': ' '{printf "  make %-12s%s\n", $$1, substr($$0, length($$1) + 3)}'

# --- set-up: done again only when a lock changes ------------------------------------------------------------

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Aptic a besoin de Python 3.11 : installez-le (Debian : apt-get install python3.11 python3.11-venv)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Aptic a besoin de Python 3.11 ou plus récent ; $(PYTHON) est plus ancien." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python ne sait pas créer d’environnement : apt-get install python3.11-venv" >&2; exit 1; }

.venv/.runtime: requirements.lock | .venv/bin/python
	@echo "Installation des bibliothèques (une fois)…"
	@$(PIP) -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	@echo "Installation des bibliothèques et des outils de test (une fois)…"
	@$(PIP) -r requirements-dev.lock
	@touch $@ .venv/.runtime

# The browser code of others: npm fetches it, and the files that pages ask for are copied out of it.
node_modules/.installed: package-lock.json .npmrc | .venv/bin/python
	@$(NODE_READY)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	@touch $@

$(APTIC_VAR)/vendor/.installed: node_modules/.installed aptic/embedded/vendor.sh
	@bash aptic/embedded/vendor.sh node_modules $(@D)
	@touch $@
