# 雲市集: the verbs to learn. `make` alone lists them.
PYTHON ?= python3
VENV := .venv/bin
BOOTSTRAP := $(PYTHON) tools/bootstrap.py
export TCLOUD_DATA ?= $(CURDIR)/.tcloud
# Two workers take whole files, in the order of tests/conftest.py: the longest first.
BY_FILE := -n 2 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run demo-reset test coverage check fix bench prove docs screenshots wheel messages browser

help: ## list these verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep '##' Makefile

run: ## start everything: database, web, worker, event stream, simulators
	@$(BOOTSTRAP) run
	@exec $(VENV)/python -m tcloud.cli.main demo

demo-reset: ## throw the demonstration's data away
	@$(BOOTSTRAP) run
	@$(VENV)/python -m tcloud.cli.main demo-reset

test: browser ## every test, with a database of its own
	@$(BOOTSTRAP) test
	@env -u TCLOUD_DATA -u DATABASE_URL $(VENV)/python -m pytest -q $(BY_FILE) $(ARGS)

# Everything but browsers, the machine and the house's own rules: those tests reach no branch that these do not.
COVERING := rules domain concurrency adapters api journeys faults web
coverage: ## branch coverage of the rooms that move points and money; below 100 % it fails
	@$(BOOTSTRAP) test
	@env -u TCLOUD_DATA -u DATABASE_URL $(VENV)/python -m pytest -q $(BY_FILE) --cov --cov-report=term $(COVERING:%=tests/%) $(ARGS)

browser: ## bring Chromium, a Chinese font and poppler where that is possible
	@sh tools/browser.sh

check: ## style, types, imports, templates, migrations, translations
	@$(BOOTSTRAP) dev
	@sh tools/check.sh

fix: ## mend what can be mended by a machine
	@$(BOOTSTRAP) dev
	@$(VENV)/ruff check --fix --quiet . || true
	@$(VENV)/python tools/messages.py extract

messages: ## read new strings into the English catalogue
	@$(BOOTSTRAP) dev
	@$(VENV)/python tools/messages.py extract

bench: ## every figure the project claims (ONLY=prefix for a part)
	@$(BOOTSTRAP) dev
	@env -u TCLOUD_DATA -u DATABASE_URL $(VENV)/python -m bench $(ONLY)

prove: browser ## every proof in full, resumable
	@$(BOOTSTRAP) test
	@env -u TCLOUD_DATA -u DATABASE_URL TCLOUD_PROVE=1 $(VENV)/python -m pytest -p tests.proofs -q $(BY_FILE) $(ARGS)

docs: ## build the documentation into site/
	@$(BOOTSTRAP) dev
	@$(VENV)/python tools/docs.py

screenshots: browser ## the main pages at both widths and in both languages, into screenshots/
	@$(BOOTSTRAP) dev
	@$(VENV)/python tools/screenshots.py

wheel: ## build dist/*.whl with its assets
	@$(BOOTSTRAP) dev
	@$(VENV)/python tools/messages.py compile
	@$$(command -v uv || echo .tools/uv-*) build --wheel --quiet && ls dist/*.whl
