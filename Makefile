# Entry points; `make help` lists them. LANDING, WAREHOUSE and SOURCES set FUNNEL_LANDING, FUNNEL_WAREHOUSE and
# FUNNEL_SOURCES; without them, funnel.toml or the defaults apply.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ifdef LANDING
export FUNNEL_LANDING := $(LANDING)
endif
ifdef WAREHOUSE
export FUNNEL_WAREHOUSE := $(WAREHOUSE)
endif
ifdef SOURCES
export FUNNEL_SOURCES := $(SOURCES)
endif

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# An already active environment must not decide where pip installs or what Python imports.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,\
	$(shell $(python) -c '$(SUPPORTED)' 2>/dev/null && echo $(python))))

SOURCE_NAMES := $(notdir $(wildcard models/staging/*))
# The tables of the contract that a source has models for.
tables_of = $(patsubst models/staging/$(1)/stg_$(1)__%.sql,%,$(wildcard models/staging/$(1)/stg_$(1)__*.sql))
ALL_SOURCES := target/lint/all_sources.cfg

RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp

.PHONY: help install build dev test test-long test-random check lint lint-changed lint-python lint-dbt format docs handbook bench requirements clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  Variables: LANDING=dir WAREHOUSE=dir SOURCES=files,olist PYTHON=python3.12'

install: $(RUN) ## Create the environment only

build: $(RUN) ## Simulate a company if nothing has landed, then load, build, test and publish
	@landing="$${FUNNEL_LANDING:-landing}"; \
	if [[ ! -e funnel.toml && ,$${FUNNEL_SOURCES:-files}, == *,files,* ]] \
		&& [ -z "$$(find -L "$$landing" -type f -print -quit 2>/dev/null)" ]; then \
		echo "Nothing has landed in $$landing: simulating a company there."; \
		funnel simulate --out "$$landing"; \
	fi
	funnel build

# `dg dev` alone loses its runs when it ends; here they are kept, with the settings of dagster.yaml.
dev: export DAGSTER_HOME := $(CURDIR)/target/dagster_home
dev: $(RUN) ## Start Dagster on this machine, at http://localhost:3000
	@mkdir -p "$$DAGSTER_HOME"
	@cat dagster.yaml deploy/development.yaml > "$$DAGSTER_HOME/dagster.yaml"
	dg dev --host 127.0.0.1

# A worker takes a whole file, so that its fixtures are made once; tests/python/conftest.py puts the slowest first. Three
# workers keep two cores busy: some tests wait for a service, a browser or a lock.
PYTEST := pytest -n 3 --dist loadfile --no-loadscope-reorder

test: lint ## Run everything that CI runs: the linters, then the tests
	$(PYTEST) --durations=25

test-long: lint ## Run every test, also the long variants of what CI tests
	$(PYTEST) --durations=25 -m 'long or not long'

test-random: $(DEV) ## Build a hundred tiny companies at random, whose data are all valid
	$(PYTEST) -m 'long or not long' tests/python/cases/test_random_companies.py

# Tests that build no warehouse and start no service.
FAST := $(addprefix tests/python/,ingestion simulation publishing/test_publishing.py dagster/test_dbt_failure.py \
	releases/test_releases.py test_cli.py test_settings.py)

check: lint-changed ## Check a change in minutes: the linters, SQL that changed since BASE=HEAD, the tests that build nothing
	$(PYTEST) $(FAST)

# Lint has its own warehouse, so that it neither waits for a build nor blocks one.
lint lint-changed lint-python lint-dbt format: export FUNNEL_WAREHOUSE := target/lint
lint lint-changed lint-python lint-dbt: export COLUMNS := 160
SQLFLUFF := sqlfluff lint --disable-progress-bar --config $(ALL_SOURCES)
# Each of the two has use for one core; sqlfluff takes all that there are.
CONVENTIONS := $(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-python lint-dbt

lint: $(DEV) $(ALL_SOURCES) ## Check SQL, the dbt project's conventions, and Python
	$(CONVENTIONS)
	$(SQLFLUFF) models tests

lint-python: $(DEV)
	ruff check .
	ruff format --check .
	mypy

lint-dbt: $(DEV)
	dbt --quiet parse --target-path target/lint --vars '{lead_sources: {$(foreach source,$(SOURCE_NAMES),$(source): $(call tables_of,$(source)),)}}'
	dbt-bouncer run --show-all-failures

BASE := HEAD
SQL := -- 'models/*.sql' 'tests/*.sql'

lint-changed: $(DEV) $(ALL_SOURCES)
	$(CONVENTIONS)
	@changed=$$(git diff --name-only --diff-filter=d $(BASE) $(SQL); git ls-files --others --exclude-standard $(SQL)); \
		[ -z "$$changed" ] || $(SQLFLUFF) $$changed

format: $(DEV) $(ALL_SOURCES) ## Fix what ruff and sqlfluff can fix
	ruff check --fix .
	ruff format .
	sqlfluff fix --disable-progress-bar --config $(ALL_SOURCES) models tests

# The var `lead_sources` with every source on, or dbt would disable the models of the others and sqlfluff skip them.
# sqlfluff's settings cannot be lists; a mapping iterates like the list of its keys.
$(ALL_SOURCES): models/staging
	@mkdir -p $(@D)/build
	@{ echo '[sqlfluff:templater:dbt:context:lead_sources]'; printf '%s\n' $(foreach source,$(SOURCE_NAMES),'$(source) = $(call tables_of,$(source))'); } > $@

docs: $(RUN) ## Write the dbt documentation of the last build into target/
	dbt docs generate --static
	@echo "Open $(CURDIR)/target/static_index.html"

# The handbook describes the demo company, whatever has landed here.
handbook: export FUNNEL_LANDING := target/handbook/landing
handbook: export FUNNEL_WAREHOUSE := target/handbook/warehouse
handbook: export FUNNEL_SOURCES := files
handbook: $(DEV) ## Rewrite the definitions, tables and pictures of docs/kpis from the demo company
	@rm -rf target/handbook
	funnel simulate --out "$$FUNNEL_LANDING"
	funnel build
	python docs/kpis/handbook.py "$$FUNNEL_WAREHOUSE/current/warehouse.duckdb"

bench: $(RUN) ## Measure load, build and publish at 5k, 100k and 1M leads, and each format
	python -m benchmarks

# Wheels only, except halo, which exists as source only and builds as a pure Python package.
BINARIES := --only-binary :all: --no-binary halo

# The files keep their versions if pyproject.toml still allows them; ARGS=--upgrade takes the newest.
COMPILE := env -u PIP_FIND_LINKS uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	$(BINARIES) --no-emit-index-url --no-strip-extras --no-annotate --custom-compile-command 'make requirements' $(ARGS)

requirements: $(DEV) ## Pin the dependencies after a change of pyproject.toml
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) --constraints requirements/build.txt --extra dev pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --constraints requirements/dev.txt pyproject.toml -o requirements/run.txt

clean: ## Remove the environment and everything generated; landing/ and warehouse/ stay
	rm -rf $(VENV) target logs *.egg-info .*_cache .hypothesis

$(VENV)/bin/pip:
	@if ! $(or $(PYTHON),false) -c '$(SUPPORTED)' 2>/dev/null; then \
		echo "The warehouse needs Python 3.11, 3.12 or 3.13; $(or $(PYTHON),python3) is none of them." >&2; \
		echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi
	$(PYTHON) -m venv --clear $(VENV)

# $(1) = run or dev, which includes run. Every package has a known hash; source builds use the pinned setuptools.
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-input
define install
	@echo "Installing requirements/$(1).txt into $(VENV) (once; a minute or two)"
	@$(PIP_INSTALL) --require-hashes -r requirements/build.txt
	@$(PIP_INSTALL) --require-hashes --no-build-isolation $(BINARIES) -r requirements/$(1).txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(RUN) $@
endef

$(RUN): requirements/build.txt requirements/run.txt pyproject.toml | $(VENV)/bin/pip
	$(call install,run)

$(DEV): requirements/build.txt requirements/dev.txt pyproject.toml | $(VENV)/bin/pip
	$(call install,dev)
