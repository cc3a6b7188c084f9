# Vedette needs python3 (3.11 or newer, with venv) and make. `make run` does the rest.
# Settings come from the environment: PORT=8080 DATA_DIR=/srv/vedette make run. docs/operations.md lists them.

PYTHON_RUN = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run venv engine test thorough faults seeded lint bench pictures words format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: ## Start Vedette at http://127.0.0.1:8000/ (ARGS=--no-demo leaves the demo shop out)
	@.ci/environments.sh app engine
	@exec $(PYTHON_RUN) manage.py run $(ARGS)

venv: ## Make .venv with the application and the development tools
	@.ci/environments.sh dev

engine: ## Make .engine, the scan engine's own environment
	@.ci/environments.sh engine

test: ## Run the quick tests that need nothing but SQLite (ARGS goes to pytest)
	@.ci/environments.sh dev
	@.ci/test.sh default $(ARGS)

thorough: ## Run all tests, with real browsers, scans and installations too, then on PostgreSQL (ARGS goes to pytest)
	@.ci/environments.sh dev engine
	@.ci/test.sh all $(ARGS)

faults: ## Break a real installation at random, 500 times, and say what was lost (FAULTS=40 SEED=1 ON=postgres)
	@.ci/environments.sh dev
	@.ci/faults.sh

seeded: ## Put twenty faults into copies of the product, one at a time: the suite has to see each
	@.ci/environments.sh dev
	@$(PYTHON_RUN) -m tests.security.seeded

lint: ## Check style, types, templates, migrations and deployment settings
	@.ci/environments.sh dev
	@.ci/lint.sh

bench: ## Measure how pages behave as lists and logs grow, and fail beyond 300 ms (ARGS="--only budget")
	@.ci/environments.sh app
	@data=$$(mktemp -d) && DATA_DIR=$$data $(PYTHON_RUN) manage.py bench $(ARGS); code=$$?; rm -rf $$data; exit $$code

pictures: ## Take the pictures of README.md and docs/ anew, from the real pages
	@.ci/environments.sh dev
	@$(PYTHON_RUN) docs/take_pictures.py

words: ## Collect the texts that people read, for translating, and make of the translations what pages read
	@.ci/environments.sh dev
	@.ci/words.sh

format: ## Put Python files and templates into shape
	@.ci/environments.sh dev
	@$(PYTHON_RUN) -m ruff check --fix --quiet .
	@$(PYTHON_RUN) -m ruff format .

clean: ## Remove the environments and what tools leave behind; the data in var/ stays
	rm -rf .venv .engine .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
