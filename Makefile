.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
RELEASE := .venv-release/.installed
SCAN := .venv-scan/.installed
WORKERS ?= auto
PROVINCES := $(patsubst %/pyproject.toml,%,$(wildcard packages/*/pyproject.toml))

.PHONY: help setup run wheel test test-release release-tools audit sbom mutation scan check bench docs package site clean

help: ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## make .venv with everything that the product and its tests need

$(STAMP): requirements-dev.lock requirements-setup.lock pyproject.toml $(PROVINCES:=/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 setup"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ,$(PROVINCES))
	@touch $(STAMP)

run: setup ## open the desk on the sample province (kiemchung demo)
	$(BIN)/kiemchung demo

test: setup ## run the tests (about 18 minutes on 2 cores)
	tools/browser
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not release"

test-release: setup release-tools ## run the full counts of every promise (aim: 60 minutes on 2 cores; figures in build/release)
	$(BIN)/python -m tools.release --workers $(WORKERS)

release-tools: setup $(RELEASE) ## make .venv-release with the tools that only a release needs

$(RELEASE): requirements-release.lock $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-release
	$(BIN)/uv pip install --quiet --python .venv-release/bin/python --require-hashes -r requirements-release.lock
	@touch $(RELEASE)

$(SCAN): requirements-scan.lock $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-scan
	$(BIN)/uv pip install --quiet --python .venv-scan/bin/python --require-hashes -r requirements-scan.lock
	@touch $(SCAN)

wheel: setup ## build the wheel and the list of what it needs (dist/), and compare it with the tree
	$(BIN)/python -m tools.wheel

audit: release-tools ## look for known holes in what is locked (fails where no advisory service answers) and for secrets
	$(BIN)/python -m tools.audit dependencies secrets

sbom: release-tools ## write the list of components of a release (build/sbom.cdx.json)
	$(BIN)/python -m tools.audit components

mutation: setup ## try every mutant of the modules that carry the rules (hours)
	$(BIN)/python -m tools.mutation

scan: setup $(SCAN) ## let an outside scanner loose on the sample desk, on loopback
	$(BIN)/python -m tools.scan

check: setup ## lint, types, imports, budgets, docs drift, catalogues, the site of the documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.budgets
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tools.catalogues --check
	$(BIN)/python -m tools.site

bench: setup ## run the benchmarks that need no data from outside
	$(BIN)/python -m bench.run

package: setup ## build the wheels of the province packages (dist)
	$(foreach one,$(PROVINCES),$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist $(one) &&) rm -rf packages/*/build

docs: setup ## write the reference pages anew from the code
	$(BIN)/python -m tools.docs

site: setup ## build the site of the documents in both languages (build/site)
	$(BIN)/python -m tools.site

clean: ## take away what was built (the virtual environment too)
	rm -rf .venv .venv-release .venv-scan build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
