# Everything a newcomer needs: `make demo` and `make test`. Each sets up the virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v < (3, 13) else f"Python {v[0]}.{v[1]} found; CARLA 0.9.16 has wheels for 3.10, 3.11 and 3.12: run make with PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'The venv module is missing. On Debian and Ubuntu: apt-get install -y python3-venv'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --constraint requirements.lock hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-build-isolation --constraint requirements.lock --editable '.[dev]'
	$(BIN)/python -m sim.server.warm_up
	@touch $@

setup: $(STAMP)  ## make the virtual environment from wheels

demo: setup  ## drive the child from behind a parked van; watch out/demo/report.html
	$(BIN)/sim run vru/child_from_behind_parked_van --seed 10 --agent expert --out out/demo --force

test: setup  ## the default tests: no network, no GPU, under ten minutes on two cores
	$(BIN)/python -m pytest -m 'not slow' --numprocesses 2 --dist loadfile

slow: setup  ## the long tests too
	$(BIN)/python -m pytest --timeout 3600

check: setup  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

gallery: setup  ## render twelve scenes by day, dusk, night, rain, fog and snow; look at out/gallery/index.html
	$(BIN)/sim gallery --out out/gallery --force

maps: setup  ## rebuild the three own maps
	$(BIN)/python -m sim.maps.own

lock: setup  ## write requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --all-extras --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock

clean:  ## remove the environment and all outputs
	rm -rf $(VENV) out build *.egg-info

.PHONY: help setup demo test slow check gallery maps lock clean
