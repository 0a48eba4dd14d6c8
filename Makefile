# Every target makes its own virtual environment first, from the exact versions in constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := $(VENV)-bench
READY := $(VENV)/.ready

.PHONY: demo test test-all bench lint types docs clean

demo: $(READY)  ## watch the whole job done against the embedded sandbox
	@$(BIN)/snapsync demo

test: $(READY)  ## everything but the exhaustive sweeps
	@$(BIN)/python -m pytest -q -n auto -m "not exhaustive"

test-all: test  ## the exhaustive sweeps too
	@$(BIN)/python -m pytest -q -n auto -m exhaustive

# e.g. make bench CASES="steady first" SIZES="1000 10000"
bench: $(BENCH)/.ready  ## what things cost, measured as whole processes, beside other programs
	@$(BENCH)/bin/python -m bench $(if $(CASES),--only $(CASES)) $(if $(SIZES),--sizes $(SIZES)) $(if $(ROUNDS),--rounds $(ROUNDS))

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

docs: $(READY)  ## rewrite the generated pages under docs/
	@$(BIN)/python -m tests.generate_docs

clean:
	rm -rf $(VENV) $(BENCH) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "snapsync needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@echo "setting up $(VENV) (once)…"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# A venv of its own: one of the other programs brings a package named tests, which would hide ours.
$(BENCH)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(BENCH) (once)…"
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@
