# `make help` lists the targets. Needs nothing but make and Python 3.11 or newer.

candidates = python3.12 python3.11 python3.13 python3 python
recent = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(candidates); do "$$p" -c '$(recent)' 2>/dev/null && echo "$$p" && break; done)
PYTEST_ARGS ?=

venv = .venv/bin/python
demo_data = demo/talkers
demo_run = demo/run

.DEFAULT_GOAL := help
.PHONY: help demo test test-beam cases tables docs lint clean
.DELETE_ON_ERROR:

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

demo: .venv/installed  ## make talkers, train the quickstart, evaluate it, judge an mp4 with a known shift
	@echo "== 1/5 made-up talkers -> $(demo_data)"
	$(venv) -m divas_jax.prepare --source talkers --out $(demo_data) --rates 23.976,24,25,29.97,30 \
	  --sample-rates 16000,22050 --count 400 --val 40 --test 60
	@echo "== 2/5 training (goes on where it stopped) -> $(demo_run)"
	$(venv) -m divas_jax.train --config configs/quickstart.py --workdir $(demo_run) --config.data.path=$(demo_data)
	@echo "== 3/5 evaluation on talkers never seen -> demo/evaluation"
	$(venv) -m divas_jax.evaluate --checkpoint $(demo_run) --data $(demo_data) --split test --out demo/evaluation
	@echo "== 4/5 an mp4 whose sound is 120 ms early on purpose -> demo/shifted.mp4"
	$(venv) -m divas_jax.predict --make-example demo/shifted.mp4 --shift-ms 120
	@echo "== 5/5 what the model says about it; its distance curve -> demo/shifted.png"
	$(venv) -m divas_jax.predict --checkpoint $(demo_run) demo/shifted.mp4 --plot demo/shifted.png

test: .venv/installed-test  ## install what the tests need and run them (PYTEST_ARGS="-k clip" for a part)
	$(venv) -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

# An environment of its own: Beam holds protobuf, Pillow and others back.
test-beam: .venv-beam/installed  ## the tests that need Apache Beam, on its runner in one process
	.venv-beam/bin/python -m pytest -n 2 --dist loadfile tests/catalogue

cases: .venv/installed  ## make odd films, judge and repair them, print a table (CASES_ARGS="--only cut.mkv" for a part)
	$(venv) docs/runs/cases/table.py $(CASES_ARGS)

tables: .venv/installed  ## the paper's tables, small, on made-up talkers (TABLES_ARGS="--only 1,2" for a part)
	$(venv) -m divas_jax.tables --quick --out tables $(TABLES_ARGS)

docs: .venv/installed-docs  ## the documentation as a site, for a browser: site/index.html
	NO_MKDOCS_2_WARNING=1 $(venv) -m mkdocs build --strict
	@echo "open site/index.html"

lint: .venv/installed-test  ## check style, format and types
	$(venv) -m ruff check .
	$(venv) -m ruff format --check .
	$(venv) -m mypy

clean:  ## remove all that make made: .venv, demo, tables, caches
	rm -rf .venv .venv-beam demo tables site build dist divas_jax.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip appears last in a new environment: one that was interrupted is made again.
.venv/bin/pip:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(recent)' || { \
	  echo "Python 3.11 or newer is needed and was not found: install it, or name it with PYTHON=/path/to/python." >&2; \
	  exit 1; }
	"$(PYTHON)" -m venv --clear .venv

.venv/installed: setup.py | .venv/bin/pip
	$(venv) -m pip install --progress-bar on -e '.[all]'
	@touch $@

.venv/installed-test: setup.py | .venv/bin/pip
	$(venv) -m pip install --progress-bar on -e '.[test]'
	@touch $@ .venv/installed

.venv-beam/installed: setup.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: name it with PYTHON=/path/to/python." >&2; exit 1; }
	"$(PYTHON)" -m venv --clear .venv-beam
	.venv-beam/bin/python -m pip install --progress-bar on -e '.[test,beam]'
	@touch $@

.venv/installed-docs: setup.py | .venv/bin/pip
	$(venv) -m pip install --progress-bar on -e '.[docs]'
	@touch $@
