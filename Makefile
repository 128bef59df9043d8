# Everything one does with this repository. `make help` lists it.
# PYTHON=python3.13 chooses the interpreter, CC=clang the C compiler; both only matter to `make setup`.

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready
PYTEST_ARGUMENTS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types stubs buf docs mutate fuzz bench soak clean

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Quick the second time: the work is done again only when what is to be installed has changed.
$(READY): pyproject.toml .ci/setup
	@.ci/setup
	@touch $(READY)

setup: $(READY) ## Make .venv with the product, its tools and durable_rules built from source

demo: $(READY) ## Start the real server, send the sample claims over gRPC, print the findings, stop it
	@$(BIN)/python -m server.demo

test: $(READY) ## Run every test (PYTEST_ARGUMENTS="-k word" for some)
	$(BIN)/python -m pytest -rs $(PYTEST_ARGUMENTS)

lint: $(READY) ## Check style and formatting with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## Put the code into ruff's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## Check types with mypy --strict
	$(BIN)/mypy

stubs: $(READY) ## Check that the committed protobuf modules are those the .proto files generate
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	PYTHON="$(CURDIR)/$(BIN)/python" proto/generate.sh "$$folder" && \
	for made in "$$folder"/claimrules/v1/*; do \
		diff -u "proto/claimrules/v1/$$(basename "$$made")" "$$made" || { echo "run proto/generate.sh and commit what it writes" >&2; exit 1; }; \
	done && echo "the committed protobuf modules are up to date"

buf: $(READY) ## Lint the .proto files with buf (STANDARD and COMMENTS)
	@PYTHON="$(CURDIR)/$(BIN)/python" BUF="$(CURDIR)/$(BIN)/buf" proto/lint.sh && echo "buf has nothing to say"

docs: $(READY) ## Write docs/edits anew from the policies (a test checks that it is current)
	@$(BIN)/python -m engine.cli describe --catalogue docs/edits --policies policies

mutate: $(READY) ## Change each rule in small ways and list what no golden test notices (some minutes)
	@$(BIN)/python -m engine.cli test policies --mutate

fuzz: $(READY) ## Try 3,000 random claims a property instead of 100 (some minutes)
	$(BIN)/python -m pytest tests/property --hypothesis-profile=fuzz --timeout=0 $(PYTEST_ARGUMENTS)

bench: $(READY) ## Measure the engine and the server, and print one table
	$(BIN)/python -m bench.run

soak: $(READY) ## Judge 200,000 claims and watch that memory stays flat
	$(BIN)/python -m bench.soak

clean: ## Remove .venv, caches and built files
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
