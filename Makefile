# meterdrop: every target does the set-up it needs, and says so. Run twice, it does nothing twice.
.PHONY: help setup demo cluster cluster-stop cluster-status cluster-demo test test-fast check coverage bench fuzz train-digits train-lines train-meters pictures page-pictures lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## system packages where missing, .venv, pinned requirements
	@scripts/setup runtime

demo: ## the whole road on one machine; ARGS=--headless ends without serving
	@scripts/setup runtime
	@.venv/bin/meterdrop demo $(ARGS)

FOLDER ?=
CLUSTER = .venv/bin/python -m scripts.cluster
cluster: ## PostgreSQL, Ceph as S3, Prefect, two workers and the pages on this machine; FOLDER=where
	@scripts/setup runtime
	@scripts/system-packages cluster
	@$(CLUSTER) start $(if $(FOLDER),--folder $(FOLDER)) $(ARGS)

cluster-demo: ## a batch through the running cluster, checked at the end
	@$(CLUSTER) demo $(if $(FOLDER),--folder $(FOLDER)) $(ARGS)

cluster-status: ## what of the cluster is up
	@$(CLUSTER) status $(if $(FOLDER),--folder $(FOLDER))

cluster-stop: ## stop the cluster; its data stay
	@$(CLUSTER) stop $(if $(FOLDER),--folder $(FOLDER))

test: ## all tests
	@scripts/test $(ARGS)

test-fast: ## the unit tests, without the slow ones: under a minute, no servers
	@scripts/test -m "not slow" tests/unit $(wildcard tests/test_*.py) $(ARGS)

check: ## formatting, lint, types and the rooms' import contract
	@scripts/check

coverage: ## all tests, with what they did not reach
	@scripts/coverage $(ARGS)

bench: ## sheets a second on two cores; benchmarks/README.md names the other measurements
	@scripts/setup dev
	@.venv/bin/python -m benchmarks.sheets $(ARGS)

fuzz: ## ten minutes of fuzzing for each decoder and parser; ARGS=--seconds=60 makes it shorter
	@scripts/setup fuzz
	@.venv/bin/python -m benchmarks.fuzz_decoders $(ARGS)

train-digits: ## make the digit weights again (hours; resumable); METERDROP_DATA names the data
	@scripts/setup training
	@.venv/bin/python -m training.digits all $(ARGS)

train-meters: ## make the weights for photos of meters again (hours; resumable); METERDROP_DATA names the data
	@scripts/setup training
	@.venv/bin/python -m training.meters.make all $(ARGS)

train-lines: ## make the weights for lines without cells again (hours; resumable); METERDROP_DATA names the data
	@scripts/setup training
	@.venv/bin/python -m training.lines all $(ARGS)

pictures: ## the README's picture, from a demo's records: METERDROP_HOME names their folder
	@scripts/setup dev
	@.venv/bin/python scripts/pictures.py $(ARGS)

page-pictures: ## every page as a telephone and a desk show it, into ARGS; METERDROP_HOME names the records
	@scripts/setup dev
	@.venv/bin/python -m scripts.page_pictures $(ARGS)

lock: ## pin requirements/*.in with hashes into requirements/*.txt; ARGS=--upgrade takes newer ones
	@scripts/setup dev
	@scripts/lock $(ARGS)

clean: ## remove .venv and what tools left behind
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache htmlcov .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.egg-info' -prune -exec rm -rf {} +
