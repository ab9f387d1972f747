.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= auto

.PHONY: help setup run test test-release check bench docs clean

help: ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## make .venv with everything that the product and its tests need

$(STAMP): requirements-dev.lock requirements-setup.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 setup"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

run: setup ## open the desk on the sample province (kiemchung demo)
	$(BIN)/kiemchung demo

test: setup ## run the tests (under 12 minutes on 2 cores)
	tools/browser
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not release"

test-release: setup ## run the full counts of every promise
	tools/browser
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: setup ## lint, types, imports, budgets, docs drift, catalogues
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.budgets
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tools.catalogues --check

bench: setup ## run the benchmarks that need no data from outside
	$(BIN)/python -m bench.run

docs: setup ## write the reference pages anew from the code
	$(BIN)/python -m tools.docs

clean: ## take away what was built (the virtual environment too)
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
