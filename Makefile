# make run           the office on http://127.0.0.1:5000 (HOST and PORT change it), with demo data on first start
# make test          everything that must hold; installs what is missing where it may
# make benchmarks    the figures of benchmarks/
# make faults        kills the server, fills its disk, locks its database while phones send (docs/faults.md)
# make translations  collect the German texts, update English and the participants' languages
# make pictures      the pictures of the README, from the demo data
# make lighthouse    Google Lighthouse on the five main pages
# make lock          requirements*.lock and docs/security/licences.md, after a change of requirements*.txt
# make security      hostile text and scanners against the demo office (docs/security/intruders.md); long
# make sbom          .tools/sbom.json: all that Kursbuch runs on, as CycloneDX
# make format        let ruff put the code in order

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check install -qq --require-hashes
PYTEST := $(PYTHON) -m pytest

# A stamp is named after what it stands for, so unchanged requirements cost nothing and changed ones cannot be missed.
SUM = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
INSTALLED := $(VENV)/.installed-$(call SUM,requirements.lock)
INSTALLED_DEV := $(VENV)/.installed-dev-$(call SUM,requirements-dev.lock)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: run test lint tests benchmarks faults translations pictures lighthouse format lock sbom security prepare
.DEFAULT_GOAL := run

run: $(INSTALLED)
	@exec $(PYTHON) run.py

# Style and types meanwhile, on the core that the tests leave free while they are being prepared; what they find stands first.
test: $(INSTALLED_DEV)
	@$(MAKE) --no-print-directory --jobs 2 lint tests

lint: $(INSTALLED_DEV)
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet . || { echo "Run make format."; exit 1; }
	@$(VENV)/bin/mypy

# PYTEST_ARGS narrows it: make tests PYTEST_ARGS="tests/enrolment --database sqlite"
tests: prepare
	@$(PYTEST) --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

prepare: $(INSTALLED_DEV)
	@$(PYTHON) -m tests.tools.prepare

benchmarks: prepare
	@$(PYTHON) -m benchmarks
	@$(PYTHON) -m benchmarks.phones
	@$(PYTHON) -m benchmarks.throttled
	@$(PYTHON) -m benchmarks.papers
	@$(PYTHON) -m benchmarks.county
	@$(PYTHON) -m benchmarks.exports
	@$(PYTHON) -m benchmarks.people
	@$(PYTHON) -m benchmarks.accounts

faults: prepare
	@$(PYTHON) -m benchmarks.faults

translations: $(INSTALLED)
	@mkdir -p .tools
	@$(PYTHON) -m babel.messages.frontend -q extract -F babel.cfg --no-default-keywords -k N_ -k Reason -k gettext -k ngettext:1,2 \
		-k lazy_gettext -k _ --no-location --sort-output --no-wrap --project Kursbuch --version 1 \
		-o .tools/messages.pot .
	@test -f translations/en/LC_MESSAGES/messages.po || \
		$(VENV)/bin/pybabel -q init -i .tools/messages.pot -d translations -l en --no-wrap
	@$(VENV)/bin/pybabel -q update -i .tools/messages.pot -d translations -l en --no-fuzzy-matching --no-wrap \
		--ignore-obsolete --ignore-pot-creation-date
	@$(PYTHON) -m babel.messages.frontend -q extract -F babel.cfg --no-default-keywords -k P_ --no-location --sort-output \
		--no-wrap --project Kursbuch --version 1 -o .tools/people.pot .
	@for language in $$($(PYTHON) -c 'import translations; print(*translations.LANGUAGES)'); do \
		file=translations/$$language/LC_MESSAGES/people.po; \
		test -f $$file || $(VENV)/bin/pybabel -q init -i .tools/people.pot -o $$file -l $$language --no-wrap; \
		$(VENV)/bin/pybabel -q update -i .tools/people.pot -o $$file -l $$language --no-fuzzy-matching --no-wrap \
			--ignore-obsolete --ignore-pot-creation-date; \
	done
	@$(VENV)/bin/pybabel compile -i translations/en/LC_MESSAGES/messages.po -o .tools/messages.mo -l en --statistics

pictures: prepare
	@$(PYTEST) -m pictures --pictures -q

lighthouse: prepare
	@$(PYTHON) -m tests.tools.lighthouse

format: $(INSTALLED_DEV)
	@$(VENV)/bin/ruff check --quiet --fix-only . ; $(VENV)/bin/ruff format --quiet .

# What is asked for, with all that it needs itself, on every system: each file of each package by its hash.
lock: $(INSTALLED_DEV)
	@$(VENV)/bin/$(LOCK) requirements.txt -o requirements.lock
	@$(VENV)/bin/$(LOCK) requirements-dev.txt -c requirements.lock -o requirements-dev.lock
	@$(MAKE) --no-print-directory prepare
	@$(PYTHON) -m tests.tools.licences > docs/security/licences.md

# The scanners live apart from us, and LibreOffice comes from the system.
security: prepare
	@command -v soffice >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libreoffice-calc-nogui >/dev/null; }
	@test -x .tools/scanners/bin/wapiti || { $(PYTHON) -m venv .tools/scanners && \
		.tools/scanners/bin/python -m pip --disable-pip-version-check install -qq wapiti3==3.2.3 sqlmap==1.10.10; }
	@$(PYTHON) -m benchmarks.intruders

sbom: $(INSTALLED_DEV)
	@mkdir -p .tools
	@$(VENV)/bin/cyclonedx-py requirements --output-reproducible --output-file .tools/sbom.json requirements.lock
	@echo ".tools/sbom.json"

# A Debian without python3-venv cannot make a virtual environment: as root we help ourselves, else we say how.
$(PYTHON):
	@python=$$(for name in python3.11 python3 python3.12 python3.13; do \
		$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done); \
	test -n "$$python" || { echo "Kursbuch needs Python 3.11 or newer: apt-get install python3 python3-venv"; exit 1; }; \
	if ! $$python -c 'import ensurepip' 2>/dev/null; then \
		if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
			echo "Installing $$python-venv …"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $$python-venv >/dev/null; \
		else echo "Python cannot make virtual environments here: apt-get install $$python-venv"; exit 1; fi; fi; \
	$$python -m venv --clear $(VENV)

$(INSTALLED): | $(PYTHON)
	@echo "Installing what Kursbuch runs on (once, about a minute) …"
	@$(PIP) -r requirements.lock
	@$(PYTHON) -m paper.fetching
	@rm -f $(VENV)/.installed-[0-9]* && touch $@

$(INSTALLED_DEV): $(INSTALLED)
	@echo "Installing what Kursbuch is checked with (once, about a minute) …"
	@$(PIP) -r requirements-dev.lock
	@rm -f $(VENV)/.installed-dev-* && touch $@
