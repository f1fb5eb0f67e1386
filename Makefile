# Two commands for users: `make demo` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto
# Tests are checked too; what they read of JSON and reach through other modules need not be declared.
TEST_TYPES := --explicit-package-bases --namespace-packages --no-warn-return-any --implicit-reexport --exclude '^tasks/'

.PHONY: demo test nightly lint types wheel docs clean

demo: $(VENV)/.installed
	$(BIN)/mlebench-inspect demo

test: $(VENV)/.tests-installed
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(PYTEST_OPTIONS)

# What takes too long for every change, and what numbers depend on once more under the oldest libraries allowed.
# The campaign needs root: it kills a Docker engine of its own.
nightly: $(VENV)/.tests-installed $(VENV)-oldest/.installed
	$(BIN)/python -m pytest -m nightly -n $(JOBS) --dist loadgroup $(PYTEST_OPTIONS)
	$(VENV)-oldest/bin/python -m pytest -m '' -n $(JOBS) --dist loadgroup tests/forms tests/graders
	cd tests && ../$(BIN)/python -m campaign $(CAMPAIGN_OPTIONS)

lint: $(VENV)/.tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry .
	$(BIN)/deptry tests tests/*/ --exclude '\.venv' --extend-exclude '\.git' --ignore DEP002,DEP004
	$(BIN)/inspect-evals-lint --all --output-format github

# The wheel alone in an environment of its own: the four source folders are one import package only once installed.
$(VENV)-wheel: wheel
	rm -rf $(VENV)-wheel
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/pip install -q --disable-pip-version-check dist/*.whl

types: $(VENV)-wheel
	$(VENV)-wheel/bin/pip install -q --disable-pip-version-check mypy pytest pandas-stubs types-PyYAML types-requests
	cd $(VENV)-wheel && bin/mypy --config-file ../pyproject.toml -p mlebench_inspect
	cd tests && ../$(VENV)-wheel/bin/mypy --config-file ../pyproject.toml $(TEST_TYPES) .

wheel: $(VENV)/.tests-installed
	rm -rf dist build
	$(BIN)/python -m build --wheel --outdir dist .

docs: $(VENV)/.docs-installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) $(VENV)-wheel $(VENV)-oldest dist build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml setup.py
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .[miniature]
	@touch $@

# helm renders the chart for tests; where it cannot be had, they are skipped
$(VENV)/.tests-installed: $(VENV)/bin/python pyproject.toml setup.py tests/pods/get_helm.py
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .[test]
	-$(BIN)/python tests/pods/get_helm.py
	@touch $@ $(VENV)/.installed

$(VENV)-oldest/.installed: tests/oldest.txt pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install -q --disable-pip-version-check -c tests/oldest.txt -e .[miniature] pytest pytest-xdist pytest-timeout pycocotools
	@touch $@

$(VENV)/.docs-installed: $(VENV)/bin/python pyproject.toml setup.py
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .[docs]
	@touch $@
