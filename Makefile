# Every command a person needs, and what CI runs. Tools live in .venv, node_modules and .cache; `make clean` removes them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo down check test bench lint lock clean

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3

# What make setup installs comes first; an activated environment of something else must not be written to.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport VIRTUAL_ENV PYTHONHOME

help: ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install everything into the project's own folders; does nothing when it is all there
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
		"error: $(PYTHON) is Python %d.%d: must be 3.11 or newer; name another one, PYTHON=…" % v[:2])'
	@test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv
	@.venv/bin/python -c 'import importlib.metadata as m; assert m.version("pipenv") == "$(PIPENV_VERSION)"' 2>/dev/null \
		|| { echo "Installing pipenv"; mkdir -p .cache; env -u PIP_TARGET -u PIP_PREFIX -u PIP_USER \
			.venv/bin/python -m pip install -q "pipenv==$(PIPENV_VERSION)" >.cache/setup.log 2>&1 \
			|| { tail -3 .cache/setup.log >&2; echo "error: pipenv could not be installed: see .cache/setup.log" >&2; exit 1; }; }
	@.venv/bin/python -m tools.setup
	@if test -n "$$GITHUB_PATH"; then echo "$(CURDIR)/.venv/bin" >>"$$GITHUB_PATH"; fi # for the steps that follow

demo: setup ## start local AWS and deploy the dev stack to it
	@.venv/bin/python -m tools demo

down: ## stop local AWS and remove what demo made
	@if test -x .venv/bin/python; then .venv/bin/python -m tools local down; fi

check: setup lint ## ruff, mypy and the fast tests
	@.venv/bin/python -m pytest -q -m "not slow"

test: setup lint ## everything: ruff, mypy, all tests, the security scan, the life cycle on local AWS
	@.venv/bin/python -m pytest

lint:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy .

bench: setup ## compare our synth with the stock imports
	@.venv/bin/python -m benchmarks.synth

lock: setup ## resolve the lock files anew, without the address of any registry
	@.venv/bin/python -m tools.setup lock

clean: down ## remove everything that was installed or generated
	rm -rf .venv node_modules .cache cdktf.out
