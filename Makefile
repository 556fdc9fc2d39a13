# `make help` lists what there is. Needs Python 3.11 or newer and make; everything else comes with the hashed pins.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check bench docs pins secrets venv venv-dev

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
# Which pins a virtual environment was made from; it is made again when they change.
RUN_PINS := .venv/.made-from-requirements.txt
DEV_PINS := .venv/.made-from-requirements-dev.txt

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: venv ## the whole portal on this machine until Ctrl-C: PORT=8000, PORTAL_DEMO=0 for no demo data
	@exec $(BIN)/python -m portal.run

test: venv-dev ## everything the tests need, then all tests
	@.ci/system-packages
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

check: venv-dev ## lint, types, imports, templates, migrations, translations, docker-compose.yml
	@$(BIN)/python -m tests.check

bench: venv-dev ## ratios as JSON lines, short form; ONLY=page_30 runs one at full size
	@$(BIN)/python -m tests.bench $(ONLY)

docs: venv-dev ## write the generated reference pages afresh
	@PORTAL_SECRET_KEY=docs $(BIN)/python manage.py make_docs

pins: venv-dev ## compile requirements.txt and requirements-dev.txt from their .in files
	@for set in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 $$set.in -o $$set.txt || exit 1; \
	done

secrets: ## the secret files that docker-compose.yml mounts, made once
	@$(PYTHON) portal/run/container_secrets.py secrets

venv: $(RUN_PINS)
venv-dev: $(DEV_PINS)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found. On Debian: apt-get install python3 python3-venv. Or name one: make run PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the virtual environment .venv with $(PYTHON)."
	@rm -rf .venv && $(PYTHON) -m venv .venv

$(RUN_PINS): requirements.txt | .venv/bin/python
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@cmp -s $< $@ || { echo "Installing the pinned packages."; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; }
	@cp $< $@

$(DEV_PINS): requirements-dev.txt $(RUN_PINS)
	@cmp -s $< $@ || { echo "Installing the pinned packages for tests and checks."; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r $<; }
	@cp $< $@
