# Everything a checkout needs is made inside it: .venv/, node_modules/, build/. No root, nothing global.
BIN := .venv/bin
PYTHON ?= $(shell test -x $(BIN)/python && test -f .venv/pyvenv.cfg && echo $(BIN)/python || echo python3)

# Some images set it. Tests start hundreds of processes, and each would compile all of the house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup python demo helm real reality test causes lint format e2e fault chaos bench pictures docs docs-pictures lock image sbom roles audit clean

# In words that every Python understands, the oldest too.
SUPPORTED := import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 14) else \
  sys.executable + " is Python %d.%d, and 3.11 to 3.14 are supported. Name one: make PYTHON=python3.12 …" % v)
GIVEN := $(if $(filter command environment,$(firstword $(origin PYTHON))),--python-given)

# $(call install,demo): what a demo needs, without what only tests need; python, without npm's packages; or all.
# Another checkout, another Python or another lock has it made anew (deploy/checkout.py). A second argument is what to
# go on with. Interrupted while it starts, Python shows a trace: the first has it ignored, which make does not, and the
# second has standard error where nobody reads until it has begun.
define install
@command -v $(PYTHON) >/dev/null \
  || { echo "$(PYTHON) was not found: Python 3.11 to 3.14 is needed. Install it, or name it: make PYTHON=…" >&2; exit 1; }
@trap '' INT; $(PYTHON) -S -c '$(SUPPORTED)'
@exec $(PYTHON) -S deploy/checkout.py $(1) --quietly $(GIVEN) $(2) 3>&2 2>/dev/null
endef

setup:
	$(call install,all)

python:
	$(call install,python)

demo:
	$(call install,demo,--then $(BIN)/jhub-bot demo)

# Helm 3 and 4 as the image has them, built from their Go modules into ~/.cache/jhub-bot/helm: some minutes each, with Go
# on the PATH. The bot, the demo and the tests find them there; MAJOR=4 builds that one alone.
MAJOR ?=
helm:
	@$(PYTHON) deploy/image/build_helm.py $(MAJOR)

# $(call tests,which,how): what failed beside others is tried once more, alone and said to be. A machine that is busy with
# something else may be too late for a limit of time; what fails again is broken.
define tests
@$(BIN)/pytest $(1) $(2); status=$$?; test $$status -eq 1 || exit $$status; \
  echo "What failed beside others is tried once more, alone:"; $(BIN)/pytest --last-failed --maxfail 10 $(1)
endef

# A file of tests stays on one process: its fixtures are made once. Many wait for what takes its time, so that there are
# more processes than two cores. TESTS=tests/cards runs those alone.
TESTS ?=
test: setup
	$(call tests,-m "not e2e and not fault" $(TESTS),--numprocesses 4 --dist loadfile)

# What the product says of some hundred texts of other systems, held against what is true (tests/causes/): a table of
# how many are right, quoted and wrong, and each that is wrong. It is a part of `make test`, too.
causes: setup
	$(BIN)/python -m tests.causes

# What runs real parts, once with each release of them, and a table of what came out: JupyterHub 1.4 and 6 in environments
# of their own, both helms of the image (`make helm`, which needs Go). `make test` runs it with those of the locks. With
# ONLY="Helm 4" it is that release alone; JHUB_BOT_CHARTS and JHUB_BOT_CHANGELOGS name real charts and changelogs.
HELM_TESTS := tests/clients/helm tests/clients/values tests/clients/kube/test_cluster.py tests/commands/values \
  tests/commands/rollout tests/commands/login tests/sandbox/apiserver tests/sandbox/helm tests/sandbox/scenario \
  tests/sandbox/faults tests/deploy tests/bot/whole
ONLY ?=
real: setup helm
	$(BIN)/python -m tests.real --only "$(ONLY)" $(HELM_TESTS)

# What the real packages do where a good guess is wrong: question, guess, answer and version of each. Those that take
# seconds are a part of `make test`, too.
reality: setup
	$(BIN)/python -m tests.reality

lint: python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=typings $(BIN)/stubtest botbuilder msrest --ignore-missing-stub --ignore-positional-only --concise
	$(BIN)/lint-imports

format: python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each has a demo and a browser of its own, too.
e2e: setup
	$(call tests,-m e2e tests/e2e,--numprocesses 2 --dist load --maxschedchunk 1)

# All of them; CI runs a shorter fixed share. Each has a world of its own, and most of them wait: two run at a time, the
# longest first (tests/fault/conftest.py). What was seen is in build/*.json, a file of its own for each.
fault: export FAULT_KILLS ?= 200
fault: export REPLICA_KILLS ?= 100
fault: setup
	$(call tests,-m fault --durations 8 tests/fault tests/bot/alerts/test_cluster_picture.py,--numprocesses 2 --dist load \
	  --maxschedchunk 1)
	cat build/fault.json build/replicas.json build/scales.json build/rotations.json

# Outside CI, which runs a share of it among the fault tests: an hour. What was seen is in build/*.json.
chaos: export CHAOS_WORKFLOWS ?= 5000
chaos: export CHAOS_MESSAGES ?= 10000
chaos: export CHAOS_CRASHES ?= 20
chaos: export CHAOS_ACTIVITIES ?= 100000
chaos: export CHAOS_WAYS ?= 1000
chaos: export CHAOS_KILLS ?= 200
chaos: setup
	$(BIN)/pytest -m fault --numprocesses 2 --dist load --maxschedchunk 1 --durations 8 \
	  tests/fault/test_chaos.py tests/fault/test_kinds.py tests/fault/test_fuzz.py tests/fault/test_alone.py
	cat build/chaos.json build/kinds.json build/fuzz.json build/alone.json

bench: setup
	$(BIN)/python benchmarks/run.py

# Every golden card as people see it, in build/cards/.
pictures: setup
	$(BIN)/python tests/cards/pictures.py build/cards

# The documentation as a site: open build/site/index.html. A dead link, anchor or page outside the navigation ends it.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# The cards that it shows, drawn anew by Chromium into docs/pictures/cards/ (which is committed).
docs-pictures: setup
	$(BIN)/python docs/hooks/draw_cards.py

# After a change of dependencies in pyproject.toml: new locks, with hashes and without addresses. The first is the
# image's, which has the extra for traces; the last is that of the hub's classes in it, and a part of the second.
lock:
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra otel --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra dev --output-file requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --constraint requirements-dev.lock --output-file deploy/image/hub-classes.lock \
	  deploy/image/hub-classes.in

# The bot's own image; its bill of materials is in it, at /opt/jhub-bot/sbom.cdx.json.
IMAGE ?= jhub-teams-bot:dev
ENGINE ?= docker
image:
	$(ENGINE) build --build-arg REVISION=$$(git rev-parse HEAD) --tag $(IMAGE) .

sbom:
	mkdir -p build
	$(PYTHON) deploy/image/sbom.py . > build/sbom.cdx.json

# After a change of what the bot may do (clients/*permissions.py) or of its settings' sections: the roles that grant it.
roles: python
	$(BIN)/python deploy/roles.py

# What can be known of the dependencies without a network; SECURITY.md says what needs one.
audit: setup
	$(BIN)/pip check
	$(BIN)/pytest --quiet tests/test_dependencies.py

clean:
	rm -rf .venv node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
