# All there is to set up: a machine with python3 and make. What a command needs is fetched into .uv and .venv.
#
#   make demo    a real incident log, worked by a client and two partners, served on this machine
#   make run     the same product, empty
#   make test    all gates and all tests (PostgreSQL and Chromium where they are present)
#   make check   the gates alone
#   make coverage  all tests, measured: rules, services and policies are to be covered in full
#   make proof   what takes hours: every case in full, on PostgreSQL too where a server is given
#   make bench   every figure beside its limit
#   make docs    the documentation, into site/
#   make messages  the texts of all languages brought up to date; says what is to be translated

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/ready
# Gates look at the product as a fresh installation, never at the data of one that is in use.
GATE := COSOURCE_DATA_DIR="$(CURDIR)/.venv/gates" COSOURCE_LOG_LEVEL=warning
# Compiled modules are kept, even where the environment says not to: each of the many processes that the tests start would
# else compile all of a thousand modules again.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.pycache
GATES := types docs migrations imports templates lint audit
ROOMS := foundation calendars parties agreements knowledge tickets bridges metrics allocation shell

.PHONY: demo run test check coverage proof bench messages $(GATES)

demo: $(READY)
	@COSOURCE_DATA_DIR="$${COSOURCE_DATA_DIR:-var/demo}" $(BIN)/cosource demo

run: $(READY)
	@$(BIN)/cosource up

test: check
	@.ci/tests

coverage: $(READY)
	@.ci/tests coverage

# Side by side, on as many processors as there are.
check: $(READY)
	@$(MAKE) --no-print-directory --output-sync --jobs=$$(getconf _NPROCESSORS_ONLN) $(GATES)

proof: $(READY)
	@.ci/tests proof

bench: $(READY)
	@$(BIN)/python -m benchmarks

lint: $(READY)
	@echo "== code" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .

types: $(READY)
	@echo "== types" && $(GATE) $(BIN)/mypy --no-error-summary

imports: $(READY)
	@echo "== who imports whom" && { $(BIN)/lint-imports >.venv/imports.txt 2>&1 || { sed -n '/^Broken/,$$p' .venv/imports.txt; exit 1; }; }

templates: $(READY)
	@echo "== templates" && { $(BIN)/djlint --lint --quiet src >.venv/templates.txt 2>&1 || { cat .venv/templates.txt; exit 1; }; }

migrations: $(READY)
	@echo "== migrations" && $(GATE) DJANGO_SETTINGS_MODULE=tests.gates PYTHONPATH=. $(BIN)/python -m django makemigrations --check --dry-run --verbosity 1 >.venv/migrations.txt 2>&1 \
	  || { cat .venv/migrations.txt; echo "A model has changed without its migration: run makemigrations"; exit 1; }
	@release=$$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null) \
	  || { echo "   no release yet: no earlier version whose code must work with the new tables"; exit 0; }; \
	  $(GATE) DJANGO_SETTINGS_MODULE=tests.gates PYTHONPATH=. $(BIN)/python -m django lintmigrations --git-commit-id "$$release" --project-root-path "$(CURDIR)" --no-cache --quiet ok ignore --include-apps $(ROOMS) >.venv/migrations.txt 2>&1 \
	  || { cat .venv/migrations.txt; exit 1; }

messages: $(READY)
	@$(BIN)/python -m tests.messages

docs: $(READY)
	@echo "== documentation" && $(BIN)/mkdocs build --strict --quiet

audit: $(READY)
	@echo "== known weaknesses of what is installed" && .ci/audit

# The lock decides what is installed; the project itself comes last, editable, without asking for anything more.
$(READY): requirements.lock pyproject.toml .ci/bootstrap
	@.ci/bootstrap
	@touch $@
