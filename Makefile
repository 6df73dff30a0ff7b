# The one list of commands. `make` alone prints it.

PYTHON ?= python3
RUN = .venv/bin/python
# Many tests wait for a browser or a build, so three processes keep two processors busy.
PARALLEL = --numprocesses=3 --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help html check test contract mutation test-slow audit bench soak doctest live serve page \
  translate catalog-lint anchors linkcheck lint lock compat compat-again clean

help:  ## Print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 14

html: .venv/ready $(if $(TOOLS),_build/tool/ready)  ## Execute and build the site, or what changed; TOOLS=1 adds the model checker (npm)
	$(RUN) -m site_build html

check: .venv/ready  ## Check style and types, and run the tests that need neither Keras nor a build
	$(MAKE) lint
	PYTHONPATH="$(CURDIR)/tests" $(RUN) -m pytest $(PARALLEL) -p support.without_keras

test: .venv/ready  ## Run everything that must pass
	$(MAKE) --jobs=2 lint doctest # Neither uses more than one processor for long.
	$(MAKE) html
	$(RUN) -m pytest $(PARALLEL)

contract: .venv/ready  ## Compare rules, values and pitfalls with the installed Keras; also messages: ALL=1
	$(RUN) -m pytest $(PARALLEL) @tests/contract.txt $(if $(ALL),@tests/slower_contract.txt)

mutation: .venv/ready  ## Change Keras in a hundred ways, or in SAMPLE=200; see whether the contract notices
	PYTHONPATH="$(CURDIR)/tests" $(RUN) -m mutation $(LIST) $(SAMPLE:%=--sample=%) $(SEED:%=--seed=%)

test-slow: html  ## Run the tests that take long: the whole site, built in every other way
	$(RUN) -m pytest $(PARALLEL) -m slow

bench: .venv/ready  ## Measure how fast the site is built, against stock MyST-NB and a peer (network)
	cd tests && ../$(RUN) -m bench

audit: _build/audit/ready  ## Check every page with axe, the W3C's checker and Lighthouse (Node.js, Java)
	$(MAKE) html TOOLS=1
	REQUIRE_BROWSER=1 $(RUN) -m pytest $(PARALLEL) -m audit --ignore=tests/audit/test_lighthouse.py
	$(RUN) -m pytest -m audit tests/audit/test_lighthouse.py # Alone, because it measures.

soak: .venv/ready  ## Start hundreds of kernels and builds, until one fails
	cd tests && ../$(RUN) -m bench.soak

doctest: .venv/ready  ## Run the doctests of the pages and of the docstrings
	$(RUN) -m site_build doctest

lint: .venv/ready  ## Check style and types
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

live: .venv/ready  ## Serve the site here; rebuild and reload it on every save
	$(RUN) -m site_build live

serve: html  ## Serve the built site here, compressed as a host would
	cd tests && ../$(RUN) -m support.site_server ../_build/html

page: .venv/ready  ## Build one page alone: make page PAGE=docs/flags/both.md [IN=zh_CN]
	$(RUN) -m site_build page $(PAGE) $(if $(IN),--language $(IN))

translate: .venv/ready  ## Update the translation catalogs to the current pages
	$(RUN) -m site_build translate

catalog-lint: .venv/ready  ## List what is missing or wrong in the translation catalogs
	$(RUN) -m site_build catalog_lint

anchors: html  ## Add the addresses of new sections to the list of those that must stay
	$(RUN) -m site_build anchors

linkcheck: .venv/ready  ## Check every address that the site links to (needs the network)
	$(RUN) -m site_build linkcheck

compat: .venv/ready  ## Measure every Keras that is not measured yet (needs the network, slow)
	$(RUN) -m keras_compat

compat-again: .venv/ready  ## Measure a recorded Keras again, another one each week (needs the network)
	$(RUN) -m keras_compat.repeat

lock: .venv/ready  ## Renew requirements.lock from pyproject.toml
	$(RUN) -m uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-emit-index-url --no-annotate --upgrade \
	  --custom-compile-command "make lock" --output-file requirements.lock

clean:  ## Remove all that was built; the environment stays
	rm -rf _build

# Each stamp is written last, so that a step that was cut short is done again.
.venv/locked: requirements.lock
	@$(PYTHON) src/site_build/check_python.py
	$(PYTHON) -m venv --clear .venv
	# uv, locked like the rest, takes a third of pip's time; but pip may know mirrors that it does not.
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock | \
	  $(RUN) -m pip install --disable-pip-version-check --require-hashes --requirement /dev/stdin
	$(RUN) -m uv pip install --python $(RUN) --compile-bytecode --require-hashes \
	  --requirement requirements.lock || \
	  $(RUN) -m pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

# Our two distributions have no hash; what they need is installed by now.
.venv/ready: .venv/locked pyproject.toml src/preloaded-kernels/pyproject.toml
	$(RUN) -m pip install --disable-pip-version-check --no-deps --no-build-isolation \
	  --editable . --editable src/preloaded-kernels
	@touch $@

# Locked like the rest; none of the packages needs to run a script of its own to be installed.
_build/audit/ready: tests/audit/package.json tests/audit/package-lock.json
	@for tool in npm java; do command -v $$tool >/dev/null || \
	  { echo "make audit needs Node.js 20 and Java 17, or newer; there is no $$tool here."; exit 1; }; done
	@mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund
	@touch $@

# Python for browsers, which the site publishes with the model checker.
_build/tool/ready: docs/_tool/package.json docs/_tool/package-lock.json
	@command -v npm >/dev/null || { echo "TOOLS=1 needs npm; there is none here."; exit 1; }
	@mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund
	@touch $@
