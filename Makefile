# The book's house. `make` alone lists what can be asked for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PAGE := _build/html/index.html
WORKERS ?= 2
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=2400
SEEDS ?= 10
FIRST ?= 0
SECONDS_EACH ?= 120

# One thread for each process: the same numbers everywhere, and two workers do not fight for two cores.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help book test notebooks sweep studies assignments weights serve bench colab oldest clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*##\(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s%s\n", $$1, $$2}'

book: $(INSTALLED)  ## build the pages from the stored outputs into _build/html
	@$(BIN)/python -m tools.book

test: book  ## run every test: units, notebooks, pages, records, Colab, oldest versions, assignments and their grader
	@$(BIN)/python -m pytest tests/test_oldest.py tests/test_colab.py notebooks tests $(NBVAL) \
		-p no:cacheprovider -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=8
	@PYTHONPATH=$(CURDIR) $(BIN)/python -m pytest assignments/source $(NBVAL) -p no:cacheprovider -q -n $(WORKERS) --dist loadfile

notebooks: $(INSTALLED)  ## execute and normalise the notebooks that changed (FORCE=1: all of them)
	@$(BIN)/python -m tools.execute $(if $(FORCE),--force)

sweep: $(INSTALLED)  ## check every claim on many seeds: NOTEBOOK=notebooks/04_the_game.ipynb SEEDS=10
	@test -n "$(NOTEBOOK)" || { echo "make sweep: which notebook? NOTEBOOK=notebooks/04_the_game.ipynb SEEDS=10"; exit 2; }
	@$(BIN)/python -m tools.sweep $(NOTEBOOK) --seeds $(SEEDS) --first $(FIRST) $(if $(FORCE),--force)

studies: $(INSTALLED)  ## run the studies whose code changed (FORCE=1: all of them)
	@$(BIN)/python -m tools.studies $(if $(FORCE),--force)

assignments: $(INSTALLED)  ## execute the model solutions that changed, and make the student versions
	@$(BIN)/python -m tools.execute $(if $(FORCE),--force) assignments/source/*/*.ipynb
	@$(BIN)/python -m classroom release

weights: $(INSTALLED)  ## build the readers' weights that come with the package, where their code changed (FORCE=1: all)
	@$(BIN)/python -m tools.weights $(if $(FORCE),--force)

serve: book  ## show the built book at http://localhost:8000
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

bench: book  ## measure: each notebook, the build, the pages, the metrics, training against the papers' loops (SECONDS_EACH=120)
	@$(BIN)/python -m tools.bench
	@$(BIN)/python -m tools.bench_metrics
	@$(BIN)/python -m tools.bench_training --seconds $(SECONDS_EACH)

colab: $(INSTALLED)  ## run every notebook from an empty folder with Colab's versions
	@$(BIN)/python -m tools.colab

oldest: $(INSTALLED)  ## run the package's tests with the oldest versions it allows, torch 2.2 too (large download)
	@$(BIN)/python -m tools.oldest

clean:  ## remove what was built; keep .venv and the test environments
	rm -rf _build build dist *.egg-info .pytest_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './.cache/*' -prune -exec rm -rf {} +

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "wanted Python 3.11 or newer, got $$($(PYTHON) --version 2>&1); try make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) \
		|| { echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt -e .
	@touch $@
