# Each target installs its requirements in .venv.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Two processes run the tests.
PYTEST := $(RUN) -m pytest -n 2 --dist worksteal
OUTPUT_DIR ?= runs/twitter

.PHONY: train test test-all soak bench accuracy docs notebook lint types audit \
    wheel-check dist clean

train: $(VENV)/installed
	$(RUN) -m trax.trainer --config_file=twitter.gin \
	    --output_dir=$(OUTPUT_DIR)

test: $(VENV)/installed-test
	$(PYTEST)

# All tests, the slow ones included.
test-all: $(VENV)/installed-test $(VENV)/installed-docs
	$(PYTEST) -m ''

bench: $(VENV)/installed-bench
	$(RUN) -m benchmarks

accuracy: $(VENV)/installed-bench
	$(RUN) -m benchmarks.accuracy

# Fuzz tests with 100,000 cases each, and 200 kills of a run. They need about an hour.
soak: $(VENV)/installed-test
	SOAK=1 $(RUN) -m pytest -m '' tests/trax_support/test_kill.py tests/fuzz
	if $(RUN) -c 'import atheris'; then \
	    $(RUN) tests/fuzz/atheris_surfaces.py -runs=100000; fi

# Builds the site in build/site. A broken link is an error.
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

# Executes the example notebook on the made-up tweets and saves its outputs.
notebook: $(VENV)/installed-test
	$(RUN) examples/execute.py

lint: $(VENV)/installed-dev
	$(RUN) -m ruff check .

types: $(VENV)/installed-dev
	$(RUN) -m mypy

# Without --strict, pip-audit ignores packages that it cannot find.
audit: $(VENV)/installed-audit
	$(RUN) -m pip freeze --exclude-editable > $(VENV)/audited.txt
	$(RUN) -m pip_audit --strict --no-deps --disable-pip -r $(VENV)/audited.txt

wheel-check: $(VENV)/installed-dev
	.ci/check_wheel

dist: $(VENV)/installed-dev
	$(RUN) -m build

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python setup.cfg
	$(RUN) -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-%: $(VENV)/bin/python setup.cfg
	$(RUN) -m pip install --quiet --editable '.[$*]'
	touch $@
