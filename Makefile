# Everything a checkout needs is made inside it: .venv/, node_modules/, build/. No root, nothing global.
PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.ready
NODE := node_modules/.ready

.PHONY: setup demo test lint format e2e fault bench pictures docs docs-pictures lock image sbom roles audit clean

setup: $(VENV) $(NODE)

$(VENV): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer with venv is needed; name it with make PYTHON=…"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Without npm the demo talks in the terminal, and the tests that need npm's packages say that they are skipped.
$(NODE): package.json package-lock.json
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --no-fund --no-audit && touch $@; \
	else echo "npm was not found: going on without the Playground"; fi

demo: setup
	$(BIN)/jhub-bot demo

# A file of tests stays on one process: its fixtures are made once.
test: setup
	$(BIN)/pytest -m "not e2e and not fault" --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(VENV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each has a demo and a browser of its own, too.
e2e: setup
	$(BIN)/pytest -m e2e --numprocesses 2 --dist load --maxschedchunk 1 tests/e2e

# All of them; CI runs a shorter fixed share. Each has a world of its own, and most of them wait: two run at a time, the
# longest first (tests/fault/conftest.py). What was seen is in build/*.json, a file of its own for each.
fault: setup
	FAULT_KILLS=$${FAULT_KILLS:-200} REPLICA_KILLS=$${REPLICA_KILLS:-100} $(BIN)/pytest -m fault --numprocesses 2 \
	  --dist load --maxschedchunk 1 --durations 8 tests/fault tests/bot/alerts/test_cluster_picture.py
	cat build/fault.json build/replicas.json build/scales.json build/rotations.json

bench: setup
	$(BIN)/python benchmarks/run.py

# Every golden card as people see it, in build/cards/.
pictures: setup
	$(BIN)/python tests/cards/pictures.py build/cards

# The documentation as a site: open build/site/index.html. A dead link, anchor or page outside the navigation ends it.
docs: $(VENV)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# The cards that it shows, drawn anew by Chromium into docs/pictures/cards/ (which is committed).
docs-pictures: setup
	$(BIN)/python docs/hooks/draw_cards.py

# After a change of dependencies in pyproject.toml: new locks, with hashes and without addresses. The first is the
# image's, which has the extra for traces.
lock:
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra otel --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra dev --output-file requirements-dev.lock pyproject.toml

# The bot's own image; its bill of materials is in it, at /opt/jhub-bot/sbom.cdx.json.
IMAGE ?= jhub-teams-bot:dev
ENGINE ?= docker
image:
	$(ENGINE) build --build-arg REVISION=$$(git rev-parse HEAD) --tag $(IMAGE) .

sbom:
	mkdir -p build
	$(PYTHON) deploy/image/sbom.py . > build/sbom.cdx.json

# After a change of what the bot may do (clients/*permissions.py) or of its settings' sections: the roles that grant it.
roles: $(VENV)
	$(BIN)/python deploy/roles.py

# What can be known of the dependencies without a network; SECURITY.md says what needs one.
audit: setup
	$(BIN)/pip check
	$(BIN)/pytest --quiet tests/test_dependencies.py

clean:
	rm -rf .venv node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
