# `make train` and `make test` do all the set-up themselves, in .venv.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Two tests at a time.
PYTEST := $(RUN) -m pytest -n 2 --dist worksteal
OUTPUT_DIR ?= runs/twitter

.PHONY: train test test-all soak bench accuracy docs notebook lint types audit \
    wheel-check dist clean

train: $(VENV)/installed
	$(RUN) -m trax.trainer --config_file=twitter.gin \
	    --output_dir=$(OUTPUT_DIR)

test: $(VENV)/installed-test
	$(PYTEST)

# With those that take long by nature.
test-all: $(VENV)/installed-test $(VENV)/installed-docs
	$(PYTEST) -m ''

bench: $(VENV)/installed-bench
	$(RUN) -m benchmarks

accuracy: $(VENV)/installed-bench
	$(RUN) -m benchmarks.accuracy

# The fuzz tests with 100,000 cases each, for about an hour, and 200 kills of a run.
soak: $(VENV)/installed-test
	SOAK=1 $(RUN) -m pytest -m '' tests/trax_support/test_kill.py tests/fuzz
	if $(RUN) -c 'import atheris'; then \
	    $(RUN) tests/fuzz/atheris_surfaces.py -runs=100000; fi

# Into build/site; a link that leads nowhere is an error.
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

# The outputs of the notebook, of the made-up tweets.
notebook: $(VENV)/installed-test
	$(RUN) examples/execute.py

lint: $(VENV)/installed-dev
	$(RUN) -m ruff check .

types: $(VENV)/installed-dev
	$(RUN) -m mypy

# Without --strict, a package that the service doesn't know counts as safe.
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
