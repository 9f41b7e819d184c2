# make demo   set up everything and open the shop's chat on http://127.0.0.1:7860
# make test   set up everything, Chromium included, and run all checks and tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= configs/demo.yaml

.PHONY: demo test check clean

demo: $(VENV)/.run
	$(BIN)/shopkeeper prepare --config $(CONFIG)
	$(BIN)/shopkeeper serve --config $(CONFIG)

test: $(VENV)/.test
	.ci/chromium
	$(BIN)/shopkeeper prepare --config configs/demo.yaml
	$(MAKE) check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy

$(VENV)/.python:
	.ci/python $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml .ci/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.python pyproject.toml .ci/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e ".[test]"
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .shopkeeper runs
