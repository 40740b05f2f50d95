# Two commands are enough for a newcomer: `make plan` and `make test`. Both set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
WHEELS := --only-binary :all:
# Modules that are compiled once start in half the time.
unexport PYTHONDONTWRITEBYTECODE
OWN := --no-deps --no-build-isolation -e .

.PHONY: setup plan test check lint warm bench soak mutate stub sample lock notebooks notebooks-open docs clean wheel wheelhouse
.DELETE_ON_ERROR:

setup: $(VENV)/.ready

# uv, itself installed by hash, installs in a tenth of the time; without it plain pip reads the same hash lock.
# Wheels only: no code of a package runs while it is installed.
$(VENV)/.ready: bootstrap.lock requirements.lock pyproject.toml
	@echo "setting up $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) $(WHEELS) -r bootstrap.lock && $(UV) --require-hashes $(WHEELS) -r requirements.lock && $(UV) $(OWN) \
	  || { $(PIP) $(WHEELS) -r requirements.lock && $(BIN)/python -m pip install --quiet $(OWN); }
	@touch $@

plan: setup
	@$(BIN)/python -m patrolgeo plan data/samples/county/plan.toml --out out/county

# Both workers of the tests would compile the same functions; beside the types, one core does it once for both.
test: setup
	@$(MAKE) --no-print-directory --jobs 2 lint warm
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not check"

check: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m check tests
	$(BIN)/python -m pytest -n 2 --dist loadfile notebooks

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python .ci/docstrings.py

warm: setup
	@$(BIN)/python -m patrolgeo warm

bench: setup $(VENV)/.peers
	for b in $(filter-out benchmarks/soak.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$b || exit 1; done

# About 30 minutes on two cores; results in benchmarks/results/soak.json, table in docs/reliability.md.
soak: setup
	$(BIN)/python benchmarks/soak.py
	PATROLGEO_KILLS=200 $(BIN)/python -m pytest -m check tests/pipeline/watch

$(VENV)/.peers: benchmarks/requirements.lock $(VENV)/.ready
	$(PIP) -r benchmarks/requirements.lock
	touch $@

# Small changes in computing code that no test sees; MUTATE="--n 60 --seed 3 --room hotspots" for others.
mutate: setup
	$(BIN)/python .ci/mutate.py $(MUTATE)

stub: setup
	$(BIN)/python .ci/stub.py

sample: setup
	$(BIN)/python -m patrolgeo sample data/samples/county

notebooks: setup
	$(BIN)/python .ci/notebooks.py notebooks/*.py

notebooks-open: setup
	$(BIN)/jupyter lab notebooks

# Wheel and source distribution, tried in clean environments: the core, and each extra.
wheel: setup
	.ci/wheel

# Whether a machine without internet would find every wheel; `python .ci/wheelhouse.py --for windows 3.12` fills a folder.
wheelhouse: setup
	$(BIN)/python .ci/wheelhouse.py

# The site in out/site opens from disk: out/site/index.html.
docs: setup
	$(BIN)/python .ci/site

lock: setup
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o bootstrap.lock -
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra peers -c requirements.lock -o benchmarks/requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) out .mypy_cache .pytest_cache .ruff_cache
