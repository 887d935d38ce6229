# Each target sets up what it needs on a fresh machine, then runs.
# PYTHON=python3.12 make demo   chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
THRESHOLDS := $(shell cat thresholds.txt)

.PHONY: demo test lint report release-assets changes bench space clean

demo: $(VENV)/.installed
	$(BIN)/python demo.py

report: $(VENV)/.installed
	$(BIN)/python -m report build --extra digits --out report-out

# What a release carries: the report, checked, with its metadata and a badge, and all checksums.
# PREVIOUS=report.json compares with it. Without MNIST it fails; RECORDED=1 takes recorded results.
release-assets: $(VENV)/.installed
	rm -rf dist
	$(BIN)/python -m report build $(if $(RECORDED),,--dataset mnist) --extra digits --metadata \
	$(if $(PREVIOUS),--previous $(PREVIOUS)) $(THRESHOLDS) --out dist
	$(BIN)/python -m report check dist/report.json $(THRESHOLDS) --badge dist/accuracy.svg \
	$(if $(GITHUB_STEP_SUMMARY),--markdown $(GITHUB_STEP_SUMMARY))
	cd dist && if command -v sha256sum >/dev/null; then sha256sum *; else shasum -a 256 *; fi \
	> ../SHA256SUMS.part && mv ../SHA256SUMS.part SHA256SUMS

# What the changelog says of a version: make -s changes TAG=v1.2.3
changes: $(VENV)/.installed
	@$(BIN)/python -m tools.release $(TAG)

# Markdown tables, and their numbers in bench-out; one alone: .venv/bin/python -m benchmarks demo
bench: $(VENV)/.installed $(VENV)-peers/.installed
	$(BIN)/python -m benchmarks

# The folder to publish on Hugging Face: see docs/publish.md.
space: $(VENV)/.installed
	$(BIN)/python -m tools.space dist/space

# Several at a time, the longest files first; then one by one those that measure time.
test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not serial" --durations=10
	$(BIN)/python -m pytest -m serial --durations=5

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy model report webapp

clean:
	rm -rf $(VENV) $(VENV)-peers report-out bench-out dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	{ echo "This needs Python 3.11 to 3.13: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

$(VENV)-peers/.installed: requirements-peers.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --disable-pip-version-check -q -r requirements-peers.txt
	touch $@
