# Two commands for users: `make demo` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: demo test lint types wheel clean

demo: $(VENV)/.installed
	$(BIN)/mlebench-inspect demo

test: $(VENV)/.tests-installed
	$(BIN)/python -m pytest -n $(JOBS) $(PYTEST_OPTIONS)

lint: $(VENV)/.tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The four source folders are one import package only once installed, so types are checked on the installed wheel.
types: wheel
	rm -rf $(VENV)-types
	$(PYTHON) -m venv $(VENV)-types
	$(VENV)-types/bin/pip install -q dist/*.whl mypy pandas-stubs types-PyYAML inspect-k8s-sandbox
	cd $(VENV)-types && bin/mypy --config-file ../pyproject.toml -p mlebench_inspect

wheel: $(VENV)/.tests-installed
	rm -rf dist build
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(VENV)-types dist build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml setup.py
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .[miniature]
	@touch $@

$(VENV)/.tests-installed: $(VENV)/bin/python pyproject.toml setup.py
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .[test]
	@touch $@ $(VENV)/.installed
