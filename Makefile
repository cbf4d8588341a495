# make run    the demo (or what config.yaml asks for), its scores and its report; of what is finished where jobs fail
# make test   the tests
# Both install what they need into .venv first, once.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin

.PHONY: run report test lint format clean

run: .venv/installed
	@$(BIN)/snakemake --cores $(CORES) || { status=$$?; test -e results/failed.csv || exit $$status; }; \
	  $(BIN)/snakemake finished --report results/report.html --quiet all; \
	  $(BIN)/mexflow scores; \
	  exit $$status

report: .venv/installed
	$(BIN)/snakemake finished --report results/report.html
	@test ! -e results/failed.html || echo "Some jobs failed: see results/failed.html"

test: .venv/installed
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile rules

clean:
	rm -rf results logs .snakemake

.venv/installed: requirements.txt requirements-dev.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mexflow needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Run: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "$(PYTHON) cannot make environments. Run: sudo apt-get install python3-venv (Debian, Ubuntu)"; exit 1; }
	@echo "Installing into .venv (about 2 GB; once, some minutes) ..."
	@$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt -r requirements-dev.txt -c constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
