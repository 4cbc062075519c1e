# The two commands are `make deploy` and `make test`; each sets up what is missing first.
# All targets use the lab, whatever .env and the environment say.
override ENV_FILE := none
export ENV_FILE

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# The first that is 3.11 or newer; a name on the PATH may be a shim of a version that is not there.
PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
# These two tell what Windows PowerShell 5.1 has and what Windows' own commands take; not part of this
# repository.
CHECKS := ../shared/tools/windows-powershell-check

# Where the tests note which statements of PowerShell they have run.
STATEMENTS := build/statements

.PHONY: deploy test bench pictures check lint types powershell kerberos postgresql lab-wheelhouse wheelhouse clean

deploy: $(INSTALLED) postgresql lab-wheelhouse
	$(BIN)/pyinfra inventory.py deploy.py -y

test: $(INSTALLED) kerberos postgresql lab-wheelhouse
	$(BIN)/python -m tests.statements prepare $(STATEMENTS)
	WINFRA_LAB_STATEMENTS=$(CURDIR)/$(STATEMENTS) $(BIN)/python -m pytest -n 2 --dist loadfile
	$(BIN)/python -m tests.statements check $(STATEMENTS)

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# Those of the README, of the lab after `make deploy`.
pictures: $(INSTALLED)
	PYTHONPATH=. $(BIN)/python docs/pictures.py

check: lint types powershell

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED)
	$(BIN)/mypy

powershell: $(INSTALLED)
	@if [ -d $(CHECKS) ]; then \
		$(BIN)/pwsh -NoProfile -File $(CHECKS)/check.ps1 winfra/powershell files/scripts .github && \
		$(BIN)/pwsh -NoProfile -File $(CHECKS)/compare.ps1 winfra/lab/windows; \
	else \
		echo "Not checked against Windows PowerShell 5.1: no $(CHECKS)"; \
	fi

# Kerberos needs Debian's KDC and a compiler; without them its tests skip, and say so.
kerberos: $(INSTALLED)
	@.ci/kerberos $(BIN)

# Behind the lab's PostgreSQL is Debian's; without it its tests skip, and say so.
postgresql:
	@.ci/postgresql

# What the lab installs Prefect from; without an index its tests skip, and say so.
lab-wheelhouse: $(INSTALLED)
	@.ci/wheelhouse $(BIN)

# What a site installs Prefect from: its versions in group_data/all.py, for Windows.
wheelhouse: $(INSTALLED)
	$(BIN)/python -m winfra.wheelhouse build

$(INSTALLED): requirements.txt pyproject.toml $(wildcard vendor/*.whl)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install python3.11"; exit 1; }
	@.ci/venv $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

# A lab ends with its folder.
clean:
	rm -rf .lab $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
